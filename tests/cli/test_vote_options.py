"""The command line of the vote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from twittervotes import __version__
from twittervotes.cli.vote_options import EXAMPLES, Options, parse
from twittervotes.core.config.binding import slots
from twittervotes.core.config.display import View
from twittervotes.core.config.rules import READERS
from twittervotes.core.contest.contest import Rules


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Return the sentence that reports wrong usage."""
    with pytest.raises(SystemExit) as caught:
        parse(argv)
    told = capsys.readouterr()
    assert caught.value.code == 2
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err.rstrip("\n")


def test_the_originals_way_to_start_is_a_vote() -> None:
    assert parse(["--hashtags", "debian", "ubuntu", "arch"]) == Options(
        hashtags=("debian", "ubuntu", "arch")
    )


def test_every_option_is_understood() -> None:
    argv = (
        "-ht #debian ubuntu -ht arch --title T -t 1h30m --settle 0 --source rehearsal twitter"
        " --ledger a.votes --config b.yaml --view none --rule per_account=last grace=1"
        " --rule exclude=a=b --every 0.5s"
    )
    assert parse(argv.split()) == Options(
        hashtags=("#debian", "ubuntu", "arch"),
        title="T",
        time_ms=5_400_000,
        settle_ms=0,
        sources=("rehearsal", "twitter"),
        ledger=Path("a.votes"),
        config=Path("b.yaml"),
        view=View.NONE,
        rules=(("per_account", "last"), ("grace", "1"), ("exclude", "a=b")),
        every_ms=500,
    )


def test_nothing_written_leaves_all_to_the_configuration() -> None:
    assert parse([]) == Options()


def test_a_source_named_twice_is_one() -> None:
    assert parse(["--source", "twitter", "--source", "twitter"]).sources == ("twitter",)


def test_a_file_may_be_in_the_home_folder(home: Path) -> None:
    assert parse(["--config=~/mine.yaml"]).config == home / "mine.yaml"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ("--hashtag a", "unknown option --hashtag; did you mean --hashtags?"),
        ("--titel x", "unknown option --titel; did you mean --title?"),
        ("-x", "unknown option -x; see --help."),
        ("debian", "unexpected argument 'debian'; hashtags go after --hashtags."),
        ("-ht", "-ht/--hashtags: needs at least one hashtag, e.g. debian or '#debian' (a shell"
                " treats an unquoted # as a comment)."),
        ("-t", "-t/--time: needs a value."),
        ("-t 12:30", "-t/--time: '12:30' is written with units: 12m30s for minutes and seconds,"
                     " 12h30m for hours and minutes."),
        ("-t 0", "-t/--time: '0' must be whole seconds, at least one, such as 90s or 3m."),
        ("--every 0", "--every: '0' must be at least 50ms, such as 0.5s or 2s."),
        ("--rule last", "--rule: 'last' must have the form NAME=VALUE, e.g. per_account=last."),
        ("--view screen", "--view: 'screen' must be one of window, text, none."),
        ("--ledger=", "--ledger: '' must be a file name."),
        ("--config ~nobody-of-this-name/x",
         "--config: '~nobody-of-this-name/x' names a home folder that doesn't exist."),
        ("~nobody-of-this-name/x.votes",
         "'~nobody-of-this-name/x.votes' names a home folder that doesn't exist."),
    ],
)  # fmt: skip
def test_wrong_use_ends_with_one_sentence(
    argv: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, *argv.split()) == f"twittervotes: {sentence}"


def test_help_has_examples_and_names_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["--help"])
    told = capsys.readouterr().out
    assert caught.value.code == 0
    assert EXAMPLES in told
    assert {slot.key for slot in slots(Rules, READERS)} <= set(told.replace(",", " ").split())


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--version"])
    assert capsys.readouterr().out == f"twittervotes {__version__}\n"


def test_help_waits_for_nothing_heavy() -> None:
    code = (
        "import sys, twittervotes.cli.vote_options;"
        "heavy = {'yaml', 'msgspec', 'requests', 'tkinter', 'reactivex', 'flask', 'asyncio'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
