"""Who may know whom: the arrows of docs/architecture.md, read from the imports and proved."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = "twittervotes"
ROOT = Path(__file__).resolve().parent.parent

# What lies outside of us, by kind. The rest of the standard library is free to all.
KINDS = {
    "arrays": "numpy",
    "clock": "time",
    "decoder": "msgspec",
    "files": "filelock glob io os pathlib platformdirs shutil stat tempfile",
    "flask": "flask werkzeug wsgiref",
    "grammar": "regex",
    "network": "asyncio ftplib http oauthlib requests requests_oauthlib smtplib socket"
    " socketserver ssl urllib.request urllib3 webbrowser websockets xmlrpc",
    "packed": "compression zstandard",
    "processes": "concurrent multiprocessing signal subprocess threading",
    "rx": "reactivex",
    "sql": "sqlite3",
    "server": "litestar segno uvicorn",
    "templates": "jinja2",
    "terminal": "curses readline rich",
    "tk": "PIL tkinter ttkbootstrap",
    "workbook": "xlsxwriter",
    "yaml": "yaml",
}


@dataclass(frozen=True, slots=True)
class Room:
    """Modules by the start of their names, the rooms they may import, the kinds they may know."""

    modules: str
    rooms: str = ""
    kinds: str = ""


# A room may always import itself, but for `source`: its networks do not know each other.
# The longest matching name decides; so what stands in core and is not named here is pure.
ROOMS = {
    "pure": Room("core", kinds="arrays grammar"),
    "clock": Room("core.clock", kinds="clock"),
    "atomic": Room("core.atomic_file core.file_lock", kinds="files"),
    "settings": Room(
        "core.app_logger core.argument core.cmdline core.config core.document core.ledger_cmdline"
        " core.grant core.plan core.rulebook core.secret_file core.settings core.shipped"
        " core.starting core.tokens",
        rooms="pure atomic",
        kinds="clock decoder files yaml",
    ),
    "ledger": Room(
        "core.aside core.bookmark core.damage core.layout core.ledger core.ledger_file"
        " core.live_count core.merge core.opening core.reader core.recounting core.rows"
        " core.verify core.walk",
        rooms="pure clock atomic",
        kinds="arrays clock decoder files processes sql",
    ),
    "session": Room(
        "core.absences core.inquiry core.journal core.outcome core.session core.status"
        " core.timekeeper",
        rooms="pure clock ledger",
        kinds="decoder files",
    ),
    "recent": Room("core.recent", rooms="pure clock settings ledger session", kinds="files"),
    "runner": Room("core.runner", rooms="pure settings", kinds="clock files processes"),
    "polling": Room("core.polling", rooms="pure clock ledger runner session", kinds="processes rx"),
    "http": Room(
        "sources.http sources.http_deadline", rooms="pure", kinds="clock decoder files network"
    ),
    "door": Room("core.door", rooms="pure", kinds=""),
    "lenient": Room("sources.lenient", kinds="decoder"),
    "source": Room(
        "sources",
        rooms="pure http door lenient settings atomic",
        kinds="clock decoder files network",
    ),
    "archive": Room(
        "sources.archive sources.archive_file sources.archive_packed sources.archive_values",
        rooms="pure door lenient",
        kinds="decoder files packed",
    ),
    "rehearsal": Room("rehearsal", rooms="pure", kinds="clock decoder files network processes"),
    "desktop": Room("desktop", rooms="CORE", kinds="clock files tk"),
    "text": Room("text", rooms="CORE", kinds="clock files processes terminal"),
    "web": Room("web", rooms="CORE http", kinds="clock decoder files flask network processes"),
    "export": Room("export", rooms="CORE", kinds="files templates workbook"),
    "wire": Room("board.wire", kinds="decoder"),
    "curtain": Room(
        "board.catalogue board.course board.curtain board.limits board.numbers board.overlay",
        rooms="pure wire",
    ),
    "board": Room(
        "board", rooms="CORE curtain wire", kinds="clock decoder files network processes templates"
    ),
    "site": Room(
        "board.site",
        rooms="pure board curtain wire",
        kinds="clock decoder files network server",
    ),
    "client": Room("client", rooms="pure wire", kinds="network"),
    "commands": Room(
        "commands",
        rooms="CORE archive board client curtain door export probe site wire",
        kinds="decoder files network processes server terminal",
    ),
    "probe": Room("commands.probe", rooms="pure http runner", kinds="clock processes"),
    "standalone": Room("standalone", kinds="files sql"),
    "wiring": Room(
        "app catalogue desk inquiries live order reception steering twitter_auth vote __main__",
        rooms="ALL",
        kinds=" ".join(KINDS),
    ),
}
GROUPS = {
    "ALL": set(ROOMS),
    "CORE": {"pure", "clock", "atomic", "settings", "ledger", "session", "runner", "polling"},
}


def is_under(name: str, start: str) -> bool:
    return name == start or name.startswith(f"{start}.")


def room_of(module: str) -> str | None:
    """Name the room of a module of ours; the package itself stands in none."""
    starts = {
        f"{PACKAGE}.{start}": room for room, row in ROOMS.items() for start in row.modules.split()
    }
    under = [start for start in starts if is_under(module, start)]
    return starts[max(under, key=len)] if under else None


def kind_of(module: str) -> str | None:
    """Name the kind of a module of others; None is free to all."""
    for kind, names in KINDS.items():
        if any(is_under(module, name) for name in names.split()):
            return kind
    return None if module.split(".")[0] in sys.stdlib_module_names else "unknown"


def network_of(module: str) -> str:
    """`sources.twitter`, `sources.twitter_post` and `sources.twitter.page` are one network's."""
    return module.split(".")[2].split("_")[0] if module.count(".") > 1 else ""


