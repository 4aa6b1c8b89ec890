"""Folding: which tags are the same on which network, and which choices that excludes."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from patience import PATIENCE_S
from samples import contest, post

from twittervotes.core.contest.contest import Choice, Contest, checked
from twittervotes.core.contest.folding import SHORT, fold, normalized, searched
from twittervotes.core.contest.hashtag import named, tags_in
from twittervotes.core.contest.judge import KNOWN_TAGS, Choosing, Judge
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.errors import ContestError
from twittervotes.sources.mastodon.network import MASTODON
from twittervotes.sources.x.network import X

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "mastodon_normalise.json").read_text("utf-8")
)["vectors"]
NETWORKS = ("", X, MASTODON, "bluesky")
# letters that compose, decompose, have odd capitals or are no letters to somebody
SIGNS = (
    "aAeEiIoOsSzßẞæþœéÉöøłŁŋıİſŉΣσςάᾳъйЙकि्त์่ｱｶﾞガﬁ½²0९_-·・～#＃ "
    "가\u1100\u1161\u11a8\u200c\u200d\u0301\u0345\u0307\ufe0f"
)
WORDS = st.text(st.sampled_from(SIGNS), max_size=8) | st.text(max_size=8)
TAGS = st.text(st.sampled_from("aAeÉéëoØøœıİsſςσß_1·कि์"), min_size=1, max_size=3).filter(
    lambda tag: tags_in(f"#{tag}") == (tag,)
)


def choices(*tags: str) -> Contest:
    return Contest("Which one?", tuple(map(Choice, tags)))


@pytest.mark.parametrize(("tag", "name"), VECTORS)
def test_mastodon_names_a_tag_as_its_algorithm_does(tag: str, name: str) -> None:
    assert fold(tag, MASTODON) == name


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("ÀÑŰŽàñűž", "anuzanuz"),
        ("ÐðĐđĦħıĸŁłŊŋØøſŦŧ", "ddddhhikllnnoostt"),
        ("ĿŀŉĲĳ", "l·l·ʼnijij"),
        ("ȘșȚț", "sstt"),
        ("ạǎ", "ạǎ"),
        ("ΣΑΣ", "σασ"),
        ("σας", "σας"),
        ("Ⓐ", "a"),
        ("a-b.c!d e", "abcde"),
        ("a\u200db\u200cc", "ab\u200cc"),
        ("メ～テレ", "メテレ"),
        ("₂٣", "2٣"),
        ("🐧", ""),
    ],
)
def test_mastodon_removes_accents_and_signs(tag: str, name: str) -> None:
    assert fold(tag, MASTODON) == name


def test_mastodon_equates_more_tags_than_others() -> None:
    for network in ("", X, "bluesky"):
        assert fold("Café", network) == "café"
        assert fold("ısparta", network) != fold("isparta", network)
    assert fold("Straße", X) == "strasse"
    assert fold("Straße", MASTODON) == "straße"


@given(WORDS, st.sampled_from(NETWORKS))
@example("##a", "")
@example("ℌ", "")
@example("ǰ", "")
@example("\u1100-\u1161", MASTODON)
@example("ǿ", X)
@example("\u0301#", X)
def test_to_fold_twice_changes_nothing(tag: str, network: str) -> None:
    for way in (fold, searched):
        once = way(tag, network)
        assert way(once, network) == once
        assert unicodedata.is_normalized("NFKC", once)


@given(WORDS, st.sampled_from(NETWORKS))
def test_decomposed_and_composed_letters_fold_alike(tag: str, network: str) -> None:
    composed, parts = (unicodedata.normalize(form, tag) for form in ("NFC", "NFD"))
    assert fold(composed, network) == fold(parts, network)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)), st.sampled_from(NETWORKS))
def test_full_width_letters_fold_like_plain_ones(tag: str, network: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in tag)
    assert fold(wide, network) == fold(tag, network)


@given(WORDS, st.sampled_from(NETWORKS))
def test_what_counts_as_one_is_found_as_one(tag: str, network: str) -> None:
    assert searched(fold(tag, network), network) == searched(tag, network)


@pytest.mark.parametrize(
    ("network", "one", "other", "sentence"),
    [
        (
            MASTODON,
            "Café",
            "Cafe",
            "#Cafe can't count for both Café and Cafe: "
            "on Mastodon it is the same hashtag as #Café.",
        ),
        (
            X,
            "Café",
            "CAFE",
            "#CAFE can't count for both Café and CAFE: "
            "on X's search it is the same hashtag as #Café.",
        ),
        (
            "",
            "Debian",
            "ｄebian",
            "#ｄebian can't count for both Debian and ｄebian: "
            "on every network it is the same hashtag as #Debian.",
        ),
        (MASTODON, "Łódź", "Lodz", "on Mastodon"),
        (MASTODON, "mạ", "ma", "on Mastodon"),
        (X, "Łódź", "Lodz", "on X's search"),
        (X, "ё", "е", "on X's search"),
        (X, "ỏ", "o", "on X's search"),
    ],
)
def test_choices_that_a_network_equates_are_refused(
    network: str, one: str, other: str, sentence: str
) -> None:
    with pytest.raises(ContestError) as refused:
        checked(choices(one, other), (network,))
    assert sentence in str(refused.value)


@pytest.mark.parametrize("networks", [(), ("bluesky",)])
def test_choices_are_only_refused_for_the_networks_chosen(networks: tuple[str, ...]) -> None:
    assert checked(choices("Café", "Cafe"), networks) == choices("Café", "Cafe")


@pytest.mark.parametrize(
    ("one", "other"), [("が", "か"), ("कि", "की"), ("æ", "ae"), ("ma", "ba"), ("σ", "о")]
)
def test_letters_that_are_no_accents_stay_apart_on_every_network(one: str, other: str) -> None:
    assert checked(choices(one, other), NETWORKS)


def test_an_accent_apart_is_no_contradiction_in_one_choice() -> None:
    laid_down = Contest("t", (Choice("Café", aliases=("Cafe", "cafè")), Choice("bar")))
    assert checked(laid_down, NETWORKS) == laid_down


def test_a_required_tag_is_compared_as_each_network_counts() -> None:
    for tag, required in (("Café", "Cafe"), ("Cafe", "Café")):
        laid_down = contest(choices=(Choice(tag),), required=(required,))
        assert checked(laid_down, (X, "bluesky")) == laid_down
        with pytest.raises(ContestError, match=f"#{required} can't be both a choice and"):
            checked(laid_down, (X, MASTODON))


def test_a_post_is_judged_as_its_network_compares() -> None:
    judge = Judge(contest(choices=(Choice("Café"), Choice("Bar")), required=("Été",)))
    verdicts = [
        (network, tags, judge(post(tags=tags, network=network)))
        for network in (
            "x",
            "mastodon",
            "bluesky",
            "x",
        )  # x again: what is remembered is kept apart
        for tags in ("CAFÉ été", "cafe été", "café ete", "cafe ete bar")
    ]
    assert [(network, *found) for network, _, found in verdicts[4:8]] == [
        ("mastodon", Verdict.COUNTED, (0,)),
        ("mastodon", Verdict.COUNTED, (0,)),
        ("mastodon", Verdict.COUNTED, (0,)),
        ("mastodon", Verdict.SPOILT, ()),
    ]
    for start in (0, 8, 12):
        assert [found for _, _, found in verdicts[start : start + 4]] == [
            (Verdict.COUNTED, (0,)),
            (Verdict.NO_CHOICE, ()),
            (Verdict.INCOMPLETE, ()),
            (Verdict.INCOMPLETE, ()),
        ]


def test_a_post_without_tags_chooses_nothing() -> None:
    judge = Judge(contest(choices=(Choice("\u0301"),)))
    assert fold("\u0301", MASTODON) == ""
    assert judge(post(tags="", network=MASTODON)) == (Verdict.NO_CHOICE, ())


def test_a_flood_of_tags_is_forgotten_and_judged_alike() -> None:
    judge = Judge(contest())
    for number in range(KNOWN_TAGS + 10):
        assert judge(post(tags=f"t{number}"))[0] is Verdict.NO_CHOICE
    assert judge(post(tags="debian")) == (Verdict.COUNTED, (0,))


@given(TAGS, TAGS, TAGS, st.sampled_from(NETWORKS))
def test_where_choices_were_checked_no_tag_is_for_two_of_them(
    one: str, other: str, tag: str, network: str
) -> None:
    laid_down = contest(choices=(Choice(one), Choice(other)))
    try:
        checked(laid_down, (network,))
    except ContestError:
        return
    judge = Judge(laid_down)
    verdict, found = judge(post(tags=tag, network=network))
    same = tuple(
        number
        for number, choice in enumerate((one, other))
        if fold(choice, network) == fold(tag, network)
    )
    assert len(same) < 2
    assert (verdict, found) == ((Verdict.COUNTED, same) if same else (Verdict.NO_CHOICE, ()))


@pytest.mark.parametrize(
    "tag", ["Café", "100k", "日本", "il·lusió", "می\u200cخواهم", "a・b", "_a_"]
)
def test_what_mastodon_takes_whole_may_be_a_choice_there(tag: str) -> None:
    assert named(tag, MASTODON) == tag


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("メ～テレ", "which cuts it at '～'"),
        ("vo\u200dte", "which cuts it at '\\u200d'"),
        ("·a", "which cuts it at '·'"),
        ("a・", "which cuts it at '・'"),
        ("各〃", "which cuts it at '〃'"),
        ("1\u0301", "it needs at least one letter there"),
        ("_٣\u0301", "it needs at least one letter there"),
    ],
)
def test_what_mastodon_would_cut_is_refused_there_alone(tag: str, reason: str) -> None:
    assert named(tag, X) == tag
    with pytest.raises(ContestError) as refused:
        named(tag, MASTODON)
    assert reason in str(refused.value)
    for laid_down in (choices(tag), contest(required=(tag,))):
        assert checked(laid_down, (X,))
        with pytest.raises(ContestError, match="isn't a valid hashtag on Mastodon"):
            checked(laid_down, (X, MASTODON))


def test_starting_with_plain_hashtags_loads_no_tables_of_other_alphabets() -> None:
    program = (
        "import sys; from twittervotes.core.contest.hashtag import fold, named, tags_in\n"
        "named('#Debian', 'mastodon'); fold('Debian', 'mastodon'); fold('é'); tags_in('no tag')\n"
        "assert 'regex' not in sys.modules\n"
        "assert tags_in('#é') == ('é',) and 'regex' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=PATIENCE_S)


FORMS = ("NFC", "NFD", "NFKC", "NFKD")
MARKED = st.text(
    st.sampled_from("aeé각각#ﬁ\u0315\u0300\u0301\u0308\u0344\u0345\u05b0\u0f71\u0f72\u3099")
)


@given(MARKED.map(lambda text: text * (1 + SHORT // max(1, len(text)))), st.sampled_from(FORMS))
def test_a_long_text_is_normalised_as_unicode_says(text: str, form: str) -> None:
    assert normalized(form, text) == unicodedata.normalize(form, text)  # type: ignore[arg-type]


@pytest.mark.parametrize("network", [X, MASTODON])
def test_a_million_marks_are_folded_at_once(network: str) -> None:
    """Python alone would sort them for hours, comparing each with all before it."""
    tag = "a" + "\u0315\u0300" * 500_000
    assert fold(tag, network).startswith("a" if network == MASTODON else "à")
    with pytest.raises(ContestError, match="too long"):
        named(tag)


def test_long_lists_of_tags_are_judged_and_not_remembered() -> None:
    choosing = Choosing(contest(), X)
    others = " ".join(f"tag{n}" for n in range(300))
    assert choosing[f"{others} debian"] == (Verdict.COUNTED, (0,))
    assert not choosing
    assert choosing["debian"] == (Verdict.COUNTED, (0,))
    assert len(choosing) == 1
