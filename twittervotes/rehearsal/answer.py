"""Responses to a client: an answer, or a refusal in the network's own form."""

from __future__ import annotations

import json
from dataclasses import dataclass

from twittervotes.rehearsal.settings import Fault

JSON = "application/json;charset=utf-8"
HTML = "text/html;charset=utf-8"
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One HTTP response; `fault` is what happens to it on the way."""

    status: int
    body: bytes
    headers: Headers = ()
    content_type: str = JSON
    fault: Fault | None = None


class RejectedRequestError(Exception):
    """A request that gets an error: HTTP status, code, message, and how the log counts it."""

    def __init__(self, status: int, code: int, message: str, counts_as: str = "") -> None:
        super().__init__(status, code, message, counts_as)
        self.status, self.code, self.message, self.counts_as = status, code, message, counts_as


def error(status: int, code: int, message: str, headers: Headers = ()) -> HttpAnswer:
    """Return an error in v1.1's form."""
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return HttpAnswer(status, body, headers)
