"""What an instance's refusals mean, and what to do about them.

Instances may close their timelines. They show this by 401, 403 or 422, or by empty lists; only
`/api/v2/instance` says it explicitly: https://docs.joinmastodon.org/entities/Instance/
"""

from __future__ import annotations

import msgspec

from twittervotes.core.contest.posts import Remedy
from twittervotes.sources._common import Trouble
from twittervotes.sources.lenient import Lenient

ELSEWHERE = "Give it the token of an account there (mastodon.token), or use another instance."
TOKEN = "Check mastodon.token: it needs the scope read:statuses, and belongs to the first instance."  # noqa: S105 - a sentence
TAKE_OUT = "Check the name under mastodon.instances, or remove it."
OPEN, SIGNED_IN, DISABLED = "public", "authenticated", "disabled"
CLOSED_BY = (401, 403, 422)


class _Urls(msgspec.Struct):
    streaming: str = ""


class _Feeds(msgspec.Struct):
    local: str = OPEN
    remote: str = OPEN


class _Access(msgspec.Struct):
    hashtag_feeds: _Feeds = msgspec.field(default_factory=_Feeds)


class _Configuration(msgspec.Struct):
    urls: _Urls = msgspec.field(default_factory=_Urls)
    timelines_access: _Access = msgspec.field(default_factory=_Access)


class Instance(msgspec.Struct):
    """An instance's description of itself, as far as it matters here."""

    configuration: _Configuration = msgspec.field(default_factory=_Configuration)

    @property
    def streaming(self) -> str:
        """The address of its stream."""
        return self.configuration.urls.streaming

    def closed(self, *, signed_in: bool) -> bool:
        """Return whether its hashtag timelines are closed to us, partly or fully."""
        feeds = self.configuration.timelines_access.hashtag_feeds
        levels = (feeds.local, feeds.remote)
        return DISABLED in levels or (SIGNED_IN in levels and not signed_in)


class _Error(msgspec.Struct):
    error: str


decode_instance = Lenient(Instance)


def says_it_is_gone(status: int, body: bytes) -> bool:
    """Return whether the instance itself says so, and not something in front of it."""
    try:
        msgspec.json.decode(body, type=_Error)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return status in (404, 410)


def closed(host: str, *, signed_in: bool) -> Trouble:
    """Explain that an instance shows its timelines only to others."""
    if signed_in:
        message = f"{host} doesn't show its hashtag timelines to this account."
        return Trouble(Remedy.STOP, message, "Use another instance.")
    message = f"{host} shows its hashtag timelines only to signed-in users."
    return Trouble(Remedy.STOP, message, ELSEWHERE)


def trouble(host: str, status: int, instance: Instance | None, *, signed_in: bool) -> Trouble:
    """Explain a response other than 200; `instance` is None if unknown."""
    told = f"{host} answered {status}"
    match status:
        case 429:
            return Trouble(Remedy.WAIT, f"The quota of {host} is used up.")
        case 401 | 403 | 422 if instance is not None and instance.closed(signed_in=signed_in):
            return closed(host, signed_in=signed_in)
        case 401 | 403 if signed_in:
            return Trouble(Remedy.STOP, f"{told}: it rejected the token.", TOKEN)
        case 401 | 403 | 422:
            return closed(host, signed_in=signed_in)
        case 404 if instance is None:
            message = f"{told}: it isn't a Mastodon instance, or hides that it is."
            return Trouble(Remedy.STOP, message, TAKE_OUT)
        case 410:
            return Trouble(Remedy.STOP, f"{told}: the instance is gone.", TAKE_OUT)
        case 301 | 308:
            message = f"{told}: the instance has moved to another address."
            advice = "Open it in a browser, and configure the address it leads to."
            return Trouble(Remedy.STOP, message, advice)
        case 400:
            message = f"{told}: it rejected the request as invalid."
            return Trouble(Remedy.STOP, message, "Check the hashtags and mastodon.instances.")
        case _:
            return Trouble(Remedy.RETRY, f"{host} is having problems (HTTP {status}).")
