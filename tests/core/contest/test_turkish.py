"""Hashtags with Turkish capitals, which X and Bluesky treat as different."""

from __future__ import annotations

import logging

import pytest

from twittervotes.app import registry
from twittervotes.app.opening import ordered
from twittervotes.app.start_form import words
from twittervotes.cli.vote_options import Options
from twittervotes.core.config.loader import load
from twittervotes.core.contest.contest import Choice, Contest, checked, chosen
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.turkish import hints, missed, spellings
from twittervotes.core.errors import ContestError


def contest(*texts: str, title: str = "") -> Contest:
    return Contest(title, chosen(texts)[0])


@pytest.mark.parametrize(
    ("tag", "forms"),
    [
        ("istanbul", ("İstanbul",)),
        ("izmirli", ("İzmirli", "İZMİRLİ")),
        ("ırmak", ("Irmak",)),
        ("İstanbul", ("istanbul",)),
        ("debian", ("DEBİAN",)),
        ("ubuntu", ()),
        ("İSTANBUL", ("istanbul",)),
    ],
)
def test_turkish_spellings_are_those_that_x_keeps_apart(tag: str, forms: tuple[str, ...]) -> None:
    assert spellings(tag) == forms
    assert all(fold(form) != fold(tag) for form in forms)


def test_equal_spellings_are_reported_once() -> None:
    assert {fold("İstanbul"), fold("İSTANBUL")} == {*missed(contest("istanbul", "ankara"))}
    assert fold("İstanbul", "mastodon") == fold("istanbul", "mastodon")
    assert missed(contest("istanbul"), "mastodon") == {}


def test_an_alias_counts_both_everywhere_and_silences_the_hint() -> None:
    held = contest("istanbul=İstanbul", "ankara")
    assert checked(held, ("x", "mastodon", "bluesky")).choices[0].aliases == ("İstanbul",)
    assert missed(held) == {}
    assert hints(held) == []


def test_several_aliases_follow_their_choice() -> None:
    choices, dropped = chosen(("#izmirli=#İzmirli=İZMİRLİ", "ankara", "Ankara=x"))
    assert choices == (Choice("izmirli", aliases=("İzmirli", "İZMİRLİ")), Choice("ankara"))
    assert dropped == ("Ankara",)
    with pytest.raises(ContestError, match="nothing after"):
        chosen(("istanbul=",))
    with pytest.raises(ContestError, match="can't count for both"):
        checked(contest("istanbul=ankara", "ankara"))


@pytest.mark.parametrize(
    ("tags", "title", "told"),
    [
        (("istanbul", "ankara"), "", ["istanbul"]),
        (("debian", "ubuntu"), "", []),
        (("debian", "ubuntu"), "Hangi dağıtım?", ["debian"]),
        (("eskişehir", "ankara"), "", ["eskişehir"]),
        (("debian", "ırmak"), "", ["debian", "ırmak"]),
    ],
)
def test_the_hint_is_given_if_turkish_posts_are_likely(
    tags: tuple[str, ...], title: str, told: list[str]
) -> None:
    assert [hint.tag for hint in hints(contest(*tags, title=title))] == told


@pytest.mark.parametrize(
    ("sources", "where"),
    [
        ((), "Bluesky and X"),
        (("x",), "X"),
        (("twitter", "x"), "X"),
        (("bluesky", "mastodon"), "Bluesky"),
        (("mastodon",), None),
        (("rehearsal",), None),
    ],
)
def test_the_hint_names_the_networks_that_keep_them_apart(
    sources: tuple[str, ...], where: str | None
) -> None:
    assert [hint.where for hint in hints(contest("istanbul"), sources)] == [where] * bool(where)


def test_missed_spellings_are_reported_with_the_alias(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = load(None, registry.sections())
    options = Options(hashtags=("istanbul", "ankara"), sources=("bluesky",))
    said = words(options, config)
    assert "also #İstanbul, which does not count for it on Bluesky" in said
    assert "istanbul=İstanbul" in said
    with caplog.at_level(logging.WARNING):
        ordered(options, config)
        ordered(Options(hashtags=("istanbul=İstanbul",), sources=("bluesky",)), config)
    assert caplog.text.count("istanbul=İstanbul") == 1
