"""The distributions that the program needs, out of all that are installed for its checks."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(wanted: str) -> Iterator[str]:
    """Yield the distributions that a requirement needs, directly or indirectly.

    Args:
        wanted: A requirement, such as `twittervotes[board]`.
    """
    seen, waiting = set[str](), [Requirement(wanted)]
    while waiting:
        want = waiting.pop()
        for text in distribution(want.name).requires or ():
            found = Requirement(text)
            extras = ("", *want.extras)
            if found.marker and not any(found.marker.evaluate({"extra": each}) for each in extras):
                continue
            if str(found) not in seen:
                seen.add(str(found))
                waiting.append(found)
                yield canonicalize_name(found.name)
