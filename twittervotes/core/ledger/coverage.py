"""What several ledgers of one contest have read of each source, and what none of them has; pure.

A period is a gap of the merged ledger only if every ledger that queried the source missed it:
because of a gap, because it began later, or because it ended earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Span = tuple[int, int]

EVER = 2**63
UNREAD = "None of the ledgers covers it."


@dataclass(slots=True)
class Cover:
    """What one ledger has read; call `note` with each of its entries, in order."""

    opens_ms: int
    swept: set[str] = field(default_factory=set)  # the sources that had a final sweep
    _gaps: dict[str, list[tuple[Gap, bool]]] = field(default_factory=dict)  # bool: by the sweep
    _stops: dict[str, tuple[Gap, bool]] = field(default_factory=dict)  # likewise, while not healed
    _read: dict[str, dict[str, int]] = field(default_factory=dict)  # up to when, source and feed
    _feeds: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str, source: str, body: Mapping[str, object]) -> None:
        """Record what an entry says."""
        if kind in ("page", "failed", "source"):
            feeds = self._read.setdefault(source, {})
            if kind == "page":
                read_ms = read_until(body.get("position"))
                feeds[str(body.get("feed"))] = EVER if read_ms is None else read_ms
            queries = body.get("queries")
            if isinstance(queries, list):
                self._feeds[source] = len(queries)
        if kind == "gap":
            from_ms, to_ms = body.get("from_ms"), body.get("to_ms")
            if isinstance(from_ms, int) and isinstance(to_ms, int):
                gap = Gap(from_ms, max(from_ms, to_ms), str(body.get("reason")))
                last = bool(body.get("sweep"))
                if body.get("stopped"):
                    self._stops[source] = gap, last
                else:
                    self._gaps.setdefault(source, []).append((gap, last))
        if kind == "healed":
            self._stops.pop(source, None)
        if kind == "swept":
            self.swept.add(source)

    @property
    def sources(self) -> set[str]:
        """The sources that were queried."""
        return {*self._read, *self._gaps, *self._stops}

    def gaps(self, source: str) -> list[Gap]:
        """Return the gaps that have not been healed."""
        told = [*self._gaps.get(source, []), *filter(None, [self._stops.get(source)])]
        return [gap for gap, last in told if last or source not in self.swept]

    def read_ms(self, source: str) -> int:
        """Return the time up to which every feed of a source was read; EVER if unknown."""
        feeds = self._read.get(source, {})
        if len(feeds) < self._feeds.get(source, 1):
            return self.opens_ms
        return min(feeds.values(), default=self.opens_ms)

    def holes(self, source: str) -> list[Span]:
        """Return the periods in which nothing was read."""
        gaps = [(gap.from_ms, gap.to_ms) for gap in self.gaps(source)]
        return _joined([(-EVER, self.opens_ms), *gaps, (self.read_ms(source), EVER)])


def read_until(position: object) -> int | None:
    """Return the time up to which a page's stored position has read all; None if unknown."""
    read_ms = position.get("read_ms") if isinstance(position, dict) else None
    return read_ms if isinstance(read_ms, int) else None


def gaps(covers: Iterable[Cover], opens_ms: int, ends_ms: int | None) -> list[tuple[str, Gap]]:
    """Return what none of `covers` has read, as gaps with their sources.

    `opens_ms` is when the vote opened. `ends_ms` is when it closed, if everything has been read
    that ever will be; without it, what nobody has read yet is not a gap.
    """
    covers = tuple(covers)
    return [
        (source, gap)
        for source in sorted(set[str]().union(*(cover.sources for cover in covers)))
        for gap in _gaps([c for c in covers if source in c.sources], source, opens_ms, ends_ms)
    ]


def _gaps(covers: Sequence[Cover], source: str, opens_ms: int, ends_ms: int | None) -> list[Gap]:
    found = set()
    for cover in covers:
        others = [other.holes(source) for other in covers if other is not cover]
        for gap in cover.gaps(source):
            for from_ms, to_ms in _common([[(gap.from_ms, gap.to_ms)], *others]):
                if from_ms < to_ms or gap.from_ms == gap.to_ms:
                    found.add(Gap(from_ms, to_ms, gap.reason))
    if ends_ms is None:
        known = (cover.read_ms(source) for cover in covers)
        ends_ms = max((read_ms for read_ms in known if read_ms != EVER), default=opens_ms)
    unread = _common([[(opens_ms, ends_ms)], *(cover.holes(source) for cover in covers)])
    told = _joined((gap.from_ms, gap.to_ms) for gap in found)
    found.update(Gap(*span, UNREAD) for span in _common([unread, _between(told)]) if _lasts(span))
    return sorted(found, key=lambda gap: (gap.from_ms, gap.to_ms, gap.reason))


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Sort periods, and merge those that touch."""
    joined: list[Span] = []
    for from_ms, to_ms in sorted(spans):
        if joined and from_ms <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], to_ms)
        else:
            joined.append((from_ms, to_ms))
    return joined


def _common(several: Sequence[Sequence[Span]]) -> list[Span]:
    """Return the intersection of all, each given in order; the boundaries follow the first."""
    common, *others = several
    for other in others:
        common = [
            (max(one[0], two[0]), min(one[1], two[1])) for one, two in _meeting(common, other)
        ]
    return list(common)


def _meeting(one: Sequence[Span], other: Sequence[Span]) -> Iterable[tuple[Span, Span]]:
    """Return the pairs that overlap."""
    i = j = 0
    while i < len(one) and j < len(other):
        if max(one[i][0], other[j][0]) <= min(one[i][1], other[j][1]):
            yield one[i], other[j]
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1


def _between(spans: Sequence[Span]) -> list[Span]:
    """Return the time outside all `spans`."""
    edges = [-EVER, *(edge for span in spans for edge in span), EVER]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _lasts(span: Span) -> bool:
    return span[0] < span[1]
