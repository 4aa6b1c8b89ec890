"""The look of an overlay, as its URL sets it; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VALUES: dict[str, tuple[str, ...]] = {
    "view": ("bars", "lower", "ticker", "number"),
    "side": ("right", "left"),
    "theme": ("dark", "light"),
    "show": ("all", "percent", "votes"),
    "key": ("none", "green", "blue", "magenta"),
    "size": ("100", "75", "125", "150", "200"),
    "qr": ("yes", "no"),
    "title": ("yes", "no"),
}


@dataclass(frozen=True, slots=True)
class Overlay:
    """One value of VALUES for each name; `choice` is the hashtag for `view=number`."""

    view: str = "bars"
    side: str = "right"
    theme: str = "dark"
    show: str = "all"
    key: str = "none"
    size: str = "100"
    qr: str = "yes"
    title: str = "yes"
    choice: str = ""

    @property
    def classes(self) -> str:
        """The CSS classes of the page's body."""
        names = ("view", "side", "theme", "show", "key", "size", "qr", "title")
        return " ".join(f"{name}-{getattr(self, name)}" for name in names)


def read(query: Mapping[str, str]) -> Overlay:
    """Parse the look from a query. Raises ValueError with a sentence."""
    found: dict[str, str] = {}
    for name, value in query.items():
        if name == "choice":
            found[name] = value[:200].lstrip("#")
        elif name not in VALUES:
            raise ValueError(f"There is no parameter {name[:40]!r}. Use {', '.join(VALUES)}.")
        elif value not in VALUES[name]:
            raise ValueError(f"{name} must be one of {', '.join(VALUES[name])}.")
        else:
            found[name] = value
    return Overlay(**found)
