"""The result as a workbook: formatted sheets, with a native Excel chart.

Numbers are numbers; everything else is text, whatever it looks like, so nothing is taken for a
formula or a link. The votes themselves are in votes.csv, which has no row limit.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from xlsxwriter import Workbook

from twittervotes.core.contest.percent import percentages
from twittervotes.export import phrases
from twittervotes.export.chart import mark
from twittervotes.export.phrases import shown, utc
from twittervotes.presentation.phrases import FINAL, RESULTS, lead, result_in_words

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from twittervotes.core.contest.snapshot import Snapshot
    from twittervotes.export.redaction import Given

MOST_ROWS = 1_048_576 - 2  # Excel's limit, minus a header and a closing remark
LONGEST_CELL = 32_767
ELSEWHERE = "The individual votes aren't in this workbook; see votes.csv."
FILLS = (
    None,
    "wide_upward_diagonal",
    "percent_25",
    "diagonal_brick",
    "dark_vertical",
    "wide_downward_diagonal",
    "large_check",
    "dark_horizontal",
)

Row = Sequence[str | int | float]


def write(snapshot: Snapshot, given: Given, file: BinaryIO) -> None:
    """Write the workbook to `file`."""
    made = io.BytesIO()  # it has only the result, so it is small
    book = _Book(made, snapshot.now_ms)
    _result(book, snapshot)
    book.sheet("Votes per minute", *_minutes(snapshot))
    book.sheet("Sources", *_sources(snapshot, given))
    book.sheet("Verdicts", *_verdicts(snapshot))
    book.sheet("Activity log", *_acts(snapshot))
    book.sheet("Rules", *_rules(snapshot, given))
    book.made.close()
    file.write(made.getvalue())


class _Book:
    def __init__(self, file: BinaryIO, at_ms: int) -> None:
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.made = Workbook(file, options)
        self.made.set_properties({"created": datetime.fromtimestamp(at_ms / 1000, UTC)})
        self.head: Format = self.made.add_format({"bold": True, "bottom": 1})
        self.strong: Format = self.made.add_format({"bold": True, "font_size": 16})
        self.loud: Format = self.made.add_format({"bold": True, "font_color": "#8a5a00"})
        self.percent: Format = self.made.add_format({"num_format": '0.0" %"'})

    def sheet(self, name: str, head: Row, rows: Iterable[Row]) -> Worksheet:
        """Add a sheet with a header and rows; it says so if not all rows fit."""
        sheet: Worksheet = self.made.add_worksheet(name)
        self.row(sheet, 0, head, self.head)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, 1):
            if number > MOST_ROWS:
                self.row(sheet, number, ["… and more than a sheet can hold"])
                break
            self.row(sheet, number, row)
        sheet.autofit(400)
        return sheet

    def row(self, sheet: Worksheet, y: int, row: Row, form: Format | None = None) -> None:
        for x, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(y, x, shown(value)[:LONGEST_CELL], form)
            else:
                sheet.write_number(y, x, value, form)


def _result(book: _Book, snapshot: Snapshot) -> None:
    contest, tally = snapshot.contest, snapshot.tally
    sheet: Worksheet = book.made.add_worksheet("Result")
    told = [contest.title, RESULTS[snapshot.state]]
    if contest.rehearsal:
        told.append("REHEARSAL, not a real vote")
    told += [
        *phrases.period(contest),
        result_in_words(tally, contest, is_final=snapshot.state in FINAL),
        lead(snapshot),
        f"Digest {snapshot.digest}",
        ELSEWHERE,
    ]
    forms = [book.strong, book.head, book.loud if contest.rehearsal else None]
    for y, line in enumerate(told):
        book.row(sheet, y, [line], forms[y] if y < len(forms) else None)
    top = len(told) + 1
    book.row(sheet, top, ("Letter", "Choice", "Hashtag", "Votes", "Percent", "By hand"), book.head)
    shares = percentages(tally.votes)
    for i, choice in enumerate(contest.choices):
        name = choice.label or f"#{choice.tag}"
        row = (mark(i).letter, name, f"#{choice.tag}", tally.votes[i])
        book.row(sheet, top + 1 + i, row)
        sheet.write_number(top + 1 + i, 4, shares[i], book.percent)
        sheet.write_number(top + 1 + i, 5, contest.by_hand[i])
    last = top + len(contest.choices)
    book.row(sheet, last + 1, ("", "Total", "", tally.total), book.head)
    sheet.set_column(1, 2, 28)
    _chart(book, sheet, snapshot, top + 1, last)


def _chart(book: _Book, sheet: Worksheet, snapshot: Snapshot, first: int, last: int) -> None:
    """Draw a bar for each choice, in its colour and pattern."""
    marks = [mark(i, choice.colour) for i, choice in enumerate(snapshot.contest.choices)]
    points = []
    for i, it in enumerate(marks):
        fill = FILLS[(i + i // len(FILLS)) % len(FILLS)]
        colours = {"fg_color": it.colour, "bg_color": it.second}
        points.append(
            {"pattern": {"pattern": fill, **colours}} if fill else {"fill": {"color": it.colour}}
        )
    chart = book.made.add_chart({"type": "bar"})
    if chart is None:  # types that XlsxWriter doesn't know
        return
    chart.add_series(
        {
            "name": "Votes",
            "categories": ["Result", first, 1, last, 1],
            "values": ["Result", first, 3, last, 3],
            "points": points,
            "data_labels": {"value": True},
            "gap": 60,
        }
    )
    chart.set_title({"none": True})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"min": 0, "num_format": "#,##0", "major_gridlines": {"visible": True}})
    chart.set_size({"width": 640, "height": 120 + 34 * len(marks)})
    sheet.insert_chart(last + 3, 1, chart)


def _minutes(snapshot: Snapshot) -> tuple[Row, Iterable[Row]]:
    names = [choice.label or f"#{choice.tag}" for choice in snapshot.contest.choices]
    rows: Iterable[Row] = ((utc(minute), *votes) for minute, votes in snapshot.tally.minutes)
    return ("Minute (UTC)", *names), rows


def _sources(snapshot: Snapshot, given: Given) -> tuple[Row, Iterable[Row]]:
    head = ("Source", "Network", "Completeness", "Requests", "Failed", "Posts", "Votes")
    origins = given.reader.sources()
    rows: list[Row] = []
    for source in snapshot.sources:
        numbers = (source.requests, source.failed, source.posts, source.votes)
        network, queries = origins[source.name].network, " | ".join(origins[source.name].queries)
        rows.append((source.name, network, phrases.complete(source), *numbers, queries))
    for source in snapshot.sources:
        for gap in source.gaps:
            told = f"gap from {utc(gap.from_ms)} to {utc(gap.to_ms)}: {gap.reason}"
            rows.append((source.name, "", told))
    return (*head, "Asked for"), rows


def _verdicts(snapshot: Snapshot) -> tuple[Row, Iterable[Row]]:
    first, *steps = phrases.way(snapshot)
    rows: list[Row] = [(first.words, first.posts)]
    rows += [(step.words, -step.posts) for step in steps[:-1]]
    rows.append((steps[-1].words, steps[-1].posts))
    return ("How posts became votes", "Posts"), rows


def _acts(snapshot: Snapshot) -> tuple[Row, Iterable[Row]]:
    rows = ((utc(act.at_ms), act.by, phrases.act(act, snapshot.contest)) for act in snapshot.acts)
    return ("When (UTC)", "By", "What"), rows


def _rules(snapshot: Snapshot, given: Given) -> tuple[Row, Iterable[Row]]:
    rules = snapshot.contest.rules
    rows: list[Row] = [("In words", phrases.rules(given.reader.contest))]
    for name in rules.__slots__:
        value = getattr(rules, name)
        rows.append((name, " ".join(value) if isinstance(value, tuple) else str(value)))
    return ("Rule", "Value"), rows
