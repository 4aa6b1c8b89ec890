"""The workbook: sheets, numbers that are numbers, texts that are never a formula."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from held import CONTEST, Export, audience, held
from test_report import HOSTILE, hostile

from twittervotes.export.phrases import shown

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SHEETS = ["Result", "Votes per minute", "Sources", "Verdicts", "Activity log", "Rules"]

Cell = str | float


class Book:
    """A workbook, read by its XML."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        self.xml = {
            name: ET.fromstring(part)  # noqa: S314 - written by ourselves
            for name, part in self.parts.items()
        }
        strings = self.xml["xl/sharedStrings.xml"].iter(f"{MAIN}si")
        self.strings = ["".join(text.text or "" for text in it.iter(f"{MAIN}t")) for it in strings]
        found = self.xml["xl/workbook.xml"].iter(f"{MAIN}sheet")
        self.names = [sheet.attrib["name"] for sheet in found]

    def rows(self, name: str) -> list[list[Cell]]:
        number = self.names.index(name) + 1
        return [
            [self._value(cell) for cell in row]
            for row in self.xml[f"xl/worksheets/sheet{number}.xml"].iter(f"{MAIN}row")
        ]

    def _value(self, cell: ET.Element) -> Cell:
        value = cell.findtext(f"{MAIN}v") or ""
        return self.strings[int(value)] if cell.get("t") == "s" else float(value)


def test_the_sheets_have_the_numbers_of_the_result(full: Path, exported: Export) -> None:
    book = Book(exported(full, "result.xlsx"))
    result = json.loads(exported(full, "result.json"))
    assert book.names == SHEETS
    rows = book.rows("Result")
    texts = [row[0] for row in rows if row]
    assert texts[:2] == [result["contest"]["title"], "Provisional result"]
    assert f"Digest {result['digest']}" in texts
    assert any("votes.csv" in str(text) for text in texts)
    tally = [row for row in rows if len(row) == 6 and row[0] != "Letter"]
    assert [row[2:] for row in tally] == [
        [f"#{row['choice']}", row["votes"], row["percent"], row["by_hand"]]
        for row in result["tally"]
    ]
    minutes = book.rows("Votes per minute")
    by_hand = [row["by_hand"] for row in result["tally"]]
    sums = [sum(row[i] for row in minutes[1:]) + by_hand[i - 1] for i in (1, 2, 3)]  # type: ignore[misc]
    assert sums == [row["votes"] for row in result["tally"]]
    assert minutes[1][0] == "2027-01-15T08:00:00Z"
    verdicts = book.rows("Verdicts")[1:]
    assert sum(float(row[1]) for row in verdicts[:-1]) == verdicts[-1][1]
    assert ["2027-01-15T08:01:20Z", "the operator", "resumed voting"] in book.rows("Activity log")
    assert ["per_account", "first"] in book.rows("Rules")
    assert book.rows("Sources")[1][:3] == ["twitter", "x", "at least"]
    assert "gap from 2027-01-15T08:03:00Z" in str(book.rows("Sources")[3][2])


def test_the_bars_are_a_chart_of_the_cells(full: Path, exported: Export) -> None:
    book = Book(exported(full, "result.xlsx"))
    chart = book.parts["xl/charts/chart1.xml"].decode()
    assert "<c:barChart>" in chart
    ranges = re.findall(r"<c:f>Result!\$([A-Z])\$(\d+):\$[A-Z]\$(\d+)</c:f>", chart)
    (_, first, last), *_ = ranges
    rows = {
        cell.attrib["r"]: book._value(cell)
        for cell in book.xml["xl/worksheets/sheet1.xml"].iter(f"{MAIN}c")
        if cell.find(f"{MAIN}v") is not None
    }
    assert [column for column, *_ in ranges] == ["B", "D"]
    assert [rows[f"B{n}"] for n in range(int(first), int(last) + 1)] == ["Debian", "Ubuntu", "Arch"]


def test_no_text_becomes_a_formula_or_link(tmp_path: Path, exported: Export) -> None:
    path = hostile(tmp_path / "h.votes")
    book = Book(exported(path, "result.xlsx", with_accounts=True))
    for name, part in book.xml.items():
        if name.startswith("xl/worksheets/"):
            assert part.find(f".//{MAIN}f") is None
            assert part.find(f".//{MAIN}hyperlink") is None
    labels = [row[1] for row in book.rows("Result") if len(row) == 6][1:]
    assert labels == [shown(text) for text in HOSTILE]


def test_formulas_as_titles_and_labels_are_texts(tmp_path: Path, exported: Export) -> None:
    choice = replace(CONTEST.choices[0], label="=1+1")
    contest = replace(CONTEST, title="=cmd|'/C calc'!A0", choices=(choice, *CONTEST.choices[1:]))
    book = Book(exported(held(tmp_path / "v.votes", audience(20), contest), "result.xlsx"))
    assert book.rows("Result")[0] == ["=cmd|'/C calc'!A0"]
    assert "=1+1" in book.strings
    assert all(b"<f>" not in book.parts[f"xl/worksheets/sheet{n}.xml"] for n in range(1, 7))


def test_the_workbook_has_the_time_of_the_ledger(full: Path, exported: Export) -> None:
    core = Book(exported(full, "result.xlsx")).parts["docProps/core.xml"].decode()
    assert set(re.findall(r">([\d-]+T[\d:]+Z)<", core)) == {"2027-01-15T08:09:00Z"}


def test_a_rehearsal_says_so(tmp_path: Path, exported: Export) -> None:
    path = held(tmp_path / "v.votes", audience(20), replace(CONTEST, rehearsal=True))
    assert ["REHEARSAL, not a real vote"] in Book(exported(path, "result.xlsx")).rows("Result")
