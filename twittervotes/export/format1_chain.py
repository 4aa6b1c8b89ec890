"""The chain of a ledger of format 1 as text, as packs of such ledgers contain it.

An entry that would reveal who voted has the SHA-256 of its line instead of its body, which is all
that the digest needs, and in `public` what can be shown.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import format1_chain
from twittervotes.export.format1_redaction import SealedNames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.contest.posts import Post
    from twittervotes.core.counting.parallel import Passed
    from twittervotes.core.counting.result import Plain
    from twittervotes.core.ledger.reader import EntryRow
    from twittervotes.export.redaction import Given

AT_ONCE = 1000  # posts
TELL_EVERY = 10_000  # posts


def lines(given: Given, passed: Passed | None = None) -> Iterator[str]:
    """Yield the lines of all entries, in pieces.

    Raises LedgerError at the first entry that was changed.
    """
    links = _Links(given)
    for entry, pages in given.reader.written():
        posts = [post for page in pages for post in page.posts()]
        yield f"{links.head(entry)[:-1]},"
        yield '"posts":['
        for start in range(0, len(posts), AT_ONCE):
            piece = _json([links.post(post) for post in posts[start : start + AT_ONCE]])[1:-1]
            yield f",{piece}" if start else piece
            if passed and links.seq % TELL_EVERY < AT_ONCE:
                passed(links.seq)
        yield "]}\n"
        links.end()


class _Links:
    """Builds the lines, and computes the digests again meanwhile."""

    seq = 0

    def __init__(self, given: Given) -> None:
        self._given = given
        self._sealed = None if given.with_accounts else SealedNames(given.reader)
        self._digest = format1_chain.START

    def head(self, entry: EntryRow) -> str:
        """Begin an entry; return its part before the posts."""
        line = format1_chain.entry_line(entry.n, entry.kind, entry.source, entry.at_ms, entry.body)
        self._entry, self._line, self._posts_sum = entry, line, hashlib.sha256()
        said: dict[str, Plain] = {
            "n": entry.n,
            "kind": entry.kind,
            "source": entry.source,
            "at_ms": entry.at_ms,
        }
        if self._sealed is None or self._sealed.is_given(entry):
            said["body"] = entry.body
        else:
            said["line_sha256"] = hashlib.sha256(line).hexdigest()
            public = self._sealed.public(entry)
            if public is not None:
                said["public"] = public
        said["digest"] = entry.digest.hex()
        return _json(said)

    def post(self, post: Post) -> list[Plain]:
        """Return the next post of the entry, with its account's seal."""
        self.seq += 1
        entry = self._entry
        line = format1_chain.post_line(
            self.seq, entry.n, entry.source, post, self._given.reader.seal
        )
        values = line.split(b"\t")
        if len(values) != 11 or line.count(b"\n") != 1:
            raise self._damaged()
        self._posts_sum.update(line)
        network, key, _, at_ms, tags, kind, revision, born_ms = post
        sealed = values[5].decode()
        return [self.seq, entry.source, network, key, sealed, at_ms, tags, kind, revision, born_ms]

    def end(self) -> None:
        """End the entry; its digest must match the stored one."""
        line_sum = hashlib.sha256(self._line).digest()
        sums = self._digest + line_sum + self._posts_sum.digest()
        self._digest = hashlib.sha256(sums).digest()
        if self._digest != self._entry.digest:
            raise self._damaged()

    def _damaged(self) -> LedgerError:
        return LedgerError(
            f"{self._given.reader.path} is damaged: entry {self._entry.n} is not as it was"
            " written. `twittervotes verify` shows what was changed."
        )


def _json(value: Plain) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
