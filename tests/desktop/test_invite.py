"""How the display asks for votes: chips, QR code, words, logo, and what it says at the end."""

from __future__ import annotations

import io
import struct
import tkinter as tk
import zlib
from dataclasses import replace
from pathlib import Path
from tkinter.font import Font

import pytest
import segno
from hand import Hand, snapshot
from PIL import Image
from test_display import opened, sized, until_revealed

from twittervotes.core.config.display import DisplaySettings
from twittervotes.core.contest.snapshot import SourceState, SourceStatus, State
from twittervotes.desktop.canvas import logo
from twittervotes.desktop.canvas.qr import qr_code

LINK = "https://votes.example.org/c/distro"
NAMES = ("Debian", "Ubuntu", "Arch")
SOURCES = (
    SourceStatus("mastodon", SourceState.DONE, "done"),
    SourceStatus("twitter", SourceState.POLLING, "polling"),
)


def dressed(hand: Hand, **settings: str) -> None:
    hand.window.dress_display(
        DisplaySettings(**settings),  # type: ignore[arg-type]
        Path(settings.get("logo", ".")).parent,
        link=LINK,
        proof=f"{LINK}/proof",
    )


def font_size(hand: Hand, canvas: tk.Canvas, tag: str) -> int:
    name = str(canvas.itemcget(tag, "font"))
    return -int(Font(root=hand.root, name=name, exists=True).cget("size"))


def test_the_address_is_a_qr_code_beside_the_bars(hand: Hand) -> None:
    dressed(hand)
    hand.show(snapshot(3, 2, 1, labels=NAMES, sources=SOURCES))
    canvas = sized(hand, opened(hand), "1920x1080")
    assert hand.text("invite-title", canvas) == "Scan to vote"
    assert hand.text("invite-address", canvas) == "votes.example.org/c/distro"
    assert hand.text("invite", canvas) == "or post one of the hashtags on Mastodon or X"
    left, top, right, bottom = canvas.bbox("qr")
    assert (left, top, right, bottom) == (1392, 262, 1824, 694)
    over = [
        item
        for item in canvas.find_overlapping(left, top, right, bottom)
        if canvas.type(item) == "text" and canvas.itemcget(item, "state") != "hidden"
    ]
    assert over == [], "nothing lies on the code"


