"""A simulated X v2 in its own process, as seen from the process that starts it."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from twittervotes.rehearsal.launcher import RunningRehearsal, Script, opened
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.rehearsal.x import XLog
from twittervotes.rehearsal.x_settings import Refusal, SimulatedXSettings


class RunningX(RunningRehearsal):
    """A running simulation of v2, and of v1.1 beside it."""

    @property
    def base(self) -> str:
        """The address that stands for https://api.x.com."""
        return self.url.removesuffix("/1.1/search/tweets.json")

    def x_log(self) -> XLog:
        """Return v2's own statistics of its clients."""
        return msgspec.json.decode(self.call("GET", "x"), type=XLog)

    def refuse_next(self, refusal: Refusal, times: int = 1) -> None:
        """Make the next searches be refused in this way."""
        self.call("POST", f"refuse?{urlencode({'with': refusal.value, 'times': times})}")


def start(
    settings: RehearsalSettings, tags: tuple[str, ...], x: SimulatedXSettings | None = None
) -> RunningX:
    """Start a network whose audience posts about `tags`; raise ConfigError if that fails."""
    return RunningX(*opened(Script(settings, tags, x or SimulatedXSettings())))
