"""The colours that an operator chose for choices, as a style sheet; pure.

Inline styles are forbidden on our pages, so each vote with its own colours has a style sheet.
Colours are adjusted as far as necessary to be readable on light and dark backgrounds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twittervotes.presentation.marks import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.board import wire

LIGHT, DARK = ("#ffffff", "#f3f5f8"), ("#1b2027", "#14171c")


def sheet(contest: wire.ContestDocument) -> str:
    """Return the style sheet of a vote; "" if no choice has a colour."""
    wished = [
        (index, choice.colour)
        for index, choice in enumerate(contest.choices)
        if re.fullmatch("#[0-9a-fA-F]{6}", choice.colour)
    ]
    if not wished:
        return ""
    light = "".join(_rules(wished, ":root:root:root", LIGHT))
    dark = "".join(_rules(wished, ":root:root:root:not(.overlay)", DARK))
    overlay = "".join(_rules(wished, ":root:root:root.overlay:not(.theme-light)", DARK))
    return f"{light}{overlay}@media(prefers-color-scheme:dark){{{dark}}}"


def _rules(wished: list[tuple[int, str]], where: str, grounds: tuple[str, ...]) -> Iterator[str]:
    for index, colour in wished:
        yield f"{where} .c{index}{{--c:{readable(colour, *grounds)}}}"
