"""Colours are readable, and choices are distinguishable without them."""

from __future__ import annotations

import pytest

from twittervotes.core.config.display import DisplaySettings
from twittervotes.desktop.canvas.theme_colours import (
    DARK,
    LIGHT,
    Palette,
    mark,
    palette,
)
from twittervotes.desktop.vote.stage_layout import stage_colours
from twittervotes.presentation.marks import HUES, ON_LIGHT, READABLE, contrast, mix

themes = pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#4c9be8", "#1b2027") == pytest.approx(5.6, abs=0.05)


@themes
def test_text_is_readable_on_every_background(colours: Palette) -> None:
    grounds = (colours.background, colours.panel, colours.watermark)
    for ink in (colours.ink, colours.dim, colours.faint, colours.good, colours.waiting):
        for ground in grounds:
            assert contrast(ink, ground) >= READABLE, (ink, ground)
    assert contrast(colours.danger, colours.background) >= READABLE
    for ink in (colours.ink, colours.dim):
        assert contrast(ink, colours.button) >= READABLE
    for strong in (colours.live, colours.action):
        assert contrast(colours.on_strong, strong) >= READABLE
    for badge in (colours.waiting, colours.good):
        assert contrast(colours.background, badge) >= READABLE


@themes
def test_bars_and_lines_contrast_with_their_backgrounds(colours: Palette) -> None:
    for index in range(50):
        shown = mark(index, colours)
        assert contrast(shown.colour, colours.panel) >= READABLE
        assert contrast(shown.colour, colours.track) >= READABLE
        assert contrast(shown.on_colour, shown.colour) >= READABLE


def test_the_dark_themes_hues_are_unchanged() -> None:
    assert tuple(mark(i, DARK).colour for i in range(8)) == HUES


def test_on_light_the_hues_are_those_of_the_sketch_also_if_they_are_picked() -> None:
    for colours in (LIGHT, stage_colours(LIGHT, DisplaySettings())):
        found = tuple(mark(i, colours).colour for i in range(8))
        picked = tuple(mark(0, colours, hue).colour for hue in HUES)
        assert picked == found
        for colour, wanted in zip(found, ON_LIGHT, strict=True):
            assert contrast(colour, wanted) < 1.15, "hardly darker"


@themes
def test_no_two_of_64_choices_share_colour_and_pattern_or_letter(colours: Palette) -> None:
    marks = [mark(index, colours) for index in range(64)]
    assert len({(shown.colour, shown.pattern) for shown in marks}) == 64
    assert len({(shown.colour, shown.dash) for shown in marks}) == 64
    assert len({shown.letter for shown in marks}) == 64


@pytest.mark.parametrize(
    ("index", "letters"),
    [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (18_277, "ZZZ"), (18_278, "AAAA")],
)
def test_choices_have_letters_like_spreadsheet_columns(index: int, letters: str) -> None:
    assert mark(index, DARK).letter == letters


@themes
def test_an_operators_colour_is_kept_as_far_as_readable(colours: Palette) -> None:
    assert contrast(mark(0, colours, "#20242a").colour, colours.panel) >= READABLE
    assert contrast(mark(0, colours, "#fdfdfd").colour, colours.panel) >= READABLE
    assert mark(0, colours, "no colour") == mark(0, colours)
    assert mark(0, DARK, "#aabbcc").colour == "#aabbcc"


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mix("#102030", "#ffffff", 0) == "#102030"
    assert mix("#102030", "#ffffff", 1) == "#ffffff"
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


def test_an_unknown_theme_is_dark() -> None:
    assert palette("light") is LIGHT
    assert palette("whatever") is DARK
