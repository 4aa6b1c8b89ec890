"""Ledgers that a stranger or a failing disk has damaged are refused with a sentence."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from counted import Run, made
from doubles import FakeSource, StillClock
from format2 import COLUMNS, Tamper, loosely, put
from samples import CLOSES
from tampering import tampered

from twittervotes.core.contest.contest import Choice
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.merge import merge
from twittervotes.core.ledger.reader import Reader, explained
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session

ENDLESS = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n FROM x) SELECT"
VALUES = "n, n, 1, x'', x'', x'', x'', x'', x'', x'', x'', x'', 0, x''"
WIPES = "BEGIN DELETE FROM pages; END"
OVERLAID = {
    "a view without end": "ALTER TABLE pages RENAME TO p;"
    f"CREATE VIEW pages AS {ENDLESS} {VALUES} FROM x",
    "a trigger": f"CREATE TRIGGER t AFTER INSERT ON entries {WIPES}",
    "a trigger at the first word": f"CREATE TRIGGER t BEFORE UPDATE ON entries {WIPES}",
    "a table more": "CREATE TABLE more (x)",
    "an index that computes": "CREATE INDEX i ON pages (length(keys))",
}
COMMANDS = (
    ("recount",), ("result",), ("explain", "ann"), ("recount", "--json"),
    ("adjust", "debian", "+1", "--reason", "r", "--by", "Ada"), ("certify", "--by", "Ada"),
)  # fmt: skip


def sql(*script: str) -> Tamper:
    return lambda db: db.executescript(";".join(script))


def refused(run: Run, path: Path, *command: str) -> str:
    """Return the one sentence with which a command refuses a ledger."""
    name, *arguments = command
    told = run(name, path, *arguments)
    assert told.code == 2, told
    assert told.err.count("\n") == 1
    assert len(told.err) < 500
    return told.err


@pytest.mark.parametrize("overlaid", OVERLAID)
def test_a_file_with_more_than_a_ledger_is_refused(
    overlaid: str, run: Run, vote: Path, tmp_path: Path
) -> None:
    copy = tampered(vote, tmp_path / "copy.votes", sql(OVERLAID[overlaid]))
    before = copy.read_bytes()
    for command in COMMANDS:
        assert "damaged" in refused(run, copy, *command)
    assert "added" in run("verify", copy).out or "changed" in run("verify", copy).out
    assert copy.read_bytes() == before


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "no JSON", "[]"])
@pytest.mark.parametrize(
    ("column", "n"),
    [*(("body", n) for n in (1, 2, 3, 4, 6)), ("private", 2), ("private", 3)],
)
def test_an_entry_that_makes_no_sense_gets_a_sentence(
    column: str, n: int, text: str, run: Run, vote: Path, tmp_path: Path
) -> None:
    copy = tampered(vote, tmp_path / "copy.votes", loosely(put("entries", n, column, text)))
    for command in COMMANDS:
        if run(command[0], copy, *command[1:]).code:  # not each has to read each entry
            assert "damaged" in refused(run, copy, *command)
    assert verify(copy).finding
    with contextlib.suppress(LedgerError):
        taken_up(copy)


@pytest.mark.parametrize(
    ("put", "words"),
    [
        ({"title": "👨‍👩‍👧‍👦" * 2000}, "title can have at most 500 characters"),
        ({"choices": [{"tag": f"t{n}"} for n in range(703)]}, "700 choices"),
        (
            {"choices": [{"tag": "a", "label": "l" * 201}, {"tag": "b"}]},
            "label can have at most 200",
        ),
        ({"rules": {"required": ["vote"] * 101}}, "100 required hashtags"),
    ],
)
def test_a_vote_too_large_to_be_shown_gets_a_sentence(
    put: dict[str, object], words: str, run: Run, vote: Path, tmp_path: Path
) -> None:
    patch = json.dumps({"contest": put})
    query = "UPDATE entries SET body = json_patch(body, ?) WHERE n = 1"
    copy = tampered(vote, tmp_path / "copy.votes", lambda db: db.execute(query, (patch,)))
    for command in COMMANDS:
        assert words in refused(run, copy, *command)


def test_an_act_too_long_to_be_shown_gets_a_sentence(run: Run, vote: Path, tmp_path: Path) -> None:
    query = "UPDATE entries SET body = json_set(body, '$.reason', ?) WHERE n = 3"
    copy = tampered(vote, tmp_path / "copy.votes", lambda db: db.execute(query, ("x" * 10_001,)))
    for command in COMMANDS:
        assert "is too long" in refused(run, copy, *command)
    told = run("adjust", vote, "debian", "+1", "--reason", "x" * 10_001, "--by", "Ada")
    assert told.err == "A text is too long: a name, a reason or a seed.\n"


@pytest.mark.parametrize("at_ms", [10**20, 2**63, -(2**63)])
@pytest.mark.parametrize("name", ["at_ms", "until_ms", "pause_ms"])
def test_an_act_at_an_impossible_time_is_refused(
    name: str, at_ms: int, run: Run, vote: Path, tmp_path: Path
) -> None:
    patch = json.dumps({name: at_ms})
    query = "UPDATE entries SET body = json_patch(body, ?) WHERE n = 3"
    copy = tampered(vote, tmp_path / "copy.votes", lambda db: db.execute(query, (patch,)))
    for command in COMMANDS:
        assert "an impossible time" in refused(run, copy, *command)
    with pytest.raises(LedgerError, match="an impossible time"):
        merge(tmp_path / "merged.votes", [copy])


@pytest.mark.parametrize("value", [None, 7, "7"])
def test_a_last_digest_of_another_kind_is_found(
    value: object, run: Run, vote: Path, tmp_path: Path
) -> None:
    loose = loosely(put("entries", 11, "digest", value))
    copy = tampered(vote, tmp_path / "copy.votes", loose)
    finding = verify(copy).finding
    assert finding
    assert (finding.table, finding.row) == ("entries", 11)
    if run("result", copy).code:  # what is no digest may still be shown as one
        assert "Entry 11" in refused(run, copy, "result")


@pytest.mark.parametrize("value", [None, "7"])
@pytest.mark.parametrize("column", COLUMNS["pages"])
def test_posts_of_another_type_get_a_sentence(
    column: str, value: object, run: Run, vote: Path, tmp_path: Path
) -> None:
    copy = tampered(vote, tmp_path / "copy.votes", loosely(put("pages", 6, column, value)))
    told = run("recount", copy)
    is_read = column not in ("voters", "voters_are_text", "marks")
    assert told.code == (2 if is_read else 0)
    if is_read:
        assert "he posts of entry 6" in told.err
        assert told.err.count("\n") == 1
    finding = verify(copy).finding
    assert finding
    assert finding.row == 6
    assert "he posts of entry 6" in finding.words


def test_a_bug_is_not_reported_as_damage(vote: Path) -> None:
    with pytest.raises(TypeError, match="a fault"), Reader(vote):
        raise TypeError("a fault of the program")
    with pytest.raises(KeyError), explained(vote):
        raise KeyError("a fault of the program")


def taken_up(path: Path) -> None:
    """Take a vote up as the program does when it is started with the ledger."""
    with Ledger.reopen(path) as ledger, explained(path):
        source = FakeSource("twitter", "x")
        clock = StillClock(CLOSES).clock()
        Session(ledger, [source], clock, every_ms=1000, settle_ms=1000).begin()


@pytest.mark.parametrize("value", [None, "7"])
@pytest.mark.parametrize("column", [each for each in COLUMNS["pages"] if each != "marks"])
def test_damaged_posts_are_named_when_a_vote_is_resumed(
    column: str, value: object, vote: Path, tmp_path: Path
) -> None:
    copy = tampered(vote, tmp_path / "copy.votes", loosely(put("pages", 6, column, value)))
    with pytest.raises(LedgerError, match=r"he posts of entry 6.*\. Use a backup\."):
        taken_up(copy)


def test_a_strangers_text_cannot_control_the_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = made(tmp_path / "vote.votes", choices=(Choice("a\x9b2Jb"), Choice("c")))
    told = run("--view", "none", "--hashtags", "debian", "--ledger", path)
    assert (told.code, told.out) == (2, "")
    assert "holds another vote" in told.err
    assert "\x9b" not in told.err
