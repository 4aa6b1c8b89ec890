"""What the window says in words, and right-to-left names as the eye expects them."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hand import MINUTE_MS, OPENS_MS, snapshot
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.clock import of_date
from twittervotes.core.contest.contest import Choice, PerAccount, Policy, Rules
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import Gap, Snapshot, SourceStatus, State
from twittervotes.desktop.canvas.bidi import visual
from twittervotes.desktop.vote.phrases import (
    in_local_time,
    ledger_lines,
    time_left,
    title_of,
    way,
    zone,
)
from twittervotes.presentation.numbers import listed
from twittervotes.presentation.phrases import STATES, by_hand_words, lead, source_title


def with_verdicts(shown: Snapshot, *verdicts: tuple[Verdict, int]) -> Snapshot:
    return replace(shown, tally=replace(shown.tally, verdicts=verdicts))


def test_the_lead_is_safe_if_fewer_posts_are_uncounted() -> None:
    shown = snapshot(900, 400, labels=("Debian", "Arch"))
    spoilt = (Verdict.COUNTED, 1300), (Verdict.SPOILT, 499), (Verdict.REPEAT, 5000)
    assert lead(with_verdicts(shown, *spoilt)) == (
        "Debian leads by 500. 499 posts were not counted; not enough to change the lead."
    )


def test_the_lead_is_unsafe_if_uncounted_posts_could_tie() -> None:
    shown = snapshot(900, 400, labels=("Debian", "Arch"))
    spoilt = (Verdict.COUNTED, 1300), (Verdict.SPOILT, 500)
    assert lead(with_verdicts(shown, *spoilt)).endswith(
        "leads by 500. 500 posts were not counted; enough to change the lead."
    )


def test_a_gap_makes_no_lead_safe() -> None:
    status: SourceStatus = replace(snapshot(9).sources[0], gaps=(Gap(1, 2, "lost"),))
    assert "missing in a gap" in lead(snapshot(900, 1, sources=(status,)))


def test_no_uncounted_post_can_change_a_certified_lead() -> None:
    shown = snapshot(900, 400, labels=("Debian", "Arch"), state=State.CERTIFIED)
    late = (Verdict.COUNTED, 1300), (Verdict.LATE, 700)
    assert lead(with_verdicts(shown, *late)) == "Debian wins with 900 votes."
    status: SourceStatus = replace(shown.sources[0], gaps=(Gap(1, 2, "lost"),))
    assert lead(replace(shown, sources=(status,))) == "Debian wins with 900 votes."


def test_late_posts_cannot_change_the_lead() -> None:
    shown = snapshot(900, 400, labels=("Debian", "Arch"), state=State.PROVISIONAL)
    assert lead(with_verdicts(shown, (Verdict.LATE, 900))) == "Debian leads by 500."
    found = lead(with_verdicts(shown, (Verdict.LATE, 900), (Verdict.SPOILT, 4)))
    assert found == "Debian leads by 500. 4 posts were not counted; not enough to change the lead."


def test_votes_by_hand_are_described() -> None:
    assert by_hand_words(Tally((5, 4), ())) == ""
    assert by_hand_words(Tally((5, 4), (), by_hand=(0, 0))) == ""
    assert by_hand_words(Tally((505, 4), (), by_hand=(500, 0))) == "500 added by hand"
    assert by_hand_words(Tally((505, 4), (), by_hand=(500, -2))) == "+498 by hand"


def test_a_tie_of_many_says_how_many() -> None:
    assert lead(snapshot(1, 1)) == "tag0 and tag1 are tied with 1 vote."
    assert lead(snapshot(*[7] * 9)) == "9 choices are tied with 7 votes."


def test_without_a_vote_nobody_leads() -> None:
    assert lead(snapshot(0, 0)) == "No votes yet."
    assert lead(snapshot(3)) == "tag0 has 3 votes."


@pytest.mark.parametrize(
    ("state", "after_ms", "said"),
    [
        (State.SCHEDULED, -61_000, ("01:01", "until opening")),
        (State.OPEN, 0, ("10:00", "left")),
        (State.OPEN, 1, ("10:00", "left")),
        (State.PAUSED, 9 * MINUTE_MS, ("01:00", "left")),
        (State.OPEN, 11 * MINUTE_MS, ("00:00", "left")),
        (State.CLOSING, 11 * MINUTE_MS, ("", "reading late posts…")),
        (
            State.PROVISIONAL,
            11 * MINUTE_MS,
            ("", f"closed {of_date(OPENS_MS + 10 * MINUTE_MS)} {zone(OPENS_MS + 10 * MINUTE_MS)}"),
        ),
        (
            State.CERTIFIED,
            11 * MINUTE_MS,
            ("", f"closed {of_date(OPENS_MS + 10 * MINUTE_MS)} {zone(OPENS_MS + 10 * MINUTE_MS)}"),
        ),
    ],
)
def test_the_time_shown_depends_on_the_state(
    state: State, after_ms: int, said: tuple[str, str]
) -> None:
    assert time_left(snapshot(1, state=state), OPENS_MS + after_ms) == said


def test_a_vote_without_an_end_shows_the_time_elapsed() -> None:
    shown = snapshot(1)
    shown = replace(shown, contest=replace(shown.contest, closes_ms=None))
    assert time_left(shown, OPENS_MS + 151_000) == ("02:31", "elapsed")


def test_every_state_has_a_word() -> None:
    assert set(STATES) == set(State)


def test_every_verdict_has_a_line() -> None:
    numbers = tuple((verdict, 1000**i) for i, verdict in enumerate(Verdict))
    lines = way(with_verdicts(snapshot(1), *numbers))
    said = sum(int(line.number.replace("− ", "").replace(",", "")) for line in lines[1:-1])
    assert said == sum(number for verdict, number in numbers if verdict is not Verdict.COUNTED)
    assert all(line.number.startswith("− ") for line in lines[1:-1])


def test_the_reasons_follow_the_rules() -> None:
    shown = with_verdicts(
        snapshot(1), (Verdict.COUNTED, 1), (Verdict.REPEAT, 2), (Verdict.IGNORED, 3)
    )
    rules = Rules(per_account=PerAccount.LAST, quotes=Policy.IGNORE)
    shown = replace(shown, contest=replace(shown.contest, rules=rules))
    words = [line.words for line in way(shown)]
    assert words == [
        "posts seen",
        "account voted again later",
        "reposts and quotes",
        "posts counted",
    ]


def test_posts_and_votes_are_distinguished() -> None:
    shown = replace(snapshot(5, 5), tally=Tally((5, 5), ((Verdict.COUNTED, 7),)))
    assert [(line.words, line.number) for line in way(shown)][-2:] == [
        ("posts counted", "7"),
        ("votes in these posts", "10"),
    ]


def test_a_choice_without_a_label_is_its_hashtag() -> None:
    assert title_of(Choice("debian")) == ("#debian", "")
    assert title_of(Choice("debian", label="Debian")) == ("Debian", "#debian")


def test_the_ledger_is_one_short_line() -> None:
    lines = ledger_lines(snapshot(4))
    assert lines[0] == "Record 9f3a…c41e · 7 posts"
    assert lines[-1] == "9f3a…c41e"
    assert ledger_lines(replace(snapshot(4), digest="")) == ()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("mastodon", "Mastodon"),
        ("mastodon:example.social", "Mastodon example.social"),
        ("twitter", "X (v1.1)"),
        ("x", "X (v2)"),
        ("rehearsal", "Rehearsal"),
    ],
)
def test_a_source_has_one_name_everywhere(name: str, title: str) -> None:
    assert source_title(name) == title


def test_names_are_joined_as_in_a_sentence() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Debian", "Debian"),
        ("שלום", "םולש"),
        ("שלום עולם", "םלוע םולש"),
        ("abc שלום def", "abc םולש def"),
        ("שלום 12", "12 םולש"),
        ("(שלום)", "(םולש)"),
        ("#שלום", "םולש#"),
        ("日本語", "日本語"),
    ],
)
def test_right_to_left_names_are_in_reading_order(text: str, seen: str) -> None:
    assert visual(text) == seen


def test_arabic_letters_are_joined() -> None:
    # SEEN initial, LAM medial, ALEF final, MEEM isolated; from left to right.
    assert visual("سلام") == "\ufee1\ufe8e\ufee0\ufeb3"


def test_marks_stay_with_their_letter() -> None:
    assert visual("שָׁם") == "םשָׁ"


@given(st.text(max_size=40))
def test_no_sign_is_lost_or_invented(text: str) -> None:
    assert len(visual(text)) == len(text)


@pytest.mark.parametrize(
    ("said", "local"),
    [
        ("2026-11-20 23:04:31 UTC on x: It counts.", "2026-11-21 00:04:31 on x: It counts."),
        (
            "2026-11-20 20:04:31 UTC on x: This account's earlier vote (20:01:02) counts.",
            "2026-11-20 21:04:31 on x: This account's earlier vote (21:01:02) counts.",
        ),
        ("No posts found.", "No posts found."),
    ],
)
def test_the_times_of_an_answer_are_local(
    said: str, local: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(time, "tzset"):
        pytest.skip("this system can't change its zone")
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    try:
        assert in_local_time(said) == local
        assert zone(OPENS_MS) == "UTC+01:00"
    finally:
        monkeypatch.undo()
        time.tzset()
