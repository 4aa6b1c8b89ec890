"""Adjust, draw and certify: what they write down, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from counted import POSTS, Run, Told, made
from samples import CLOSES, OPENS, contest, page, post

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Tie
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.contest.tie import decision, drawn
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger
from twittervotes.presentation.phrases import result_in_words

ADA = ("--by", "Ada")


def result(path: Path) -> Snapshot:
    with Reader(path) as reader:
        return outcome(reader)


def test_votes_by_hand_are_added_and_shown_apart(vote: Path, run: Run) -> None:
    told = run("adjust", vote, "#ARCH", "+3", "--reason", "show of hands", *ADA)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "Recorded: Ada added 3 votes for Arch Linux: show of hands.",
        "Arch Linux wins with 4 votes.",
        f"digest {result(vote).digest}",
    ]
    assert result(vote).tally.votes == (2, 1, 4)
    assert result(vote).tally.by_hand == (0, 0, 3)
    (adjustment,) = result(vote).contest.adjustments
    assert (adjustment.by, adjustment.reason) == ("Ada", "show of hands")


def test_a_choice_may_be_named_by_its_label(vote: Path, run: Run) -> None:
    assert run("adjust", vote, "Arch Linux", "-1", "--reason", "r", *ADA).code == 0
    assert result(vote).tally.votes == (2, 1, 0)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (
            ["adjust", "hurd", "+3"],
            "There is no choice 'hurd'. The choices are: debian, ubuntu, arch.",
        ),
        (["adjust", "arch", "0"], "Enter the votes to add or remove, e.g. +3 or -2."),
        (["adjust", "arch", "-2"], "arch has only 1 vote to remove."),
        (["draw"], "The rules of this vote don't allow a draw (see the rule 'tie')."),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(
    argv: list[str], sentence: str, vote: Path, run: Run
) -> None:
    before = vote.read_bytes()
    more = ["--reason", "r"] if argv[0] == "adjust" else ["--seed", "s"]
    assert run(argv[0], vote, *argv[1:], *more, *ADA) == Told(2, "", f"{sentence}\n")
    assert vote.read_bytes() == before


def test_a_certified_book_is_closed(vote: Path, run: Run) -> None:
    told = run("certify", vote, *ADA)
    assert told.out.splitlines()[:2] == [
        "Recorded: Ada certified the result.",
        "#debian wins with 2 votes.",
    ]
    assert result(vote).state is State.CERTIFIED
    before = vote.read_bytes()
    for argv in (
        ["certify", vote, *ADA],
        ["adjust", vote, "arch", "+1", "--reason", "r", *ADA],
        ["draw", vote, "--seed", "s", *ADA],
    ):
        refused = Told(2, "", "The result is certified and can't be changed.\n")
        assert run(*argv) == refused
    assert vote.read_bytes() == before


def test_only_a_provisional_result_is_certified(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "open.votes"
    with Ledger.create(path, contest(closes_ms=None), 1) as ledger:
        ledger.act(Act(ActKind.OPENED, OPENS))
    told = run("certify", path, *ADA)
    assert told == Told(2, "", "Only a provisional result can be certified; this vote is open.\n")


def test_a_draw_decides_a_tie_as_anyone_can_repeat(tmp_path: Path, run: Run) -> None:
    path = made(tmp_path / "tied.votes", (post("1", "debian"), post("2", "ubuntu")), tie=Tie.DRAW)
    with Ledger.reopen(path) as ledger:
        ledger.append([page([post("3", "ubuntu")])], CLOSES)
    tied = result(path).contest.choices[:2]
    refused = run("certify", path, *ADA)
    assert refused.err == "Draw the tie before certifying the result.\n"
    told = run("draw", path, "--seed", "4 8 15", *ADA)
    winner = tied[drawn(tied, "4 8 15")]
    assert told.out.splitlines()[1].endswith(
        f"The draw with the seed “4 8 15” picked {winner.title}."
    )
    snapshot = result(path)
    assert [snapshot.contest.choices[i] for i in decision(snapshot.tally, snapshot.contest).winners]
    assert run("draw", path, "--seed", "other", *ADA).code == 2
    assert run("certify", path, *ADA).code == 0


def test_without_a_tie_nothing_is_drawn(tmp_path: Path, run: Run) -> None:
    path = made(tmp_path / "clear.votes", POSTS, tie=Tie.DRAW)
    told = run("draw", path, "--seed", "s", *ADA)
    assert told == Told(2, "", "There is no tie to draw.\n")


def test_the_votes_are_counted_once_and_printed_as_by_a_recount(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "vote.votes")
    counts: list[Path] = []

    def counted(reader: Reader, **options: object) -> Snapshot:
        counts.append(reader.path)
        return outcome(reader, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("twittervotes.commands.act.outcome", counted)
    for votes in ("+5", "-6", "+2"):
        told = run("adjust", path, "arch", votes, "--reason", "r", *ADA)
        after = result(path)
        said = result_in_words(after.tally, after.contest, is_final=True)
        assert said in told.out.splitlines()
        assert result(path).tally.adjusted(after.contest.by_hand) == after.tally
    assert len(counts) == 3
