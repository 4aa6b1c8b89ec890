"""Merges several machines' ledgers of one contest into one.

Whatever the order of the ledgers, and however often one is merged again, posts and tally are the
same. The ledgers stay unchanged; the new one is written beside its place and renamed when complete.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import msgspec

from twittervotes.core.contest.act_kinds import after_all
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.columns import MOST_POSTS
from twittervotes.core.contest.contest import Contest, Rules
from twittervotes.core.contest.posts import Post
from twittervotes.core.errors import ContestError, LedgerError
from twittervotes.core.ledger import aside, implied, readdress
from twittervotes.core.ledger.coverage import Cover, gaps, read_until
from twittervotes.core.ledger.draft import drafted
from twittervotes.core.ledger.reader import EntryRow, Reader
from twittervotes.core.ledger.writer import Entry, Ledger

AT_ONCE = 10_000  # posts and entries per transaction
# The merged ledger has its own.
MADE_ANEW = ("contest", "salt", "act", "curtain", "gap", "healed")

Passed = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge; `left_out` are ledgers that were given twice."""

    contest: Contest
    posts: int
    digest: str
    left_out: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """One entry of a ledger with its posts, and what the ledger has read by then."""

    row: EntryRow
    body: dict[str, object]
    posts: tuple[Post, ...]
    cover: Cover


def merge(out: Path, files: Sequence[Path], passed: Passed | None = None) -> Merged:
    """Create the ledger `out` from `files`; raise ContestError or LedgerError."""
    with drafted(out) as draft, ExitStack() as opened:
        readers: dict[str, Reader] = {}
        left_out = []
        for file in files:
            reader = opened.enter_context(Reader(file))
            if readers.setdefault(reader.digest, reader) is not reader:
                left_out.append(file)
        contest = _one_contest(list(readers.values()))
        digest, posts = _write(draft, contest, list(readers.values()), passed)
    return Merged(contest, posts, digest, tuple(left_out))


def contest_of(readers: Sequence[Reader]) -> tuple[Contest, tuple[Act, ...]]:
    """Return the contest that a merge of ledgers would have, and its acts."""
    contest = _one_contest(readers)
    done = _acts(readers, contest)
    return after_all(contest, done), tuple(done)


def _one_contest(readers: Sequence[Reader]) -> Contest:
    """Return the contest that was created first, if all are the same.

    One whose opening somebody chose takes precedence over those whose opening follows their posts.
    """
    first = min(readers, key=_beginning)
    ends = implied.as_chosen(first.laid_down, first.acts).closes_ms
    for reader in readers:
        said = _difference(*(readdress.contest(each.laid_down) for each in (readers[0], reader)))
        opens_ms = None if implied.opens_with_posts(reader.acts) else reader.laid_down.opens_ms
        if ends is not None and opens_ms is not None and opens_ms >= ends:
            said = said or "one had closed before the other opened"
        if said:
            one = first if reader is readers[0] else readers[0]
            raise ContestError(f"{one.path} and {reader.path} hold different votes: {said}.")
    return readdress.contest(first.laid_down)


def _beginning(reader: Reader) -> tuple[bool, int, int, str]:
    contest = reader.laid_down
    opens_ms = contest.opens_ms
    closes_ms = 2**63 if contest.closes_ms is None else contest.closes_ms
    if implied.opens_with_posts(reader.acts):  # somebody may have chosen its end
        return True, closes_ms, opens_ms, repr(contest)
    return False, opens_ms, closes_ms, repr(contest)


def _difference(one: Contest, other: Contest) -> str:
    """Say why two contests aren't the same; "" if they are."""
    if one.rehearsal != other.rehearsal:
        return "one is a rehearsal and one is real"
    if _choices(one) != _choices(other):
        return f"the choices are {_in_words(one)}, and {_in_words(other)}"
    if one.chat != other.chat:
        return "chat messages are read in different ways"
    for each in fields(Rules):
        values = [getattr(contest.rules, each.name) for contest in (one, other)]
        if values[0] != values[1]:
            return f"the rule {each.name} is {values[0]!s} in one, and {values[1]!s} in the other"
    return ""


def _choices(contest: Contest) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    return {
        (choice.tag, frozenset(choice.aliases), frozenset(choice.words))
        for choice in contest.choices
    }


def _in_words(contest: Contest) -> str:
    return " ".join(
        f"#{choice.tag}"
        + "".join(f" (or #{alias})" for alias in choice.aliases)
        + "".join(f" (or {word})" for word in choice.words)
        for choice in contest.choices
    )


