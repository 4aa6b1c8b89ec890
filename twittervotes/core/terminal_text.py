"""Make text from strangers harmless for a terminal; pure.

A title, a label, a name, a reason or a file name may contain characters that move the cursor, set
the window's title or reverse the writing direction. All printed text goes through here.
"""

from __future__ import annotations

import json

JOINERS = "\u200c\u200d"  # not printable, but parts of words and of emoji
UNSEEN = "\ufffd"


def harmless(text: str, *, keep: str = "") -> str:
    """Return `text` with a placeholder for each character that isn't printable.

    Args:
        text: The text to print.
        keep: Characters to leave unchanged, such as line ends.
    """
    return text.translate(dict.fromkeys(_unprintable(text, keep), UNSEEN))


def json_text(value: object) -> str:
    """Return `value` as readable JSON, with unprintable characters escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    escapes = {number: json.dumps(chr(number))[1:-1] for number in _unprintable(text, "\n")}
    return f"{text.translate(escapes)}\n"


def _unprintable(text: str, keep: str) -> list[int]:
    return [
        ord(sign) for sign in set(text) if not sign.isprintable() and sign not in JOINERS + keep
    ]
