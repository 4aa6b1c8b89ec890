"""No spreadsheet finds a formula in our CSV, wherever it splits the lines; nothing is lost."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twittervotes.core.csv_text import FORMULA, SEPARATORS, cell, write
from twittervotes.standalone import verify

TEXTS = st.text(st.sampled_from([*SEPARATORS, *FORMULA, "x", "ß", " "]), max_size=12)


@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from(",;\t|"))
@example(["x;=cmd|'/C calc'!A0;"], ";")
@example(['x;"=1+1;y'], ";")
@example(["x\t@SUM(1)"], "\t")
def test_no_cell_is_a_formula_whichever_separator_is_taken(
    texts: list[str], separator: str
) -> None:
    file = io.StringIO()
    write(file, [[cell(text) for text in texts]] * 2)
    rows = list(csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=separator))
    assert rows
    for row in rows:
        for each in row:
            assert each.lstrip("\r\n")[:1] not in set(FORMULA) - {"'"}, rows


@given(TEXTS)
@example("'")
@example("'';''=")
def test_escaping_a_cell_is_reversible(text: str) -> None:
    assert re.sub(rf"(?:\A|(?<=[{SEPARATORS}]))'", "", cell(text)) == text
    assert verify.cell(text) == cell(text)


@pytest.mark.parametrize(
    "text", ["", "Debian", "a - b, c", "at://did:plc:x/app.bsky.feed.post/3k", "O'Neil", "2+2=4"]
)
def test_what_begins_no_formula_stays_as_it_is(text: str) -> None:
    assert cell(text) == text
