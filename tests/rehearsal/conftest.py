"""A network without sockets and with a clock that stands still, for tests of what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from twittervotes.rehearsal.answer import HttpAnswer
from twittervotes.rehearsal.settings import Credentials, RehearsalSettings
from twittervotes.rehearsal.twitter import SEARCH, SimulatedTwitter

TAGS = ("Debian", "Ubuntu", "arch")
Q = "#debian OR #ubuntu OR #arch"
KEYS = Credentials("key", "consumer secret", "token", "token secret", "bearer")
NOON_S = 1_800_000_000.0


class Network:
    """A simulated network whose time moves only when a test moves it."""

    def __init__(self, **settings: Any) -> None:
        self.now_s = NOON_S
        usual: dict[str, Any] = {"short": 0.0, "limit": 100_000, "before_s": 60.0}
        self.settings = RehearsalSettings(**(usual | settings))
        self.twitter = SimulatedTwitter(self.settings, TAGS, KEYS, lambda: self.now_s)

    def ask(self, path: str = SEARCH, **params: Any) -> HttpAnswer:
        query = urlencode(params, quote_via=quote)
        return self.twitter.answer("GET", f"{path}?{query}", "127.0.0.1:1", "Bearer bearer")

    def page(self, q: str = Q, **params: Any) -> dict[str, Any]:
        answer = self.ask(q=q, **({"count": 100, "result_type": "recent"} | params))
        assert answer.status == 200, answer
        page: dict[str, Any] = json.loads(answer.body)
        return page

    def whole(self, q: str = Q, **params: Any) -> list[dict[str, Any]]:
        """Read page after page as one should: by the smallest id, until a page is empty."""
        posts: list[dict[str, Any]] = []
        while found := self.page(q, **params)["statuses"]:
            posts += found
            params["max_id"] = min(post["id"] for post in found) - 1
        return posts

    def about(self, what: str, **params: Any) -> Any:
        return json.loads(self.ask(f"/rehearsal/{what}", **params).body)


@pytest.fixture
def network() -> Callable[..., Network]:
    return Network
