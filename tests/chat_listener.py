"""Asks a source of a chat as the schedule would, and keeps what came."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from patience import until

from twittervotes.core.contest.posts import Ask, Failed, Gap, Page, Post, Source

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Listener:
    """The cursor of a source, and the pages read so far."""

    def __init__(self, source: Source, contest: Contest, opens_ms: int | None = None) -> None:
        self.source = source
        self.contest = contest
        self.opens_ms = now_ms() if opens_ms is None else opens_ms
        self.cursor = ""
        self.pages: list[Page] = []

    def ask(self, **more: object) -> Ask:
        feed = self.source.feeds(self.contest)[0]
        ask = Ask(feed, since=self.cursor, opens_ms=self.opens_ms, today_ms=now_ms())
        return replace(ask, **more)

    def read(self, **more: object) -> Page:
        answer = self.source.fetch(self.ask(**more))
        assert isinstance(answer, Page), answer
        self.cursor = answer.newest
        self.pages.append(answer)
        return answer

    def fail(self) -> Failed:
        answer = self.source.fetch(self.ask())
        assert isinstance(answer, Failed), answer
        return answer

    @property
    def posts(self) -> list[Post]:
        return [post for page in self.pages for post in page.posts]

    @property
    def gaps(self) -> list[Gap]:
        return [gap for page in self.pages for gap in page.gaps]

    @property
    def bad(self) -> list[str]:
        return [each for page in self.pages for each in page.bad]

    def reads_until(self, number: int) -> list[Post]:
        """Read until so many posts have come."""
        until(lambda: len(self.posts) >= number, meanwhile=self.read)
        return self.posts
