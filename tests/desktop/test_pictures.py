"""Pictures of choices: chosen and checked in the form, kept beside the vote, on the display."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hand import Hand, snapshot
from PIL import Image
from test_display import opened, sized
from test_invite import bomb, wide
from test_start import Asker
from test_start import asker as asker  # a fixture

from twittervotes.core.contest.contest import Choice
from twittervotes.core.contest.snapshot import State
from twittervotes.core.errors import ConfigError
from twittervotes.desktop.canvas import pictures
from twittervotes.desktop.canvas.logo import MOST_BYTES
from twittervotes.desktop.start_page import choices as table

RED = (200, 16, 32)
CHOICES = (Choice("tag0"), Choice("tag1"))


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (300, 200), RED).save(path)
    return path


def test_a_stored_picture_is_reencoded_as_a_square(red: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "one.votes"
    pictures.keep(ledger, CHOICES, {"tag1": red})
    assert [path.name for path in (tmp_path / "one-pictures").iterdir()] == ["2.png"]
    with Image.open(tmp_path / "one-pictures" / "2.png") as kept:
        assert (kept.format, kept.size) == ("PNG", (512, 512))
    found = pictures.kept(str(ledger), CHOICES)
    assert list(found) == ["tag1"]
    assert found["tag1"].getpixel((256, 256)) == (*RED, 255)
    assert pictures.kept("", CHOICES) == pictures.kept(str(tmp_path / "no.votes"), CHOICES) == {}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (None, "There is no picture"),
        (b"", "can't be read"),
        (b"<svg onload='x'/>", "can't be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "can't be read"),
        (bomb(), "can't be read"),
        (wide(), "has 5000 x 10 pixels"),
        (b"x" * (MOST_BYTES + 1), "larger than 4 MB"),
    ],
    ids=["gone", "empty", "svg", "postscript", "bomb", "wide", "large"],
)
def test_a_file_that_isnt_a_picture_is_refused(
    tmp_path: Path, content: bytes | None, wanted: str
) -> None:
    path = tmp_path / "x.png"
    if content is not None:
        path.write_bytes(content)
    said = pictures.read(path)
    assert isinstance(said, str)
    assert wanted in said
    with pytest.raises(ConfigError, match=wanted):
        pictures.keep(tmp_path / "one.votes", CHOICES, {"tag0": path})
    beside = tmp_path / "one-pictures"
    assert not beside.exists()
    if content is not None:
        beside.mkdir()
        (beside / "1.png").write_bytes(content)
        assert pictures.kept(str(tmp_path / "one.votes"), CHOICES) == {}


def test_a_picture_replaces_the_letter_on_the_display(
    hand: Hand, red: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "one.votes"
    pictures.keep(ledger, CHOICES, {"tag0": red})
    shown = snapshot(3, 1, labels=("Debian", "Arch"), ledger=str(ledger))
    hand.show(shown)
    canvas = sized(hand, opened(hand), "1280x720")
    assert canvas.itemcget("choice0-picture", "state") == "normal"
    assert canvas.itemcget("choice1-picture", "state") == "hidden"
    assert "A" not in hand.texts(canvas)
    assert "B" in hand.texts(canvas)
    assert "A" in hand.texts(), "the window keeps letters, as its chart does"
    left, top, right, bottom = canvas.bbox("choice0-picture")
    assert right - left == bottom - top
    badge, middle = canvas.itemcget("choice0-picture", "image"), (right - left) // 2
    assert tuple(map(int, canvas.tk.call(badge, "get", middle, middle))) == RED
    hand.show(replace(shown, state=State.CERTIFIED))
    hand.until(lambda: canvas.find_withtag("winner-picture"))
    hand.until(lambda: canvas.itemcget("winner-picture", "state") == "normal")
    assert "A" not in hand.texts(canvas)
    hand.press("<Control-t>")
    hand.until(lambda: hand.window._look.images.pictures)


def test_a_picture_is_chosen_and_removed_in_the_form(
    asker: Asker, red: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[str] = []
    monkeypatch.setattr(table.filedialog, "askopenfilename", lambda **_: offered.pop())
    asker.open(title="?")
    part = asker.page.hashtags
    part.paste("debian arch")
    asker.hand.root.update()
    offered.append(str(red))
    part.table.lines[0].picture.press()
    badge = part.table.lines[0].badge
    assert badge.find_withtag("picture")
    assert asker.hand.text("letter", badge) == ""
    offered.append("")
    part.table.lines[1].picture.press()
    assert asker.hand.text("letter", part.table.lines[1].badge) == "B"
    asker.start.start()
    assert asker.begun.pop().pictures == (("debian", red),)
    part.table.lines[0].picture.press()
    asker.start.start()
    assert asker.begun.pop().pictures == ()


def test_the_form_refuses_a_file_that_isnt_a_picture(
    asker: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.png").write_bytes(bomb())
    monkeypatch.setattr(table.filedialog, "askopenfilename", lambda **_: str(tmp_path / "x.png"))
    asker.open(title="?")
    part = asker.page.hashtags
    part.paste("debian arch")
    part.table.lines[0].picture.press()
    asker.hand.root.update()
    said = [str(w.cget("text")) for w in part.table.winfo_children() if w.winfo_class() == "Label"]
    assert "The picture x.png can't be read; save it as PNG, JPEG, GIF or WebP." in said
    asker.start.start()
    assert asker.begun.pop().pictures == ()
