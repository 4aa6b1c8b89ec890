"""Mastodon's public hashtag timelines, and its live stream if there is a token.

Based on https://docs.joinmastodon.org/methods/timelines/#tag and the server's source code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twittervotes.sources.mastodon.archive import reads
from twittervotes.sources.mastodon.source import Mastodon, MastodonSettings, base_address
from twittervotes.sources.mastodon.stream import Stream
from twittervotes.sources.plugin import SourcePlugin

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Source


def _make(settings: MastodonSettings, contest: Contest) -> tuple[Source, ...]:
    tags = (*contest.tags, *contest.rules.required)
    sources: list[Source] = []
    for number, base in enumerate(settings.bases()):
        host = urlsplit(base).netloc
        name = f"mastodon:{host}" if len(settings.instances) > 1 else "mastodon"
        token = settings.token if number == 0 else ""
        sources.append(Mastodon(base, tags, token, settings.overlap_s * 1000, name))
        if token:
            there = base_address(settings.stream) if settings.stream else ""
            name = f"mastodon-stream:{host}"
            sources.append(Stream(base, contest.tags, tags, token, there, name))
    return tuple(sources)


def _needs(settings: MastodonSettings) -> tuple[str, ...]:
    return () if settings.instances else ("Name an instance: mastodon.instances.",)


PLUGIN = SourcePlugin(
    name="mastodon",
    summary="Mastodon's public hashtag timelines; needs no key",
    settings=MastodonSettings,
    needs=_needs,
    make=_make,
    reads=reads,
)
