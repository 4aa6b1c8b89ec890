"""The result as a document, in the form that is promised."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from samples import CLOSES, OPENS, contest

from twittervotes.core.contest.contest import Adjustment
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import Gap, Snapshot, SourceState, SourceStatus, State
from twittervotes.core.counting.result import FORMAT, document, is_whole, iso, text
from twittervotes.core.errors import LedgerError

GAP = Gap(OPENS, OPENS + 60_500, "X was away.")
SOURCE = SourceStatus("twitter", SourceState.DONE, "all read", requests=7, failed=2)
SNAPSHOT = Snapshot(
    contest=contest(),
    state=State.PROVISIONAL,
    now_ms=CLOSES + 1234,
    tally=Tally((2, 1, 0), tuple((verdict, 3 * (verdict == "counted")) for verdict in Verdict)),
    sources=(SOURCE,),
    digest="ab" * 32,
)


def test_the_document_has_every_promised_field() -> None:
    found = document(SNAPSHOT)
    assert found["format"] == FORMAT == "twittervotes-result/1"
    assert set(found["contest"]) >= {"title", "choices", "opens", "closes", "rules", "rehearsal"}
    assert found["state"] == "provisional"
    assert [(each["choice"], each["votes"], each["percent"]) for each in found["tally"]] == [
        ("debian", 2, 66.7),
        ("ubuntu", 1, 33.3),
        ("arch", 0, 0.0),
    ]
    assert (found["total"], found["leader"], found["winner"]) == (3, ["debian"], ["debian"])
    assert found["verdicts"] == {verdict: 3 * (verdict == "counted") for verdict in Verdict}
    assert found["sources"] == [
        {
            "name": "twitter",
            "completeness": "exact",
            "gaps": [],
            "requests": 7,
            "failed": 2,
            "unread": 0,
        }
    ]
    assert (found["digest"], found["at"]) == ("ab" * 32, iso(CLOSES + 1234))


def test_the_text_is_one_json_document_that_says_the_same() -> None:
    assert json.loads(text(SNAPSHOT)) == document(SNAPSHOT)
    titled = replace(SNAPSHOT, contest=contest(title="Qué? 日本 🐧"))
    assert "Qué? 日本 🐧" in text(titled)


def test_votes_by_hand_are_in_the_votes_and_shown_apart() -> None:
    by_hand = (Adjustment("arch", 2, "show of hands", "Ada", OPENS),)
    held = replace(
        SNAPSHOT,
        contest=contest(adjustments=by_hand),
        tally=Tally((2, 1, 2), (), by_hand=(0, 0, 2)),
    )
    found = document(held)
    assert found["tally"][2] == {"choice": "arch", "votes": 2, "percent": 40.0, "by_hand": 2}
    assert found["total"] == 5
    assert found["leader"] == ["debian", "arch"]
    assert found["adjustments"] == [
        {"choice": "arch", "votes": 2, "reason": "show of hands", "by": "Ada", "at": iso(OPENS)}
    ]


def test_gaps_and_failures_make_a_result_incomplete() -> None:
    assert is_whole(SNAPSHOT)
    assert is_whole(replace(SNAPSHOT, state=State.OPEN))
    assert not is_whole(replace(SNAPSHOT, sources=(SOURCE, replace(SOURCE, gaps=(GAP,)))))
    for doing in (SourceState.STOPPED, SourceState.TROUBLE):
        assert not is_whole(replace(SNAPSHOT, sources=(SOURCE, replace(SOURCE, doing=doing))))
    assert not is_whole(replace(SNAPSHOT, trouble="The disk is full."))


def test_gaps_and_trouble_are_in_the_result() -> None:
    told = replace(SNAPSHOT, sources=(replace(SOURCE, gaps=(GAP,)),), trouble="The disk is full.")
    found = document(told)
    assert found["trouble"] == "The disk is full."
    assert found["sources"][0]["gaps"] == [
        {"from": iso(GAP.from_ms), "to": iso(GAP.to_ms), "reason": "X was away."}
    ]
    assert "trouble" not in document(SNAPSHOT)


@pytest.mark.parametrize(
    ("at_ms", "written"),
    [
        (None, None),
        (0, "1970-01-01T00:00:00Z"),
        (1_700_000_000_000, "2023-11-14T22:13:20Z"),
        (1_700_000_000_050, "2023-11-14T22:13:20.050Z"),
    ],
)
def test_times_are_utc_and_omit_zero_fractions(at_ms: int | None, written: str | None) -> None:
    assert iso(at_ms) == written


def test_an_impossible_time_is_reported_as_damage() -> None:
    with pytest.raises(LedgerError, match="a valid time"):
        iso(2**62)
