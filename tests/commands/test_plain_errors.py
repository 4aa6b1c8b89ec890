"""Errors on the command line have one form, and help is found by the usual ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from twittervotes import __version__
from twittervotes.app.main import main


def failed(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines on stderr of a call that ends with 2."""
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(str(ended.code))
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    return said.err.splitlines()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["recount"], "twittervotes recount: missing argument FILE."),
        (["recount", "none.votes"], "twittervotes recount: There is no ledger none.votes."),
        (["verify", "none.votes"], "twittervotes verify: There is no ledger none.votes."),
        (["none.votes"], "twittervotes: There is no ledger none.votes."),
        (["--quux"], "twittervotes: unknown option --quux; see --help."),
        (["--config", "none.yaml", "-ht", "a"], "twittervotes: There is no file none.yaml."),
    ],
)
def test_every_error_begins_with_the_program(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failed(words, capsys) == [said]


def test_several_errors_of_a_configuration_have_the_form_on_each_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("every: soon\nviews: window\n")
    lines = failed(["--config", str(file), "-ht", "a", "b"], capsys)
    assert len(lines) == 2
    assert all(line.startswith(f"twittervotes: {file}") for line in lines)


@pytest.mark.parametrize("words", [["-V"], ["--version"], ["recount", "-V"]])
def test_the_version_is_printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"twittervotes {__version__}\n"


@pytest.mark.parametrize(
    ("words", "same"),
    [
        (["help"], ["--help"]),
        (["help", "recount"], ["recount", "--help"]),
        (["help", "nonsense"], ["--help"]),
    ],
)
def test_help_is_a_word_too(
    words: list[str], same: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = []
    for each in (words, same):
        with pytest.raises(SystemExit) as ended:
            main(each)
        assert ended.value.code == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] != ""
