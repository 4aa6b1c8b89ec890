"""The acts of a contest as an operator writes them: texts for what an act takes, each read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twittervotes.core.config.duration import moment
from twittervotes.core.contest.act_spec import (
    NumberParameter,
    Parameter,
    TextParameter,
    TimeParameter,
)

if TYPE_CHECKING:
    from twittervotes.core.contest.acts import Act


def put(act: Act, parameter: Parameter, text: str) -> Act:
    """Return `act` with what `text` says.

    Raises ValueError with words that follow the parameter's name ("must be …").
    """
    match parameter:
        case TextParameter():
            return parameter.put(act, text.strip())
        case NumberParameter():
            return parameter.put(act, whole_number(text))
        case TimeParameter():
            return parameter.put(act, moment(text))
        case _:
            raise TypeError(f"{type(parameter).__name__} is no kind of parameter")


def whole_number(text: str) -> int:
    """Read a number of votes with its sign, whichever minus a keyboard gives."""
    if not re.fullmatch("[+-]?[0-9]{1,9}", text := text.strip().replace("\u2212", "-")):
        raise ValueError("must be a whole number, e.g. +3 or -2")
    return int(text)
