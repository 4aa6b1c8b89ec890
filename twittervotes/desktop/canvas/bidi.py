"""Right-to-left names in visual order, for the one platform whose Tk doesn't do this.

Tk on X11 draws letters from left to right whatever their script, and Arabic letters unjoined. This
is the part of Unicode's Bidirectional Algorithm (UAX #9) and of Arabic shaping that hashtags and
short names need; embeddings and isolates are not supported. Pure.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby

RIGHT, NUMBERS, MARKS = ("R", "AL"), ("EN", "AN"), ("NSM", "BN")
MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
# Letters that join only to the previous letter; all other Arabic letters join on both sides.
JOINS_BEFORE_ONLY = frozenset("ءآأؤإاةدذرزوىٱڈڑژۀۆۇۈۋۍۓە")
NEVER_JOINS = frozenset("ء")


@lru_cache(maxsize=1024)
def visual(text: str) -> str:
    """Return `text` with its characters in visual order, from left to right."""
    if text.isascii() or not any(unicodedata.bidirectional(sign) in RIGHT for sign in text):
        return text
    clusters = _clusters(_shaped(text))
    levels = _levels([cluster[0] for cluster in clusters])
    for level in range(max(levels), 0, -1):
        clusters, levels = _reversed(clusters, levels, level)
    return "".join(
        cluster.translate(MIRRORED) if level % 2 else cluster
        for cluster, level in zip(clusters, levels, strict=True)
    )


def _clusters(text: str) -> list[str]:
    """Split `text` into letters with their combining marks."""
    clusters: list[str] = []
    for sign in text:
        if clusters and unicodedata.bidirectional(sign) in MARKS:
            clusters[-1] += sign
        else:
            clusters.append(sign)
    return clusters


def _levels(signs: list[str]) -> list[int]:
    """Return each character's level: even is left to right, odd is right to left."""
    kinds = [unicodedata.bidirectional(sign) for sign in signs]
    strong = next((kind for kind in kinds if kind in (*RIGHT, "L")), "L")
    base = 1 if strong in RIGHT else 0
    levels: list[int | None] = []
    is_right = bool(base)
    for kind in kinds:
        if kind in (*RIGHT, "L"):
            is_right = kind in RIGHT
            levels.append(1 if is_right else 2 * base)
        elif kind in NUMBERS:
            levels.append(2 if is_right or base else 0)
        else:
            levels.append(None)
    return [_between(levels, i, base) if level is None else level for i, level in enumerate(levels)]


def _between(levels: list[int | None], i: int, base: int) -> int:
    """Return the direction on both sides of a space or sign if they agree, else the base's."""
    before = next((level for level in reversed(levels[:i]) if level is not None), base)
    after = next((level for level in levels[i + 1 :] if level is not None), base)
    # Next to right-to-left letters a number counts as one of them (UAX #9, N1).
    sides = {1 if level else 0 for level in (before, after)} if not base else {before, after}
    return sides.pop() if len(sides) == 1 else base


def _reversed(clusters: list[str], levels: list[int], least: int) -> tuple[list[str], list[int]]:
    """Reverse each run of at least that level."""
    turned: list[tuple[str, int]] = []
    pairs = zip(clusters, levels, strict=True)
    for deep, stretch in groupby(pairs, key=lambda pair: pair[1] >= least):
        run = list(stretch)
        turned += reversed(run) if deep else run
    return [cluster for cluster, _ in turned], [level for _, level in turned]


def _shaped(text: str) -> str:
    """Return `text` with its Arabic letters in their joining forms."""
    shaped = list(text)
    letters = [i for i, sign in enumerate(text) if unicodedata.bidirectional(sign) not in MARKS]
    for place, i in enumerate(letters):
        before = text[letters[place - 1]] if place else ""
        after = text[letters[place + 1]] if place + 1 < len(letters) else ""
        joins_before = _joins_after(before) and _joins_before(text[i])
        joins_after = _joins_after(text[i]) and _joins_before(after)
        form = (
            ("<medial>" if joins_after else "<final>")
            if joins_before
            else ("<initial>" if joins_after else "<isolated>")
        )
        shaped[i] = _forms().get((form, text[i]), text[i])
    return "".join(shaped)


def _joins_before(sign: str) -> bool:
    return ("<final>", sign) in _forms() and sign not in NEVER_JOINS


def _joins_after(sign: str) -> bool:
    return _joins_before(sign) and sign not in JOINS_BEFORE_ONLY


@lru_cache(maxsize=1)
def _forms() -> dict[tuple[str, str], str]:
    """Return the presentation forms of single Arabic letters, as listed by Unicode."""
    forms = {}
    for code in (*range(0xFB50, 0xFBFF), *range(0xFE80, 0xFEF5)):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2:
            forms[parts[0], chr(int(parts[1], 16))] = chr(code)
    return forms