def imported(source: str, module: str, ours: set[str]) -> Iterator[str]:
    """Name what a module imports, wherever in it that stands."""
    package = module if f"{module}.__init__" in ours else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=start, names=names, level=level):
                above = package.split(".")[: package.count(".") + 2 - level] if level else []
                origin = ".".join([*above, *([start] if start else [])])
                for alias in names:  # a module of its own, or something in one
                    whole = f"{origin}.{alias.name}"
                    yield whole if whole in ours or kind_of(whole) != kind_of(origin) else origin
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[first, *_]):
                if called in ("import_module", "__import__", "resolve_name"):
                    yield first.value if isinstance(first, ast.Constant) else "(computed)"


def complaint(module: str, target: str) -> str | None:
    """Say what is wrong with an import, or None."""
    home = room_of(module)
    row = ROOMS[home] if home else Room("")
    if not is_under(target, PACKAGE):
        kind = kind_of(target)
        return (
            None if kind is None or kind in row.kinds.split() else f"{module} -> {target} ({kind})"
        )
    there = room_of(target)
    allowed = {home}.union(*(GROUPS.get(room, {room}) for room in row.rooms.split()))
    if home == there == "source":
        right = network_of(module) == network_of(target)
    else:
        right = there is None or there in allowed
    return None if right else f"{module} -> {target} ({there})"


def wrong_arrows(module: str, source: str, ours: set[str]) -> list[str]:
    found = (complaint(module, target) for target in imported(source, module, ours))
    return sorted({sentence for sentence in found if sentence})


def modules() -> dict[str, Path]:
    """Find every module of the package; a package's own file also as `….__init__`."""
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name] = path
    return found


def names() -> set[str]:
    return {*modules(), *(name.removesuffix(".__init__") for name in modules())}


@pytest.mark.parametrize("module", modules())
def test_no_module_knows_what_its_room_must_not(module: str) -> None:
    source = modules()[module].read_text(encoding="utf-8")
    assert wrong_arrows(module.removesuffix(".__init__"), source, names()) == []


def test_every_folder_and_starter_of_the_package_is_a_room() -> None:
    homeless = [name for name in modules() if name != f"{PACKAGE}.__init__" and not room_of(name)]
    assert homeless == []


