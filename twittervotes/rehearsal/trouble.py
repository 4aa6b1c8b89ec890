"""Faults, drawn at random by seed or requested one by one, and their responses."""

from __future__ import annotations

import math
import threading
from collections import deque
from random import Random

from twittervotes.rehearsal.answer import HTML, HttpAnswer, error
from twittervotes.rehearsal.quota import Left
from twittervotes.rehearsal.settings import Fault, RehearsalSettings

EARLY_WAIT_S = 2
OVER_CAPACITY = (
    b"<!DOCTYPE html><html><head><title>Twitter / Over capacity</title></head>"
    b"<body><h1>Twitter is over capacity.</h1></body></html>"
)
PORTAL = b"<!DOCTYPE html><html><body>Please accept the terms of this WLAN.</body></html>"
OLD_SHAPE = b'{"results":[{"id":"1","text":"#old"}],"page":1,"results_per_page":15}'
BAD_POST = (
    b'{"created_at":null,"id":"nine","id_str":null,"full_text":17,"text":{},'
    b'"entities":{"hashtags":"none"},"user":null}'
)


class Troubles:
    """Decides for each search whether and how it fails."""

    def __init__(self, settings: RehearsalSettings) -> None:
        self._chances = settings.faults.chances
        self._rng = Random(f"faults {settings.seed}")  # noqa: S311 - a play, no secret
        self._asked: deque[Fault] = deque()
        self._lock = threading.Lock()

    def ask(self, fault: Fault, times: int) -> None:
        """Make the next searches fail in this way."""
        with self._lock:
            self._asked.extend([fault] * times)

    def next(self) -> Fault | None:
        """Return the next fault: a requested one first, otherwise a random one."""
        with self._lock:
            if self._asked:
                return self._asked.popleft()
            draw = self._rng.random()
            for fault, chance in self._chances:
                draw -= chance
                if draw < 0:
                    return fault
            return None


def instead(fault: Fault | None, left: Left, now_s: float) -> HttpAnswer | None:
    """Return the response of a fault that takes effect before the quota is checked, if any."""
    match fault:
        case Fault.UNAVAILABLE:
            return HttpAnswer(503, OVER_CAPACITY, content_type=HTML)
        case Fault.INTERNAL:
            return error(500, 131, "Internal error")
        case Fault.TOO_MANY:
            early = Left(left.limit, 0, math.ceil(now_s) + EARLY_WAIT_S, allowed=False)
            return error(429, 88, "Rate limit exceeded", early.headers)
        case Fault.CALM:
            return HttpAnswer(420, b"Enhance your calm.", content_type="text/plain")
        case Fault.RESET:
            return HttpAnswer(200, b"", fault=fault)
        case Fault.NOT_JSON:
            return HttpAnswer(200, PORTAL, content_type=HTML)
        case Fault.OTHER_SHAPE:
            return HttpAnswer(200, OLD_SHAPE)
    return None
