"""A sheet of one-time codes to print and cut up: each ticket has a QR code and the code to type.

As HTML for a browser, as PDF, or as CSV for programs that lay out their own tickets.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import jinja2
import segno

from twittervotes.core.csv_text import cell
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TEMPLATES: Final = Path(__file__).parent / "templates"
QUIET: Final = 4  # modules around a QR code; some phones don't recognise it with less
ACROSS, DOWN = 3, 7  # tickets per page
WIDTH, HEIGHT, MARGIN = 595.28, 841.89, 34.0  # of A4, in points
MOST: Final = 20_000


class Ticket(NamedTuple):
    """One ticket: the code to type, and the URL in its QR code."""

    code: str
    link: str


def tickets(codes: Iterable[str], address: str) -> list[Ticket]:
    """Return the tickets for codes that are used at `address`."""
    return [Ticket(code, f"{address}/{code}") for code in codes]


def encoded(kind: str, found: Sequence[Ticket], address: str) -> bytes:
    """Return the sheet in the format of a file suffix. Raises ConfigError."""
    match kind.lower():
        case ".html":
            return _html(found, address).encode()
        case ".pdf":
            return _pdf(found, address)
        case ".csv":
            lines = ["code,link", *(f"{cell(each.code)},{cell(each.link)}" for each in found)]
            return ("\r\n".join(lines) + "\r\n").encode()
        case _:
            raise ConfigError("The file's name must end in .html, .pdf or .csv.")


def _html(found: Sequence[Ticket], address: str) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    pictures = (segno.make(each.link, micro=False, error="m") for each in found)
    svgs = [each.svg_inline(border=QUIET, omitsize=True, light="#fff") for each in pictures]
    template = environment.get_template("sheet.html")
    return template.render(tickets=list(zip(found, svgs, strict=True)), address=_plain(address))


def _pdf(found: Sequence[Ticket], address: str) -> bytes:
    """Return a PDF as described by ISO 32000, with the fonts that every reader has."""
    size = ACROSS * DOWN
    sheets = [found[start : start + size] for start in range(0, len(found), size)]
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} >>".encode()
        for name in ("Helvetica", "Courier-Bold")
    ]
    kids = []
    for sheet in sheets:
        drawn = zlib.compress(_page(sheet, _plain(address)))
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}]"
            f" /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>"
            f" /Contents {len(objects) + 2} 0 R >>".encode()
        )
        about = b"<< /Length %d /Filter /FlateDecode >>" % len(drawn)
        objects.append(b"%s\nstream\n%s\nendstream" % (about, drawn))
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    file = io.BytesIO()
    file.write(b"%PDF-1.4\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    table = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.writelines(b"%010d 00000 n \n" % place for place in places)
    file.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    file.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return file.getvalue()


def _page(sheet: Sequence[Ticket], address: str) -> bytes:
    wide, high = (WIDTH - 2 * MARGIN) / ACROSS, (HEIGHT - 2 * MARGIN) / DOWN
    lines = ["0.75 G 0.5 w [2 3] 0 d"]
    for number, ticket in enumerate(sheet):
        x = MARGIN + number % ACROSS * wide
        y = HEIGHT - MARGIN - (number // ACROSS + 1) * high
        lines.append(f"{x:.2f} {y:.2f} {wide:.2f} {high:.2f} re S")
        lines += _squares(ticket.link, x + (wide - 78) / 2, y + high - 82, 78)
        lines.append(_text("F2", 12, ticket.code, x + wide / 2, y + 18, 0.6))
        lines.append(_text("F1", 7, address[:48], x + wide / 2, y + 7, 0.5))
    return "\n".join(lines).encode("ascii", "replace")


def _squares(link: str, x: float, y: float, side: float) -> list[str]:
    rows = [
        bytes(row) for row in segno.make(link, micro=False, error="m").matrix_iter(border=QUIET)
    ]
    size = side / len(rows)
    found = ["0 g"]
    for down, row in enumerate(rows):
        top = y + side - (down + 1) * size
        found += [
            f"{x + across * size:.2f} {top:.2f} {size + 0.03:.2f} {size + 0.03:.2f} re"
            for across, is_dark in enumerate(row)
            if is_dark
        ]
    return [*found, "f"]


def _text(font: str, size: int, text: str, middle: float, y: float, wide: float) -> str:
    """Return a line of text; a character is about `wide` times as wide as the font is high."""
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    x = middle - len(text) * size * wide / 2
    return f"BT /{font} {size} Tf {x:.2f} {y:.2f} Td ({escaped}) Tj ET"


def _plain(address: str) -> str:
    return address.partition("://")[2]
