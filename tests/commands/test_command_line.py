"""The commands' lines: help at once, and one sentence for each mistake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from counted import Run, Told

from twittervotes.cli import vote_options
from twittervotes.cli.command_options import ActOptions, MergeOptions, RecountOptions
from twittervotes.cli.command_parser import COMMANDS, parse
from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import Act, ActKind

NAMES = (
    "box",
    "codes",
    "recount",
    "tally",
    "events",
    "upgrade",
    "verify",
    "explain",
    "merge",
    "export",
    "result",
    "import",
    "sources",
    "doctor",
    "compare",
    "completion",
    "board",
    "remote",
    *(spec.command for spec in ACTS.values() if spec.command),
)
MODULES = {
    "export": "result",
    "import": "importing",  # a name that Python keeps for itself
    **dict.fromkeys((spec.command for spec in ACTS.values()), "act"),
}


def test_there_is_a_module_for_every_command() -> None:
    assert sorted(COMMANDS) == sorted(NAMES)
    for name in NAMES:
        __import__(f"twittervotes.commands.{MODULES.get(name, name)}")


def test_the_help_of_the_vote_lists_every_command_in_one_line(run: Run) -> None:
    told = run("--help")
    assert (told.code, told.err) == (0, "")
    for name, command in COMMANDS.items():
        assert f"\n  {name:<11}{command.line}\n" in told.out


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_command_has_an_example_that_is_understood(name: str, run: Run) -> None:
    import shlex

    told = run(name, "--help")
    assert (told.code, told.err) == (0, "")
    example = told.out.split("example:\n")[1].strip()
    program, *words = shlex.split(example.partition(" > ")[0])
    assert program == "twittervotes"
    assert isinstance(parse(words), COMMANDS[name].order)  # type: ignore[arg-type]


@pytest.mark.parametrize("argv", [["--help"], ["recount", "--help"]])
def test_help_waits_for_nothing_heavy(argv: list[str]) -> None:
    code = (
        "import sys, atexit, twittervotes.app.main as app;"
        "heavy = {'yaml', 'msgspec', 'sqlite3', 'requests', 'tkinter', 'reactivex', 'flask',"
        " 'rich', 'regex', 'asyncio', 'multiprocessing'};"
        "atexit.register(lambda: print(sorted(heavy & set(sys.modules)), file=sys.stderr));"
        f"app.main({argv!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n"


def test_every_option_is_understood() -> None:
    argv = (
        "recount a --rule per_account=last tie=draw --rule grace=3 --without x y --exclude z --json"
    )
    assert parse(argv.split()) == RecountOptions(
        Path("a"),
        (("per_account", "last"), ("tie", "draw"), ("grace", "3")),
        ("x", "y"),
        ("z",),
        json=True,
    )
    assert parse(["merge", "o", "a", "b"]) == MergeOptions(Path("o"), (Path("a"), Path("b")))
    for votes, number in (("+3", 3), ("-2", -2), ("−2", -2), ("4", 4)):
        argv = ["adjust", "a", "#arch", votes, "--reason", " a jury ", "--by", "Ada"]
        assert parse(argv) == ActOptions(
            Path("a"), Act(ActKind.ADJUSTED, by="Ada", tag="#arch", votes=number, reason="a jury")
        )


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ("recount", "twittervotes recount: missing argument FILE."),
        ("recount a b", "twittervotes recount: unexpected argument 'b'; put text with"
                        " spaces in quotes."),
        ("recount a --rules x=y", "twittervotes recount: unknown option --rules; did you mean"
                                  " --rule?"),
        ("recount a --rule x", "twittervotes recount: --rule: 'x' must have the form NAME=VALUE,"
                               " e.g. per_account=last."),
        ("verify a --digest 12", "twittervotes verify: --digest: '12' must be a digest: 64"
                                 " hexadecimal digits."),
        ("adjust a b many --reason r --by n", "twittervotes adjust: ±N: 'many' must be a whole"
                                              " number, e.g. +3 or -2."),
        ("certify a", "twittervotes certify: missing argument --by."),
        ("certify a --by \x1b[2J", "twittervotes certify: --by: '\\x1b[2J' must be a single line"
                                   " of text."),
        ("export a", "twittervotes export: missing argument --to."),
        ("merge a", "twittervotes merge: missing argument FILE."),
        ("recont a", "twittervotes: 'recont' isn't a command; did you mean recount?"),
        ("--title x recount a", "twittervotes: recount must come first: twittervotes recount …; see"
                                " twittervotes recount --help."),
    ],
)  # fmt: skip
def test_wrong_use_ends_with_one_sentence(argv: str, sentence: str, run: Run) -> None:
    assert run(*argv.split(" ")) == Told(2, "", f"{sentence}\n")


def test_without_a_command_it_is_the_vote() -> None:
    assert not {"vote", ""} & set(COMMANDS)
    assert vote_options.parse(["-ht", "recount", "merge"]).hashtags == ("recount", "merge")
    assert parse(["result", "recount"]).file == Path("recount")
