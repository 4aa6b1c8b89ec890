"""The shipped font: the window draws with it, its figures have one width, its licence is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tkinter.font import Font

import pytest
from hand import Hand, snapshot

from twittervotes.desktop.canvas import fonts
from twittervotes.desktop.canvas.sizes import Sizes


@pytest.mark.parametrize("style", ["text", "bold"])
def test_the_window_draws_with_the_shipped_font(hand: Hand, style: str) -> None:
    font = Sizes(hand.root, 1.0).font(style, 34)
    assert font.actual("family") == fonts.FAMILY
    assert font.actual("weight") == ("bold" if style == "bold" else "normal")


@pytest.mark.parametrize("style", ["text", "bold"])
def test_all_figures_have_one_width(hand: Hand, style: str) -> None:
    font = Sizes(hand.root, 1.0).font(style, 100)
    assert len({font.measure(digit) for digit in "0123456789"}) == 1


def test_bold_is_a_separate_style(hand: Hand) -> None:
    sizes = Sizes(hand.root, 1.0)
    assert sizes.font("bold", 60).measure("Debian") != sizes.font("text", 60).measure("Debian")


def test_the_percentage_on_the_display_is_written_in_it(hand: Hand) -> None:
    hand.show(snapshot(3, 1))
    hand.press("<F11>")
    canvas = hand.window.control.display.canvas
    assert canvas
    hand.until(lambda: hand.text("choice0-percent", canvas))
    item = canvas.find_withtag("choice0-percent")[0]
    font = Font(root=hand.root, name=str(canvas.itemcget(item, "font")), exists=True)
    assert font.actual("family") == fonts.FAMILY


def test_letters_that_the_font_lacks_come_from_another(hand: Hand) -> None:
    assert Sizes(hand.root, 1.0).font("bold", 40).measure("日本") > 40


def test_the_licence_is_beside_the_font() -> None:
    licence = (fonts.FOLDER / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Inter Project Authors" in licence
    assert all(path.is_file() for path in fonts.FILES)


def test_the_window_works_without_its_font(tmp_path: Path) -> None:
    script = """
import tkinter
from pathlib import Path
from twittervotes.desktop.canvas import fonts, sizes
fonts.FILES = (Path("gone.ttf"),)
root = tkinter.Tk()
assert sizes.Sizes(root, 1.0).font("text", 20).actual("family") != fonts.FAMILY
assert not fonts.load()
root.destroy()
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, timeout=60)
