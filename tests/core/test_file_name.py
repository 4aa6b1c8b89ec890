"""File names made from what people typed are short enough in bytes and safe on every system."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import contest

from twittervotes.cli import plan
from twittervotes.core import file_name
from twittervotes.core.ledger.writer import Ledger

TEXTS = st.text(st.characters(exclude_categories=()), max_size=300)


@given(TEXTS)
def test_any_text_becomes_a_short_safe_name(text: str) -> None:
    for name in (file_name.of_title(text), file_name.of_tag(text)):
        assert len(name.encode()) <= file_name.MOST_BYTES
        assert not set(name) & set('/\\:*?"<>|. \n\x00')
    assert file_name.of_tag(text)[:1] == ("" if not text else file_name.of_tag(text[0]))


def test_a_name_is_cut_between_two_characters() -> None:
    assert file_name.of_title("ä" * 99) == "ä" * 50
    assert file_name.of_title("x" + "ä" * 99) == "x" + "ä" * 49
    assert file_name.of_tag("日" * 99) == "日" * 33
    assert file_name.of_title("a" * 98 + " --- b") == "a" * 98 + "-b"
    assert file_name.of_title("a" * 99 + " --- b") == "a" * 99


@pytest.mark.parametrize("sign", ["x", "ä", "日", "𠀀", "🗳️", "ﷺ"])
@pytest.mark.parametrize("rehearsal", [True, False])
def test_a_vote_with_a_long_title_can_be_kept(tmp_path: Path, sign: str, rehearsal: bool) -> None:
    long = replace(contest(), title=sign * 200, rehearsal=rehearsal)
    path = tmp_path / plan.ledger_name(long)
    Ledger.create(path, long, 1).close()
    assert path.exists()
    folder = plan.graphics("true", path)
    assert folder
    folder.mkdir()
