"""The catalogue: search, filters, categories, what is highlighted, and pages by cursor."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
import requests
from board_votes import OPENS_MS, document, ledger, write
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S, until
from serving import Start, known

from twittervotes.board import wire
from twittervotes.board.catalogue import DAY_MS, CatalogueQuery, entries, page
from twittervotes.core.contest.snapshot import State


def vote(number: int, state: State, category: str = "", highlighted: bool = False) -> wire.Document:
    said = document(number, 2, 1, state=state)
    contest = msgspec.structs.replace(
        said.contest,
        slug=f"vote-{number}",
        title=f"Question {number}",
        category=category,
        highlighted=highlighted,
    )
    opens_ms = OPENS_MS + number % 5 * DAY_MS
    state_then = msgspec.structs.replace(said.state, opens_ms=opens_ms)
    return msgspec.structs.replace(said, contest=contest, state=state_then)


DOCUMENTS = st.lists(
    st.builds(
        vote,
        st.integers(0, 10_000),
        st.sampled_from(State),
        st.sampled_from(("", "Tech", "Music")),
        st.booleans(),
    ),
    unique_by=lambda each: each.contest.slug,
    max_size=20,
)


@given(DOCUMENTS, st.integers(1, 7))
def test_pages_together_have_every_contest_once_in_one_order(
    documents: list[wire.Document], limit: int
) -> None:
    search, found = CatalogueQuery(limit=limit), []
    for _ in range(len(documents) + 1):
        got = page(documents, search)
        found += got.items
        if not got.next:
            break
        search = replace(search, after=got.next)
    assert len(found) == len(documents)
    assert {each.contest.slug for each in found} == {each.contest.slug for each in documents}
    for one, other in itertools.pairwise(found):
        live = [each.state.state in wire.LIVE for each in (one, other)]
        assert live[0] >= live[1]
        if live[0] == live[1]:
            assert one.contest.highlighted >= other.contest.highlighted
            if one.contest.highlighted == other.contest.highlighted:
                assert one.state.opens_ms >= other.state.opens_ms


@given(DOCUMENTS)
def test_filters_and_the_numbers_beside_them_agree(documents: list[wire.Document]) -> None:
    whole = page(documents, CatalogueQuery(limit=100))
    for state in ("live", "scheduled", "final"):
        assert (
            len(page(documents, CatalogueQuery(state=state, limit=100)).items)
            == whole.counts[state]
        )
    for category in ("Tech", "Music"):
        some = page(documents, CatalogueQuery(category=category, limit=100))
        assert {each.contest.category for each in some.items} <= {category}
        assert len(some.items) == whole.categories.get(category, 0)
        assert some.categories == whole.categories
    marked = page(documents, CatalogueQuery(highlighted=True, limit=100)).items
    assert [each for each in whole.items if each.contest.highlighted] == list(marked)


def test_a_period_has_its_first_and_its_last_day() -> None:
    documents = [vote(number, State.CERTIFIED) for number in range(5)]
    for begin, end, found in (
        (date(2026, 11, 30), date(2026, 11, 30), {0}),
        (date(2026, 12, 1), None, {1, 2, 3, 4}),
        (None, date(2026, 12, 2), {0, 1, 2}),
        (date(2026, 12, 3), date(2026, 12, 2), set()),
    ):
        items = page(documents, CatalogueQuery(begin=begin, end=end)).items
        assert {each.contest.slug for each in items} == {f"vote-{number}" for number in found}


@pytest.mark.parametrize(
    "text", ["[x", "[x]\ncategory = 3", "[x]\ncolour = 'red'", "x = 1", "[" * 9]
)
def test_a_catalogue_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        entries(text)


def test_categories_come_from_a_file_beside_the_votes(tmp_path: Path, serve: Start) -> None:
    for name in ("one", "two", "three"):
        write(ledger(tmp_path / f"{name}.votes"), document(3, 2, 1, state=State.CERTIFIED))
    url = serve(tmp_path)
    with known(url, "one") as board:
        until(lambda: len(board.summaries()) == 3)
        file = tmp_path / "catalogue.toml"
        file.write_text('[two]\ncategory = "Film & TV"\nhighlighted = true\n')
        until(lambda: board.contest("two").contest.highlighted)
        assert next(board.contests()).contest.slug == "two"
        assert [each.contest.slug for each in board.contests(category="Film & TV")] == ["two"]
        html = requests.get(f"{url}/", timeout=PATIENCE_S).text
        assert 'href="/?q=&amp;state=&amp;category=Film+%26+TV' in html
        file.write_text("[two")  # what was read before stays
        (tmp_path / "three.votes").unlink()
        until(lambda: len(board.summaries()) == 2)
        assert board.contest("two").contest.category == "Film & TV"
        file.unlink()
        until(lambda: not board.contest("two").contest.highlighted)
