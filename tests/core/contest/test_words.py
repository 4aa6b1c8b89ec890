"""Word votes: the vectors, one by one, and words that are refused before a vote opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest import words
from twittervotes.core.contest.words import Chat, Words, tag_of, tokens_of

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "word_votes.json").read_text("utf-8"))


def chosen(vector: dict[str, Any]) -> list[str]:
    """Return the choices that the words of a vector's message name."""
    options = vector.get("options", {})
    owners = {
        words.word(text): choice for choice, texts in vector["choices"].items() for text in texts
    }
    prefixes = [options["prefix"]] if "prefix" in options else []
    chat = Chat(
        prefix=tuple(map(words.command, prefixes)),
        bare=options.get("bare", False),
        match=options.get("match", "whole"),
    )
    replied_to = [options["reply_to"]] if "reply_to" in options else []
    emotes = [(first, last) for first, last in options.get("emotes", [])]
    tags = Words({folded: tag_of(folded) for folded in owners}, chat).tags_in(
        vector["text"], emotes, replied_to
    )
    by_tag = {tag_of(folded): choice for folded, choice in owners.items()}
    return sorted({by_tag[tag] for tag in tags.split()})


@pytest.mark.parametrize("vector", VECTORS, ids=[each["why"] for each in VECTORS])
def test_a_message_names_the_choices_that_the_vector_says(vector: dict[str, Any]) -> None:
    expected = vector.get("several") or ([vector["expected"]] if vector["expected"] else [])
    assert chosen(vector) == expected


def test_there_are_sixty_vectors() -> None:
    assert len(VECTORS) == 60


LINUX = {"1": tag_of("1"), "arch": tag_of("arch"), "arch linux": tag_of("arch linux")}


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("arch linux 1 arch", "word:arch_linux word:1 word:arch"),
        ("\x01ACTION 1 \U000e0000\x01", "word:1"),
        ("1️⃣", "word:1"),
        (":one: 1", "word:1"),
        (":one:x 1", ""),
        ("😀 arch 😀", "word:arch"),
        ("1😀", ""),
        ("1" * 10_001, ""),
        ("", ""),
    ],
)
def test_a_message_is_kept_as_the_words_it_was_made_of(text: str, tags: str) -> None:
    assert Words(LINUX).tags_in(text) == tags


def test_a_declared_emoji_is_a_word_and_no_decoration() -> None:
    assert Words({"👍": "word:👍"}).tags_in("👍") == "word:👍"


def test_an_emote_of_a_me_message_is_counted_behind_its_mark() -> None:
    assert Words(LINUX).tags_in("\x01ACTION Kappa 1\x01", [(0, 4)]) == "word:1"


def test_emote_ranges_outside_the_text_are_ignored() -> None:
    assert Words(LINUX).tags_in("1", [(5, 9), (-3, -1), (0, 99)]) == "word:1"


@pytest.mark.parametrize("text", ["", " ", ":)", "!!!", "\U000e0000", "+", "a" * 65, "a " * 9])
def test_a_word_that_no_message_could_carry_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must have"):
        words.word(text)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    once = tokens_of(text)
    assert tokens_of(" ".join(once)) == once


@given(st.text(alphabet="1aA #!.:\u034f\U000e0000👍\x01"))
def test_padding_never_changes_a_vote(text: str) -> None:
    known = Words(LINUX)
    assert known.tags_in(text) == known.tags_in(f"{text} \u034f")


@given(st.text(alphabet="1aArchlinux #!.:\u034f👍\x01"))
def test_what_votes_is_never_passed_over(text: str) -> None:
    for chat in (Chat(), Chat(prefix=("!vote",)), Chat(prefix=("!vote",), bare=True)):
        known = Words(LINUX, chat)
        for said in (text, f"!VOTE {text}"):
            assert known.may_vote(said) or not known.tags_in(said)


def test_most_messages_are_passed_over_at_little_cost() -> None:
    assert not Words(LINUX).may_vote("hello there")
    assert not Words(LINUX, Chat(prefix=("!vote",))).may_vote("1")
    assert not Words({}).may_vote("1")
