"""Parse what an operator types for an act."""

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
    """Return `act` with the value that `text` stands for.

    Raises ValueError with a phrase to put after the parameter's name ("must be …").
    """
    match parameter:
        case TextParameter():
            return parameter.put(act, text.strip())
        case NumberParameter():
            return parameter.put(act, whole_number(text))
        case TimeParameter():
            return parameter.put(act, moment(text))
        case _:
            raise TypeError(f"{type(parameter).__name__} isn't a kind of parameter")


def whole_number(text: str) -> int:
    """Parse a signed number of votes, with any of the minus signs that keyboards produce."""
    if not re.fullmatch("[+-]?[0-9]{1,9}", text := text.strip().replace("\u2212", "-")):
        raise ValueError("must be a whole number, e.g. +3 or -2")
    return int(text)
