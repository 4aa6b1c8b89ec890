"""The ballot page: votes cast on the vote's own page, read from a ballot box.

A box is queried like any network. It delivers every ballot, so the count is exact unless a box was
unreachable or has lost ballots; then there is a gap. docs/ballot.md describes the page. How a token
is sent: https://www.rfc-editor.org/rfc/rfc6750
"""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from twittervotes.core.contest.posts import Ask, Failed, Feed, Gap, Page, Post, Remedy, Source
from twittervotes.sources.plugin import Read, Reading, SourcePlugin
from twittervotes.sources.web import keys
from twittervotes.sources.web.checks import checks
from twittervotes.sources.web.feed import PAGE, FeedAnswer, FeedPlace, linked
from twittervotes.sources.web.network import NAME, UNVERIFIED
from twittervotes.sources.web.settings import WebSettings

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.network.http import Response

NEEDED: Final = ("litestar", "segno", "uvicorn")
ADVICE: Final = "Votes cast meanwhile are kept in the box. See docs/ballot.md."
LOST: Final = "The ballot box no longer has the ballots that it had acknowledged."
STILL_OPEN: Final = "The ballot box still takes ballots."
CONFLICT: Final = 409  # this isn't the box that was read before

_read: dict[str, FeedPlace] = {}  # of a worker process: how far each box has been read

_decode = msgspec.json.Decoder(FeedAnswer).decode


@dataclass(frozen=True, slots=True)
class Web:
    """One ballot box. `required` are the hashtags that every vote of the contest must have."""

    name: str
    url: str
    slug: str
    token: str = field(repr=False)
    required: tuple[str, ...] = ()
    network: str = NAME
    complete: bool = True

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        """Return one feed, all ballots, with the hashtags under which the ledger stores choices."""
        return (Feed("ballots", " ".join((*contest.tags, *contest.rules.required))),)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Request the ballots after those that were read."""
        from twittervotes.network import http

        begin = FeedPlace.of(ask.token or ask.since)
        if ask.sweep and not ask.token:
            begin = FeedPlace(_read.get(self.name, begin).box)
        try:
            page = self._request(ask, begin)
            is_lost = page is None or (begin.box != "" and page.box != begin.box)
            if page is None or is_lost:
                begin = FeedPlace()
                page = self._request(ask, begin)
            if page is None:
                raise ValueError("it refuses to be read from its beginning")
        except http.NetworkError as error:
            return self._failed(ask, str(error), ADVICE)
        except (ValueError, RecursionError) as error:
            return self._failed(ask, f"The ballot box can't be read: {error}.", ADVICE)
        if ask.sweep and not page.more and page.end is None:
            return self._failed(ask, STILL_OPEN, "Check the clock of its machine.")
        place, is_whole = begin.after(page)
        is_lost = is_lost or not is_whole or _is_another_than_before(self.name, begin, page)
        if is_lost or place.seq >= _read.get(self.name, FeedPlace()).seq:
            _read[self.name] = place
        now_ms = ask.today_ms or time.time_ns() // 1_000_000
        return Page(
            self.name,
            ask,
            tuple(self._post(row.key, row.voter, row.choice, row.at_ms) for row in page.rows),
            newest=str(place),
            token=str(place) if page.more else "",
            reached=not page.more,
            gaps=(Gap(ask.opens_ms, now_ms, LOST),) if is_lost else (),
            gaps_stay=True,
            ahead_ms=page.now_ms - time.time_ns() // 1_000_000,
        )

    def _request(self, ask: Ask, place: FeedPlace) -> FeedAnswer | None:
        """Return the response after `place`; None if the box has no such place.

        Raises ValueError and NetworkError.
        """
        from twittervotes.network import http

        said = {"after": place.seq, "box": place.box, "link": place.link, "limit": PAGE}
        if ask.closes_ms is not None:
            said["closes"] = ask.closes_ms
        where = f"{self.url}/v1/contests/{self.slug}/feed?{urlencode(said)}"
        response = http.get(where, auth=f"Bearer {self.token}")
        return None if response.status == CONFLICT else _answer(response)

    def _post(self, key: str, voter: str, tag: str, at_ms: int) -> Post:
        return Post(NAME, key, voter, at_ms, " ".join((tag, *self.required)))

    def _failed(self, ask: Ask, words: str, advice: str) -> Failed:
        return Failed(self.name, ask, Remedy.RETRY, words, advice)


def _answer(response: Response) -> FeedAnswer:
    if response.status != 200:
        raise ValueError(f"it answered {response.status}")
    try:
        return _decode(response.body)
    except msgspec.MsgspecError:
        raise ValueError("its answer isn't a page of ballots") from None


def _is_another_than_before(name: str, begin: FeedPlace, page: FeedAnswer) -> bool:
    """Return whether a page contradicts what this process has read of the same box."""
    known = _read.get(name)
    if known is None or known.box != page.box or begin.seq > known.seq:
        return False
    until = known.seq - begin.seq
    if until > len(page.rows):
        return not page.more
    link = begin.link
    for row in page.rows[:until]:
        link = linked(link, row.key)
    return link != known.link


def sources(settings: WebSettings, contest: Contest, slug: str) -> tuple[Web, ...]:
    """Return the boxes to query: the one on this machine, and further ones."""
    token = keys.load(settings.key_file).feed_token
    kind = NAME if settings.level == "code" else UNVERIFIED
    own = (kind, f"http://127.0.0.1:{settings.port}")
    others = ((f"{kind}:{urlsplit(box).netloc}", box.rstrip("/")) for box in settings.boxes)
    return tuple(
        Web(name, url, slug, token, contest.rules.required) for name, url in (own, *others)
    )


def _needs(_: WebSettings) -> tuple[str, ...]:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if not missing:
        return ()
    return (
        f"The ballot page needs {' and '.join(missing)}."
        " Install it: pip install 'twittervotes[board]'",
    )


def _make(settings: WebSettings, contest: Contest) -> tuple[Source, ...]:
    return sources(settings, contest, "vote")


def reads(contest: Contest) -> Reading:
    """Return a function that reads a box's responses from files."""

    def read(value: bytes) -> Read | None:
        try:
            answer = _decode(value)
        except (msgspec.MsgspecError, RecursionError):
            return None
        required = contest.rules.required
        return Read(
            tuple(
                Post(NAME, row.key, row.voter, row.at_ms, " ".join((row.choice, *required)))
                for row in answer.rows
            )
        )

    return read


PLUGIN = SourcePlugin(
    name=NAME,
    summary="Ballots cast on the vote's own page, by phone; needs the extra [board]",
    settings=WebSettings,
    needs=_needs,
    make=_make,
    reads=reads,
    checks=checks,
)
