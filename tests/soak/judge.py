"""Compares what the program says in the end with what truly happened, as plainly as can be.

Both ways: what is missing must lie in a gap that is told, and a gap that is told must lie where
something was truly kept back. Nothing of the counting is used but the ledger's own posts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from simulators.everywhere_launcher import RunningEverywhere
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.rehearsal.audience import TweetKind, plain

NETWORKS = {"twitter": "x", "x": "x", "mastodon": "mastodon", "bluesky": "bluesky"}
LATE_MS = 4_500  # a gap is of the time of handing out, which is so much later than the posting,
DISORDER_MS = 6_000  # and a host of Bluesky hands out its posts some seconds out of order


@dataclass(frozen=True)
class Outage:
    """A stretch of time in which a source was truly not given what there was."""

    source: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class Verdict:
    """What the comparison found; `complaints` is empty where the program kept its promises."""

    complaints: tuple[str, ...]
    votes: int
    posts: int
    missing: int
    gaps: int


def milliseconds(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp() * 1000)


def judge(
    result: dict[str, Any],
    ledger: Path,
    stage: RunningEverywhere,
    outages: Sequence[Outage] = (),
    networks: Sequence[str] = ("x", "mastodon", "bluesky"),
) -> Verdict:
    """Compare a result with the truth of its period on the networks that were counted."""
    opens_ms, closes_ms = (milliseconds(result["contest"][end]) for end in ("opens", "closes"))
    gaps = list(_gaps(result))
    seen, posts = _keys(ledger), 0
    missing: list[tuple[str, str, int]] = []
    for network in networks:
        for post in stage.posts()[network]:
            is_vote = post.kind != TweetKind.RETWEET and opens_ms <= post.at_ms < closes_ms
            if is_vote and _names_a_choice(post.tags, result):
                posts += 1
                if (network, post.key) not in seen:
                    missing.append((network, post.key, post.at_ms))
    truth: dict[str, int] = dict.fromkeys(result["contest"]["choices"], 0)
    for network in networks:
        for tag, votes in stage.truth(opens_ms, closes_ms)[network].votes:
            truth[tag] += votes
    counted = {each["choice"]: each["votes"] for each in result["tally"]}
    complaints = [
        f"{network} {key} is missing"
        for network, key, at_ms in missing
        if not any(_is_in(network, at_ms, gap) for gap in gaps)
    ]
    if counted != truth and not gaps:
        complaints.append(f"{counted} was counted, {truth} is true, and no gap is reported")
    if counted != truth and not missing:
        complaints.append(f"{counted} was counted, {truth} is true, and no post is missing")
        complaints += _differing(ledger, stage, networks)
    complaints += [
        f"{gap} is reported, and nothing was withheld there"
        for gap in gaps
        if not any(_is_where(gap, outage) for outage in outages)
    ]
    complaints += [
        f"{outage} is not reported"
        for outage in outages
        if not any(_is_where(gap, outage) for gap in gaps)
    ]
    finding = verify(ledger).finding
    if finding is not None:
        complaints.append(f"the ledger does not verify: {finding}")
    if result["state"] != "provisional":
        complaints.append(f"the vote is {result['state']}, not read to its end")
    return Verdict(tuple(complaints), sum(truth.values()), posts, len(missing), len(gaps))


def _differing(ledger: Path, stage: RunningEverywhere, networks: Sequence[str]) -> Iterator[str]:
    """Tell of posts whose latest version in the ledger is not what they truly are."""
    true = {(network, post.key): post for network in networks for post in stage.posts()[network]}
    for name, versions in _versions(ledger).items():
        latest = max(versions)
        post = true.get(name)
        tags = sorted(set(map(plain, post.tags))) if post else ["gone"]
        seen = ["gone"] if latest[3] == "withdrawn" else sorted(set(map(plain, latest[2].split())))
        if name[0] in networks and seen != tags:
            yield f"{name} is {tags}, and was seen as {versions}"


def _gaps(result: dict[str, Any]) -> Iterator[Outage]:
    for source in result["sources"]:
        for gap in source["gaps"]:
            yield Outage(source["name"], *(milliseconds(gap[end]) for end in ("from", "to")))


def _is_in(network: str, at_ms: int, gap: Outage) -> bool:
    name = gap.source.partition(":")[0].partition("-")[0]
    is_there = gap.from_ms - LATE_MS <= at_ms <= gap.to_ms
    return NETWORKS[name] == network and is_there


def _is_where(gap: Outage, outage: Outage) -> bool:
    return (
        gap.source == outage.source
        and abs(gap.from_ms - outage.from_ms) <= DISORDER_MS
        and abs(gap.to_ms - outage.to_ms) <= DISORDER_MS
    )


def _names_a_choice(tags: Sequence[str], result: dict[str, Any]) -> bool:
    choices = set(map(plain, result["contest"]["choices"]))
    return any(plain(tag) in choices for tag in tags)


def _keys(ledger: Path) -> set[tuple[str, str]]:
    return set(_versions(ledger))


def _versions(ledger: Path) -> dict[tuple[str, str], list[tuple[int, int, str, str, str]]]:
    """Return the versions of every post the ledger holds: revision, time, tags, kind, source."""
    found: dict[tuple[str, str], list[tuple[int, int, str, str, str]]] = {}
    with Reader(ledger) as reader:
        for entry, pages in reader.written():
            for post in (post for page in pages for post in page.posts()):
                version = (post.revision, post.at_ms, post.tags, post.kind, entry.source)
                found.setdefault(post[:2], []).append(version)
    return found