def test_rx_is_known_to_the_pipeline_and_to_what_starts_it_alone() -> None:
    found = {
        module
        for module, path in modules().items()
        for target in imported(path.read_text("utf-8"), module, names())
        if is_under(target, "reactivex")
    }
    assert found == {f"{PACKAGE}.core.polling", f"{PACKAGE}.live"}


def test_any_and_cast_are_used_for_offers_of_any_settings_alone() -> None:
    for module, path in modules().items():
        tree = ast.parse(path.read_text("utf-8"))
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module="typing", names=given):
                    assert "cast" not in {alias.name for alias in given}, module
                case ast.Name(id="Any") | ast.Attribute(attr="Any"):
                    around = parents[node]
                    assert isinstance(around, ast.Subscript), module
                    assert ast.unparse(around) == "Offer[Any]", module


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("core.counting", "import sqlite3", "sqlite3 (sql)"),
        ("core.counting", "def late():\n    import time", "time (clock)"),
        ("core.counting", "from twittervotes.core import ledger", "core.ledger (ledger)"),
        ("core.counting", "from . import ledger", "core.ledger (ledger)"),
        ("core.counting", "from .ledger import Ledger", "core.ledger (ledger)"),
        ("core.model", "from twittervotes.core.polling import polls", "core.polling (polling)"),
        ("core.anything_new", "from pathlib import Path", "pathlib (files)"),
        ("core.anything_new", "from urllib import request", "urllib.request (network)"),
        ("core.ledger", "import reactivex.operators as ops", "reactivex.operators (rx)"),
        ("core.ledger", "from twittervotes import desktop", "desktop (desktop)"),
        ("core.runner", "import sqlite3", "sqlite3 (sql)"),
        ("core.runner", "from twittervotes.core.ledger import Ledger", "core.ledger (ledger)"),
        ("core.runner", "from twittervotes.sources import twitter", "sources.twitter (source)"),
        ("core.polling", "import twittervotes.sources.twitter", "sources.twitter (source)"),
        ("core.polling", "import tkinter", "tkinter (tk)"),
        ("sources.x", "from twittervotes.sources.twitter import T", "sources.twitter (source)"),
        ("sources.x", "from reactivex import Observable", "reactivex (rx)"),
        ("sources.http", "from twittervotes.sources.x import X", "sources.x (source)"),
        ("desktop.window", "import twittervotes.web.server", "web.server (web)"),
        ("desktop.window", "if TYPE_CHECKING:\n    from flask import Flask", "flask (flask)"),
        ("text.view", "from twittervotes.desktop.numbers import x", "desktop.numbers (desktop)"),
        ("web.pages", "import_module('twittervotes.desktop.bar')", "desktop.bar (desktop)"),
        ("web.pages", "from twittervotes.app import main", "app (wiring)"),
        ("web.pages", "importlib.import_module(name)", "(computed) (unknown)"),
        ("rehearsal.server", "import pandas", "pandas (unknown)"),
    ],
)  # fmt: skip
def test_a_wrong_arrow_is_found(module: str, source: str, wrong: str) -> None:
    ours = names() | {f"{PACKAGE}.{name}" for name in ("core.ledger", "sources.twitter")}
    (found,) = wrong_arrows(f"{PACKAGE}.{module}", source, ours)
    assert found.removeprefix(f"{PACKAGE}.{module} -> ").removeprefix(f"{PACKAGE}.") == wrong


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.counting", "from bisect import insort\nfrom twittervotes.core.model import Post"),
        ("core.hashtag", "import regex"),
        ("core.ledger", "import sqlite3\nfrom twittervotes.core import chain"),
        ("core.polling", "import reactivex\nfrom twittervotes.core.runner import Runner"),
        ("sources.twitter", "import requests\nfrom twittervotes.sources.twitter_post import post"),
        ("desktop.window", "import ttkbootstrap\nfrom twittervotes.core.snapshot import Snapshot"),
        ("app", "from twittervotes.desktop.window import Window\nimport reactivex"),
        ("app", "from twittervotes import __version__"),
    ],
)
def test_a_right_arrow_is_let_through(module: str, source: str) -> None:
    assert wrong_arrows(f"{PACKAGE}.{module}", source, names()) == []
