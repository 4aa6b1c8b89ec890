"""What the program needs of all that is installed for its checks."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(name: str) -> Iterator[str]:
    """Yield the distributions that one needs, directly or through others."""
    seen, waiting = set[str](), [name]
    while waiting:
        for text in distribution(waiting.pop()).requires or ():
            want = Requirement(text)
            if want.marker and not want.marker.evaluate({"extra": ""}):
                continue
            found = canonicalize_name(want.name)
            if found not in seen:
                seen.add(found)
                waiting.append(found)
                yield found