def _write(
    draft: Path, contest: Contest, readers: Sequence[Reader], passed: Passed | None
) -> tuple[str, int]:
    """Write the merged ledger; return its digest and its number of rows of posts."""
    covers = [Cover(reader.contest.opens_ms) for reader in readers]
    began_ms = min(next(reader.chain()).at_ms for reader in readers)
    ends_at_ms = max(reader.at_ms for reader in readers)
    nets = {origin.network for reader in readers for origin in reader.sources().values()}
    with Ledger.create(draft, contest, began_ms, nets) as ledger:  # acts before sources
        for act in _acts(readers, contest):
            ledger.act(act)
        streams = map(_written, readers, covers)
        together = heapq.merge(*streams, key=lambda written: written.row.at_ms)
        posts = _copy(ledger, together, passed)
        settled = any(act.does is ActKind.SETTLED for act in ledger.acts)
        ends_ms = ledger.contest.closes_ms if settled else None
        swept = set[str]().union(*(cover.swept for cover in covers))
        lost = [
            Entry("gap", source, {**asdict(gap), "sweep": settled or source in swept})
            for source, gap in gaps(covers, ledger.contest.opens_ms, ends_ms)
            if not implied.is_archive(source)  # an import has no period that it should have read
        ]
        ledger.append(
            lost
            + [_origin(reader) for reader in sorted(readers, key=lambda reader: reader.digest)],
            ends_at_ms,
        )
        posts += sum(sum(changed.new) for changed in aside.apply(ledger, ends_at_ms))
        return ledger.digest, posts


def _written(reader: Reader, cover: Cover) -> Iterator[Written]:
    for row, pages in reader.written():
        posts = tuple(post for page in pages for post in page.posts())
        yield Written(row, _body(reader, row), readdress.posts(posts), cover)


def _acts(readers: Sequence[Reader], contest: Contest) -> list[Act]:
    """Return all acts, each once, in the order of time; the merged ledger is not certified."""
    done = _in_order(
        readdress.act(act)
        for reader in readers
        for act in reader.acts
        if not implied.is_implied(act)
    )
    books = [implied.Book(reader.contest, reader.acts, reader.sources()) for reader in readers]
    return _in_order([*done, *implied.together(books, implied.as_chosen(contest, done))])


def _in_order(acts: Iterable[Act]) -> list[Act]:
    named = {msgspec.json.encode(act): act for act in acts if act.does is not ActKind.CERTIFIED}
    return [act for _, act in sorted(named.items(), key=lambda item: (item[1].at_ms, item[0]))]


def _origin(reader: Reader) -> Entry:
    """Return the entry that says which ledger was merged."""
    return Entry("merged", "", {"digest": reader.digest, "entries": reader.entries})


def _copy(ledger: Ledger, together: Iterable[Written], passed: Passed | None) -> int:
    """Write the entries of all ledgers; return the resulting number of rows of posts."""
    furthest: dict[tuple[str, str], tuple[int, object]] = {}
    said: set[tuple[str, str, str]] = set()
    files: dict[str, set[str]] = {}  # the files that imports have read, by source
    batch: list[Entry] = []
    size = read = new = 0
    for written in together:
        row, posts, body = written.row, written.posts, written.body
        written.cover.note(row.kind, row.source, body)
        if row.kind in MADE_ANEW or (row.kind, row.source, row.body) in said:
            continue
        if row.kind == "page":
            body = {**body, "position": _furthest(row.source, body, furthest)}
        elif row.kind != "failed":
            said.add((row.kind, row.source, row.body))
        if row.kind == "source" and implied.is_archive(row.source):
            read_here = body.get("queries")
            known = files.setdefault(row.source, set())
            known.update(map(str, read_here if isinstance(read_here, list) else ()))
            body = {**body, "queries": sorted(known)}
        kept = body.pop("aside", None)
        batch += _entries(row, body, posts, kept)
        size += 1 + len(posts)
        read += len(posts)
        if size >= AT_ONCE:
            new += sum(ledger.append(batch, row.at_ms).new)
            batch, size = [], 0
            if passed:
                passed(read)
    if batch:
        new += sum(ledger.append(batch, row.at_ms).new)
    return new


def _entries(
    row: EntryRow, body: dict[str, object], posts: tuple[Post, ...], aside: object
) -> list[Entry]:
    """Return the new entries for an entry: one of format 1 may have more posts than a page.

    Only the first of several has the parts of the body besides the position.
    """
    ids = _ids(body, posts)
    found = [Entry(row.kind, row.source, body, posts[:MOST_POSTS], ids[:MOST_POSTS], aside)]
    place = {name: value for name, value in body.items() if name in ("feed", "position")}
    for at in range(MOST_POSTS, len(posts), MOST_POSTS):
        part = slice(at, at + MOST_POSTS)
        found.append(Entry(row.kind, row.source, place, posts[part], ids[part]))
    return found


def _ids(body: dict[str, object], posts: tuple[Post, ...]) -> tuple[str, ...]:
    """Take the IDs of its posts out of a page's body, and return those of the rows written."""
    told = body.pop("ids", None)
    if not isinstance(told, list) or len(told) != len(posts):
        return ()
    return tuple(each if isinstance(each, str) else "" for each in told)


def _body(reader: Reader, row: EntryRow) -> dict[str, object]:
    try:
        return dict(reader.whole(row))
    except LedgerError as error:
        raise LedgerError(f"Entry {row.n} of a ledger is damaged. Nothing was merged.") from error


def _furthest(
    source: str, body: dict[str, object], furthest: dict[tuple[str, str], tuple[int, object]]
) -> object:
    """Return the position after a page: that of the ledger that has read furthest."""
    position, name = body.get("position"), (source, str(body.get("feed")))
    read_ms = read_until(position)
    if read_ms is None:
        return position
    if name not in furthest or read_ms >= furthest[name][0]:
        furthest[name] = read_ms, position
    return furthest[name][1]
