"""What a vote of any size takes per ballot and per post: the figures that docs/scale.md multiplies.

The bytes of a ballot in a box's file; how fast a collector reads a box; the bytes of a post in a
ledger, a pack, a Parquet file and its events, and how fast each is made and counted.

    python -m benchmarks.scale [--posts 500000]
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from benchmarks import audience, ledgers, telling
from benchmarks.audience import CHOICES, PAGE
from benchmarks.ballots import CONTEST, NOTICE, TAGS
from benchmarks.memory import command
from twittervotes.ballots.process import BoxProcess
from twittervotes.ballots.setup import BoxSetup
from twittervotes.ballots.store import BallotStore
from twittervotes.core.contest.posts import Ask, Page
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.sources.web import keys
from twittervotes.sources.web.settings import WebSettings
from twittervotes.sources.web.source import sources

AT_ONCE = 1000  # ballots in one transaction


def filled(path: Path, secret: keys.Keys, number: int) -> None:
    """Write so many ballots into the file of a box, as it would."""
    store = BallotStore(path, secret.ledger_key)
    for first in range(0, number, AT_ONCE):
        store.begin()
        for n in range(first, min(number, first + AT_ONCE)):
            voter = secret.voter("code", str(n))
            key = secret.key(secret.receipt(voter, "", TAGS[n % 3]))
            store.put(key, voter, TAGS[n % 3], 1_700_000_000_000 + n, "code")
        store.commit()
    store.close()


def read(port: int, key_file: Path) -> tuple[list[Page], float]:
    """Read a box as a collector does; return its pages, and the seconds."""
    settings = WebSettings(level="code", port=port, keys=str(key_file))
    (source,) = sources(settings, CONTEST, "vote")
    asked, found = Ask(source.feeds(CONTEST)[0]), list[Page]()
    began = time.perf_counter()
    while True:
        page = source.fetch(asked)
        if not isinstance(page, Page) or page.gaps:
            raise SystemExit(f"the box could not be read: {page}")
        found.append(page)
        if not page.token:
            return found, time.perf_counter() - began
        asked = asked.after(page)


def recorded(path: Path, pages: list[Page]) -> int:
    """Record the pages of a box in a ledger; return how many ballots it has."""
    about = {"network": "web", "complete": True, "queries": ["box"]}
    with Ledger.create(path, CONTEST, 1) as ledger:
        ledger.append([Entry("source", "web", about)], 1)
        for page in pages:
            ledger.append([Entry("page", "web", {"feed": "box", "position": 0}, page.posts)], 1)
    with Reader(path) as reader:
        return reader.posts


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many ballots, and how many posts")
    options = parser.parse_args()
    number = options.posts or telling.sized(options, 500_000, 50_000, 2_000)
    number -= number % PAGE
    rows, exact = [], True

    def row(name: str, seconds: float | None, size: float | None) -> None:
        speed = "" if seconds is None else f"{number / seconds:,.0f}"
        rows.append([name, speed, "" if size is None else f"{size / number:,.0f}"])

    with telling.folder(options) as above:
        folder = above / "scale"
        folder.mkdir(exist_ok=True)
        for each in folder.iterdir():
            each.unlink()
        telling.progress(f"a box with {number:,} ballots")
        key_file, box_file = folder / "keys", folder / "box"
        secret = keys.load(key_file)
        filled(box_file, secret, number)
        row("a ballot in its box", None, box_file.stat().st_size)
        setup = BoxSetup("127.0.0.1", 0, str(box_file), str(key_file), NOTICE, least_free=0)
        box = BoxProcess(setup)
        try:
            pages, seconds = read(box.port, key_file)
        finally:
            box.close()
        exact = exact and len({post.key for page in pages for post in page.posts}) == number
        row("a collector reading one box", seconds, None)
        ballots = folder / "ballots.votes"
        exact = exact and recorded(ballots, pages) == number
        row("a ballot in a ledger", None, ballots.stat().st_size)
        path = ledgers.ledger(above, number)
        row("a post in a ledger", None, path.stat().st_size)
        for name, out in (("a results pack", "pack.zip"), ("Parquet", "posts.parquet")):
            telling.progress(f"writing {out}")
            made = command("-m", "twittervotes", "export", str(path), "--to", str(folder / out))
            row(f"writing {name}", made.seconds, (folder / out).stat().st_size)
            telling.progress(f"counting {out}")
            told = command("-m", "twittervotes", "tally", str(folder / out), "--json")
            votes = {each["choice"]: each["votes"] for each in json.loads(told.result)["tally"]}
            right = audience.truth(number // PAGE)
            exact = exact and tuple(votes[choice] for choice in CHOICES) == right
            row(f"counting {name}, by DuckDB", told.seconds, None)
        telling.progress("making events")
        events = command("-m", "twittervotes", "events", str(path), "--to", "-")
        exact = exact and events.result.count('"twittervotes.post.v1"') == number
        row("making events", events.seconds, len(events.result))
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()
    telling.table(["", "per second", "bytes each"], rows)
    print(f"{number:,} ballots, and as many posts.\n")
    return telling.ended(exact=exact)


if __name__ == "__main__":
    raise SystemExit(main())