@pytest.mark.parametrize("side", [40, 216, 432])
def test_the_code_has_the_address_at_every_size(side: int) -> None:
    picture = qr_code(LINK, side).convert("L")
    assert picture.size == (side, side)
    made = segno.make(LINK, error="m", micro=False)
    modules = [list(row) for row in made.matrix]
    pixel = side / (len(modules) + 8)
    if pixel < 2:
        return  # a preview; no camera reads it
    whole = side // (len(modules) + 8)
    start = (side - whole * len(modules)) // 2
    seen = [
        [
            picture.getpixel((start + x * whole + whole // 2, start + y * whole + whole // 2)) < 128
            for x in range(len(modules))
        ]
        for y in range(len(modules))
    ]
    assert seen == [[bool(module) for module in row] for row in modules]
    assert picture.crop((0, side // 2, 4 * whole - 1, side // 2 + 1)).getextrema()[0] == 255


def test_without_a_code_the_words_are_large(hand: Hand) -> None:
    hand.show(snapshot(3, 2, 1, labels=NAMES, sources=SOURCES))
    canvas = sized(hand, opened(hand), "1920x1080")
    assert font_size(hand, canvas, "invite") == 52


@pytest.mark.parametrize("count", [2, 3, 8])
def test_hashtag_chips_are_readable_from_afar(hand: Hand, count: int) -> None:
    hand.show(snapshot(*range(count, 0, -1), labels=tuple(f"Name {i}" for i in range(count))))
    canvas = sized(hand, opened(hand), "1920x1080")
    for i in range(count):
        assert hand.text(f"choice{i}-hashtag", canvas) == f"#tag{i}"
        assert font_size(hand, canvas, f"choice{i}-hashtag") >= 28
        chip, text = canvas.bbox(f"choice{i}-chip"), canvas.bbox(f"choice{i}-hashtag")
        assert chip[0] < text[0]
        assert text[2] < chip[2]


def test_with_many_choices_one_hashtag_is_shown_as_an_example(hand: Hand) -> None:
    dressed(hand)
    hand.show(snapshot(*range(30), sources=SOURCES))
    canvas = sized(hand, opened(hand), "1920x1080")
    assert hand.text("invite", canvas) == "or post a hashtag, for instance #tag0"
    assert font_size(hand, canvas, "invite") >= 28


def test_after_the_close_sources_are_ticked_off(hand: Hand) -> None:
    dressed(hand)
    hand.show(snapshot(3, 1, sources=SOURCES))
    canvas = sized(hand, opened(hand), "1280x720")
    hand.show(snapshot(3, 1, labels=("A", "B"), sources=SOURCES, state=State.CLOSING))
    assert canvas.itemcget("qr", "state") == "hidden"
    assert hand.text("choice0-hashtag", canvas) == ""
    assert hand.text("invite-title", canvas) == "Voting has closed"
    texts = hand.texts(canvas)
    assert [text for text in texts if text in ("✓", "…", "complete", "reading")] == [
        "✓",
        "complete",
        "…",
        "reading",
    ]


def test_a_chats_invitation_names_the_word_to_type(hand: Hand) -> None:
    shown = snapshot(3, 1, sources=(SourceStatus("twitch", SourceState.POLLING, "polling"),))
    choices = tuple(replace(each, words=(f"{i}",)) for i, each in enumerate(shown.contest.choices))
    hand.show(replace(shown, contest=replace(shown.contest, choices=choices)))
    canvas = opened(hand)
    assert hand.text("invite", canvas) == "Type 0, for instance, in the chat on Twitch."


@pytest.mark.parametrize(
    ("state", "rehearsal", "wanted"),
    [
        (State.PROVISIONAL, False, "The count is being checked. The final result follows."),
        (State.CERTIFIED, False, "Check it: votes.example.org/c/distro/proof"),
        (State.CERTIFIED, True, ""),
    ],
)
def test_the_result_says_what_follows_or_where_it_can_be_checked(
    hand: Hand, state: State, rehearsal: bool, wanted: str
) -> None:
    dressed(hand)
    hand.show(snapshot(3, 1, state=state, rehearsal=rehearsal))
    canvas = sized(hand, opened(hand), "1280x720")
    until_revealed(hand, canvas)
    assert hand.text("proof", canvas) == wanted
    assert not canvas.find_withtag("qr")


def test_without_an_address_the_result_shows_the_audience_no_digest(hand: Hand) -> None:
    hand.show(snapshot(3, 1, state=State.CERTIFIED))
    canvas = sized(hand, opened(hand), "1280x720")
    until_revealed(hand, canvas)
    assert hand.text("proof", canvas) == ""


def test_the_total_is_small_below_a_result(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    canvas = sized(hand, opened(hand), "1920x1080")
    assert font_size(hand, canvas, "total") == 56
    hand.show(snapshot(3, 1, state=State.CERTIFIED))
    until_revealed(hand, canvas)
    assert font_size(hand, canvas, "total") == 30
    assert canvas.itemcget("total", "fill") != canvas.itemcget("winner", "fill")


@pytest.mark.parametrize("rehearsal", [False, True])
def test_a_hidden_result_is_announced_once_all_is_counted(hand: Hand, rehearsal: bool) -> None:
    sources = tuple(replace(each, doing=SourceState.DONE) for each in SOURCES)
    hand.show(snapshot(3, 1, sources=SOURCES, state=State.CLOSING, rehearsal=rehearsal))
    hand.press("<v>")
    canvas = sized(hand, opened(hand), "1280x720")
    word = "REHEARSAL · CLOSED" if rehearsal else "CLOSED"
    assert hand.text("state", canvas) == word
    assert hand.text("invite", canvas) == "Counting the last votes. The result follows shortly."
    shown = snapshot(3, 1, sources=sources, state=State.PROVISIONAL, rehearsal=rehearsal)
    hand.show(shown)
    assert hand.text("state", canvas) == word
    assert hand.text("invite", canvas) == "Counted. The result follows."
    assert "reading" not in hand.texts(canvas)
    canvas.winfo_toplevel().event_generate("<s>")
    hand.until(lambda: canvas.find_withtag("winner"))
    assert hand.text("state", canvas).endswith("PROVISIONAL RESULT")


@pytest.mark.parametrize(
    ("state", "tag", "wanted"),
    [
        (State.OPEN, "longest", "Longest bar: 33.3% · rounded shares add up to 99.9%"),
        (State.CERTIFIED, "on", "votes · rounded shares add up to 99.9%"),
    ],
)
def test_the_foot_shows_the_sum_of_rounded_shares(
    hand: Hand, state: State, tag: str, wanted: str
) -> None:
    hand.show(snapshot(4, 4, 4, state=state))
    canvas = sized(hand, opened(hand), "1920x1080")
    assert hand.text(tag, canvas) == wanted


def test_shared_places_are_marked_in_the_window(hand: Hand) -> None:
    hand.show(snapshot(4, 4, 1))
    assert [hand.text(f"choice{i}-votes") for i in range(3)] == [
        "=1 · 4 votes",
        "=1 · 4 votes",
        "1 vote",
    ]


def test_the_logo_is_in_the_foot(hand: Hand, tmp_path: Path) -> None:
    Image.new("RGB", (400, 100), "#ff0000").save(tmp_path / "logo.png")
    dressed(hand, logo=str(tmp_path / "logo.png"))
    hand.show(snapshot(3, 1))
    canvas = sized(hand, opened(hand), "1920x1080")
    left, top, right, bottom = canvas.bbox("logo")
    assert (right, bottom - top, right - left) == (1824, 52, 208)
    assert canvas.bbox("longest")[2] <= left


def bomb() -> bytes:
    """Return a PNG that says it has 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sealed = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sealed

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def wide() -> bytes:
    stored = io.BytesIO()
    Image.new("L", (5000, 10)).save(stored, "PNG")
    return stored.getvalue()


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (None, "There is no logo"),
        (b"", "can't be read"),
        (b"<svg onload='x'/>", "can't be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "can't be read"),
        (bomb(), "can't be read"),
        (wide(), "has 5000 x 10 pixels"),
        (wide()[:60], "5000 x 10|can't be read"),
        (b"x" * (logo.MOST_BYTES + 1), "larger than 4 MB"),
    ],
    ids=["gone", "empty", "svg", "postscript", "bomb", "wide", "cut", "large"],
)
def test_a_logo_that_isnt_a_picture_is_refused(
    hand: Hand, tmp_path: Path, content: bytes | None, wanted: str
) -> None:
    path = tmp_path / "logo.png"
    if content is not None:
        path.write_bytes(content)
    said = logo.read(path)
    assert isinstance(said, str)
    assert any(part in said for part in wanted.split("|"))
    dressed(hand, logo=str(path))
    hand.show(snapshot(3, 1))
    assert hand.text("trouble", hand.window.banner) == said
    canvas = opened(hand)
    assert canvas.itemcget("logo", "state") == "hidden"
