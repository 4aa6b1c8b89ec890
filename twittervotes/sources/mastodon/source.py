"""Mastodon's public hashtag timelines: no key needed, one request per hashtag and instance.

Knows the network's responses and nothing of schedules, ledgers and views. Based on
https://docs.joinmastodon.org/methods/timelines/#tag and the server's source code.

`paging` decides how a round continues. Links to next pages are not used, because they lack
parameters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from twittervotes.core.contest.posts import Ask, Failed, Feed, Kind, Page, Post, Remedy
from twittervotes.core.contest.versions import found_again, withdrawn
from twittervotes.network.address import is_safe
from twittervotes.sources._common import Trouble, unreachable
from twittervotes.sources.mastodon.decode import (
    UNREADABLE,
    DecodedTimeline,
    id_of,
    listed,
    order,
    read,
    spellings,
)
from twittervotes.sources.mastodon.errors import (
    CLOSED_BY,
    closed,
    says_it_is_gone,
    trouble,
)
from twittervotes.sources.mastodon.paging import DOWN, NEWEST, PageRequest, following
from twittervotes.sources.mastodon.rate_limit import Limits, quota

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twittervotes.core.contest.contest import Contest
    from twittervotes.network.http import Response

LOCAL_ID = re.compile(r"/statuses/([0-9]{1,20})$")  # of a post written on a Mastodon server
PAGE = 40  # the maximum that an instance returns
IF_IT_STAYS = "If this continues, check the name under mastodon.instances."

_limits: dict[str, Limits] = {}  # what a worker has learned about each source


@dataclass(frozen=True, slots=True)
class MastodonSettings:
    """The `mastodon:` section of the configuration."""

    instances: tuple[str, ...] = ("mastodon.social",)  # more servers find more posts
    token: str = field(default="", repr=False)  # of the first instance; enables its live stream
    stream: str = ""  # host of that stream, if it is a different one: it receives the token
    overlap_s: int = 120  # how far each round reads back past the cursor, for late posts

    def __post_init__(self) -> None:
        if self.overlap_s < 0:
            raise ValueError("overlap_s must not be negative.")
        if not (self.token.isascii() and self.token.isprintable()):
            raise ValueError("token contains a character that isn't allowed in a token.")
        bases = self.bases()
        if self.stream:
            base_address(self.stream, "stream")
        if len(set(bases)) < len(bases):
            raise ValueError("instances names the same instance twice.")

    def bases(self) -> tuple[str, ...]:
        """Return the base URLs of the instances."""
        return tuple(map(base_address, self.instances))


@dataclass(frozen=True, slots=True)
class Mastodon:
    """The hashtag timelines of one instance; `tags` are the contest's, as typed."""

    base: str
    tags: tuple[str, ...]
    token: str = field(default="", repr=False)
    overlap_ms: int = 120_000
    name: str = "mastodon"
    network: str = "mastodon"
    complete: bool = False  # an instance has only the posts that have reached it
    at_once: int = 1

    def name_of(self, post: Post, id: str) -> str:  # noqa: A002 - that is what it is
        """Return the ID of a post on this instance: the URI of a post written here contains it."""
        if id:
            return id
        written_here = self.speaks_for(post) and LOCAL_ID.search(post.key)
        return written_here[1] if written_here else ""

    def speaks_for(self, post: Post) -> bool:
        """Return whether the post was written on this instance."""
        return post.network == self.network and host_of(post.key) == self._host().lower()

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        """Return one query per tag: everything that an instance lists for a tag has it."""
        return tuple(Feed(tag, tag) for tag in contest.tags)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Send one request; another only if the response may mean that the timeline is closed."""
        from twittervotes.network import http
        from twittervotes.sources.mastodon import api

        step = PageRequest.of(ask.token)
        try:
            if ask.sought:
                return self._looked_up(ask)
            response = api.get(self.base, self._path(ask, step), self.token)
            self._limits().note(quota(response), paging=step.is_paging)
            if response.status == 200:
                return self._page(ask, step, response)
            return self._refused(ask, step, response)
        except http.NetworkError as error:
            return unreachable(self.name, ask, error)

    def _path(self, ask: Ask, step: PageRequest) -> str:
        parameters = {"limit": str(PAGE)}
        if step.is_paging:
            parameters["max_id" if step.way == DOWN else "min_id"] = step.id
        return f"/api/v1/timelines/tag/{quote(ask.feed.query, safe='')}?{urlencode(parameters)}"

    def _page(self, ask: Ask, step: PageRequest, response: Response) -> Page | Failed:
        try:
            found = listed(response.body, self._spelled(), ask.feed.query)
        except UNREADABLE:
            return self._unusable(ask, "The answer wasn't a list of posts.")
        if found.bad and not found.ids:
            return self._unusable(ask, "None of the posts on the page could be read.")
        if not found.ids and step.way == NEWEST and (refusal := self._is_closed()):
            return self._failed(ask, refusal)
        if step.leads_nowhere(found.ids):
            return self._unusable(ask, "The answer wasn't the requested page.")
        answer = self._answer(ask, step, found, self._following(ask, step, found))
        return replace(answer, ahead_ms=response.ahead_ms)

    def _answer(
        self, ask: Ask, step: PageRequest, found: DecodedTimeline, after: PageRequest | None
    ) -> Page:
        newest = max((*found.ids, ask.since), key=order) if step.way == NEWEST else ""
        goes_on = after is not None and not after.is_overlap(ask)
        return Page(
            source=self.name,
            ask=ask,
            posts=found.posts,
            newest=newest,
            token=after.token() if after else "",
            reached=not goes_on and bool(ask.since),
            quota=self._limits().left(paging=ask.sweep or goes_on),
            bad=found.bad,
            ids=found.post_ids,
        )

    def _following(self, ask: Ask, step: PageRequest, found: DecodedTimeline) -> PageRequest | None:
        """Return the next request; the overlap may use at most half of the limit on paging."""
        after = following(ask, step, found, self.overlap_ms)
        if after is None or not after.is_overlap(ask):
            return after
        left = self._limits().left(paging=True)
        return after if left is None or 2 * left.remaining > left.limit else None

    def _looked_up(self, ask: Ask) -> Page | Failed:
        """Look up one post that the sweep missed: it was edited, deleted or hidden."""
        from twittervotes.sources.mastodon import api

        ((missed, before),) = ask.sought
        response = api.get(self.base, f"/api/v1/statuses/{missed}", self.token)
        self._limits().note(quota(response), paging=False)
        if response.status == 429 or response.status >= 500:
            return self._refused(ask, PageRequest(NEWEST), response)
        posts: tuple[Post, ...] = ()
        bad: tuple[str, ...] = ()
        is_withdrawn = before.kind == Kind.WITHDRAWN
        try:
            if response.status == 200 and (seen := read(response.body, self._spelled())):
                posts = (found_again(seen.post, before) if is_withdrawn else seen.post,)
            elif says_it_is_gone(response.status, response.body) and not is_withdrawn:
                posts = (withdrawn(before),)
        except UNREADABLE as error:
            if id_of(response.body) != missed:
                return self._unusable(ask, "The answer wasn't the requested post.")
            bad = (f"post {missed}: {error}"[:200],)
        if posts and posts[0][:2] != before[:2]:
            posts, bad = (), (f"post {missed}: another post has its id now",)
        left = self._limits().left(paging=False)
        return Page(self.name, ask, posts, quota=left, bad=bad, ids=(missed,) * len(posts))

    def _refused(self, ask: Ask, step: PageRequest, response: Response) -> Failed | Page:
        from twittervotes.sources.mastodon import api

        status, left = response.status, self._limits().left(paging=True)
        if status == 429 and step.is_overlap(ask):  # the round is complete without it
            left = self._limits().left(paging=False)
            return Failed(self.name, ask, Remedy.FINISH, "The overlap was not read.", quota=left)
        asks = status in CLOSED_BY or status == 404
        told = api.instance(self.base) if asks else None
        if status == 404 and told is not None:  # a hashtag that nobody has used there yet
            return Page(self.name, ask, (), reached=bool(ask.since), quota=left)
        found = trouble(self._host(), status, told, signed_in=bool(self.token))
        wait = quota(response) if found.remedy is Remedy.WAIT else None
        return self._failed(ask, found, wait.reset_in_ms if wait else None)

    def _is_closed(self) -> Trouble | None:
        """Return what is wrong if an instance hides its posts behind an empty list."""
        from twittervotes.sources.mastodon import api

        told, signed_in = api.instance(self.base), bool(self.token)
        if told is not None and told.closed(signed_in=signed_in):
            return closed(self._host(), signed_in=signed_in)
        return None

    def _unusable(self, ask: Ask, message: str) -> Failed:
        return self._failed(ask, Trouble(Remedy.RETRY, message, IF_IT_STAYS))

    def _failed(self, ask: Ask, found: Trouble, retry_in_ms: int | None = None) -> Failed:
        left = self._limits().left(paging=PageRequest.of(ask.token).is_paging)
        return Failed(self.name, ask, found.remedy, found.message, found.advice, retry_in_ms, left)

    def _spelled(self) -> Mapping[str, str]:
        return spellings(self.tags)

    def _limits(self) -> Limits:
        return _limits.setdefault(self.name, Limits())

    def _host(self) -> str:
        return urlsplit(self.base).netloc


def host_of(uri: str) -> str:
    """Return the server of a post or account by its URI, "" if there is none."""
    try:
        return urlsplit(uri).netloc.lower()
    except ValueError:
        return ""


def base_address(instance: str, what: str = "an instance") -> str:
    """Return an instance's base URL from its name, or raise ValueError."""
    parts = urlsplit(instance if "://" in instance else f"https://{instance}")
    rest = (parts.path.rstrip("/"), parts.query, parts.fragment, parts.username, parts.password)
    if not is_safe(parts) or any(rest):
        raise ValueError(f"{what} is written as its name alone, such as mastodon.social.")
    return f"{parts.scheme}://{parts.netloc.lower()}"
