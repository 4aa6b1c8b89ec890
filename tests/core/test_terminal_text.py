"""No control sequence gets through, and nothing else is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.terminal_text import JOINERS, harmless, json_text

STEERING = "\x1b[2J\x1b]0;owned\x07\r\b\x7f\x9b2J\u202e\u2066\u200f\u061c\u2028\x85\ud83d"


@pytest.mark.parametrize("sign", [sign for sign in STEERING if not sign.isascii() or sign < " "])
def test_each_sign_that_steers_is_seen_and_not_sent(sign: str) -> None:
    assert harmless(f"a{sign}b") == "a\ufffdb"
    assert sign not in json_text([sign])
    assert json.loads(json_text([sign])) == [sign]


@pytest.mark.parametrize("text", ["Zürich", "日本語", "👩‍👩‍👧", "می‌خواهم", "🗳️", "“a” – b"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text
    assert text in json_text([text])


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_is_written_is_printable_and_as_json_the_same(text: str) -> None:
    shown = harmless(text)
    assert len(shown) == len(text)
    assert all(sign.isprintable() or sign in JOINERS for sign in shown)
    written = json_text({"it": text})
    assert json.loads(written) == {"it": text}
    assert all(sign.isprintable() or sign in JOINERS + "\n" for sign in written)
    written.encode()
