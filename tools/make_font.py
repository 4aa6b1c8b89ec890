"""Make the window's fonts from Inter's variable font.

Needs fontTools, which the project does not otherwise use:

    pip install fonttools fontpkg-inter
    python tools/make_font.py "…/fontpkg_inter/files/Inter[opsz,wght].ttf"

Tk doesn't support OpenType features, so the tabular figures replace the default ones. The layout
tables are dropped, because only some systems apply them and the text's width would differ.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FOLDER = Path(__file__).resolve().parent.parent / "twittervotes" / "fonts"
FAMILY = "Inter Tabular"
STYLES = {"Regular": (500, 18, 400), "Bold": (690, 28, 700)}  # weight, optical size, weight class
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SCRIPTS = (  # Latin, Greek, Cyrillic; punctuation, currencies, arrows, signs
    (0x20, 0x52F),
    (0x1E00, 0x1FFF),
    (0x2000, 0x206F),
    (0x20A0, 0x20BF),
    (0x2100, 0x218F),
    (0x2190, 0x21FF),
    (0x2200, 0x22FF),
    (0x25A0, 0x25FF),
    (0x2713, 0x2717),
)


def made(source: Path, style: str) -> TTFont:
    """Return one style as a static font."""
    weight, optical_size, weight_class = STYLES[style]
    font = instantiateVariableFont(TTFont(source), {"wght": weight, "opsz": optical_size})
    characters = {code for first, last in SCRIPTS for code in range(first, last + 1)}
    for table in font["cmap"].tables:
        for number, digit in enumerate(DIGITS):
            if ord("0") + number in table.cmap:
                table.cmap[ord("0") + number] = f"{digit}.tf"
    options = Options(
        layout_features=[],
        hinting=False,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        drop_tables=["GSUB", "GPOS", "GDEF", "STAT", "MVAR", "HVAR", "avar"],
    )
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font["OS/2"].usWeightClass = weight_class
    bold = style == "Bold"
    font["OS/2"].fsSelection = (font["OS/2"].fsSelection & ~0x61) | (0x20 if bold else 0x40)
    font["head"].macStyle = 1 if bold else 0
    font["name"].names = [name for name in font["name"].names if name.nameID in (0, 5, 13, 14)]
    post_script = f"{FAMILY.replace(' ', '')}-{style}"
    for number, text in (
        (1, FAMILY),
        (2, style),
        (3, f"twittervotes: {post_script}"),
        (4, f"{FAMILY} {style}"),
        (6, post_script),
    ):
        font["name"].setName(text, number, 3, 1, 0x409)
    return font


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    source = parser.parse_args().source
    FOLDER.mkdir(exist_ok=True)
    for style in STYLES:
        made(source, style).save(FOLDER / f"InterTabular-{style}.ttf")


if __name__ == "__main__":
    main()
