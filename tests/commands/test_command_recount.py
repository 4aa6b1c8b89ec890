"""What a recount, a result and an explanation say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from counted import POSTS, Run, Told, made
from samples import CLOSES, contest, page, post

from twittervotes.commands import progress
from twittervotes.core.contest.contest import Choice, Tie
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.counting.result import document, text
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger


def lines(told: Told) -> list[str]:
    assert (told.code, told.err) == (0, "")
    return told.out.splitlines()


def test_the_result_is_the_document_that_a_vote_prints(vote: Path, run: Run) -> None:
    with Reader(vote) as reader:
        assert run("result", vote) == Told(0, text(outcome(reader)), "")


def test_a_recount_under_its_own_rules_gives_the_result(vote: Path, run: Run) -> None:
    assert lines(run("recount", vote))[2:] == [
        "One vote per account: the first; posts naming several choices don't count;"
        " reposts don't count.",
        "",
        "choice   votes",
        "#debian      2  50.0 %",
        "#ubuntu      1  25.0 %",
        "#arch        1  25.0 %",
        "Total        4",
        "",
        "#debian wins with 2 votes.",
    ]


def test_a_recount_under_other_rules_shows_the_changes(vote: Path, run: Run) -> None:
    assert lines(run("recount", vote, "--rule", "per_account=last", "grace=1"))[4:] == [
        "choice   live  recount  difference",
        "#debian     2        1          −1",
        "#ubuntu     1        2          +1",
        "#arch       1        2          +1",
        "Total       4        5          +1",
        "",
        "#ubuntu and Arch Linux are tied with 2 votes.",
        "winner unchanged: no",
    ]


def test_a_recount_leaves_out_sources_and_accounts(vote: Path, run: Run) -> None:
    told = lines(run("recount", vote, "--without", "mirror", "--exclude", "x:ann", "nobody"))
    assert told[2].endswith("; 2 accounts excluded.")
    assert told[3] == "Without the posts of mirror."
    assert [line.split() for line in told[6:9]] == [
        ["#debian", "2", "1", "−1"],
        ["#ubuntu", "1", "1", "0"],
        ["#arch", "1", "0", "−1"],
    ]
    assert told[-1] == "winner unchanged: no"


def test_a_recount_may_move_the_period(vote: Path, run: Run) -> None:
    later = "2023-11-14T22:15:00Z"
    told = lines(run("recount", vote, "--rule", f"closes={later}"))
    assert told[-1] == "winner unchanged: no"
    assert told[-2] == "#debian and Arch Linux are tied with 2 votes."


def test_a_recount_as_json_holds_both_documents(vote: Path, run: Run) -> None:
    told = json.loads(run("recount", vote, "--json", "--rule", "reposts=count").out)
    with Reader(vote) as reader:
        rules = replace(reader.contest.rules, reposts="count")
        again = outcome(reader, replace(reader.contest, rules=rules))
        assert told["live"] == document(outcome(reader))
        assert told["recount"] == document(again)
    assert told["difference"] == {"debian": 1, "ubuntu": 0, "arch": 0}
    assert told["winner_unchanged"] is True
    assert told["asked"] == {"rules": {"reposts": "count"}, "without": [], "exclude": []}


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--without", "myspace"], "There is no source 'myspace' in {vote}. Its sources: mirror,"
                                   " twitter."),
        (["--rule", "several=eech"], "--rule: several must be spoilt, each or first; did you mean"
                                     " 'each'?"),
        (["--rule", "required=Debian"], "#Debian can't be both a choice and required: every"
                                        " post would vote for it."),
        (["--rule", "opens=soon"], "--rule: opens must be a date and time, such as"
                                   " 2026-11-21 20:00."),
        (["--rule", "closes=2001-01-01"], "The vote would close before it opens."),
    ],
)  # fmt: skip
def test_a_recount_that_cannot_be_is_refused(
    argv: list[str], sentence: str, vote: Path, run: Run
) -> None:
    assert run("recount", vote, *argv) == Told(2, "", sentence.format(vote=vote) + "\n")


def test_a_winner_by_the_earliest_vote_is_a_winner(tmp_path: Path, run: Run) -> None:
    tied = made(tmp_path / "tied.votes", POSTS[:3], tie=Tie.EARLIEST)
    told = lines(run("recount", tied, "--without", "mirror", "--rule", "tie=declare"))
    assert told[-1] == "winner unchanged: no"


def test_what_would_steer_a_terminal_is_not_sent(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "hostile.votes"
    hostile = replace(contest(), title="\x1b[2J\u202eevil\nline", choices=(Choice("ok", "\x07"),))
    with Ledger.create(path, hostile, 1) as ledger:
        ledger.append([page([post("1", "ok")])], CLOSES)
    told = run("recount", path).out + run("explain", path, "1").out
    assert not {"\x1b", "\u202e", "\x07"} & set(told)


def test_long_work_shows_its_progress_in_a_terminal_only(
    vote: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LONG", 1)
    assert run("recount", vote).err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    told = run("recount", vote)
    assert "Counting" in told.err
    assert "Counting" not in told.out


def test_each_post_of_the_account_of_a_post_is_explained(vote: Path, run: Run) -> None:
    assert lines(run("explain", vote, "https://x.com/ann/status/2?s=20")) == [
        "account ann on x",
        "",
        "2023-11-14 22:13:57 UTC  post 1",
        "  #debian",
        "  counted: It counts for #debian.",
        "",
        "2023-11-14 22:13:59 UTC  post 2",
        "  #ubuntu",
        "  repeat: This account's earlier vote (22:13:57) counts.",
    ]


def test_an_account_may_be_named(vote: Path, run: Run) -> None:
    assert run("explain", vote, "x:cem").out == run("explain", vote, "4").out
    assert (
        "  spoilt: It names several choices: #arch and #debian." in run("explain", vote, "cem").out
    )


def test_the_reason_for_leaving_an_account_out_is_reported(tmp_path: Path, run: Run) -> None:
    from twittervotes.core.contest.acts import Act, ActKind

    path = tmp_path / "a.votes"
    with Ledger.create(path, contest(), 1) as ledger:
        ledger.append([page([post("1", voter="bot")])], CLOSES)
        ledger.act(Act(ActKind.EXCLUDED, CLOSES, "Ada", voter="x:bot", reason="It is a machine."))
    told = run("explain", path, "bot").out
    assert "excluded at 2023-11-14 22:14:06 UTC by Ada: It is a machine." in told
    assert "  excluded: The account is left out." in told


def test_an_account_without_posts_is_reported(vote: Path, run: Run) -> None:
    told = run("explain", vote, "@nobody")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"{vote} has no post or account '@nobody'. Try a post link")
