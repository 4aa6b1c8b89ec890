"""YouTube: the live chat of one video, polled with a key, as fast as YouTube and the quota allow.

A response has what is new since the page token of the previous one; the first has about 75 older
messages. The cursor contains that token, so a page that was not recorded is requested again.
https://developers.google.com/youtube/v3/live/docs/liveChatMessages/list
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec

from twittervotes.core.contest import chat
from twittervotes.core.contest.posts import (
    Ask,
    Deleted,
    Failed,
    Feed,
    Gap,
    Page,
    Post,
    Remedy,
    Source,
)
from twittervotes.core.contest.words import Chat, Words
from twittervotes.sources._common import Trouble
from twittervotes.sources.chat_votes import Votes
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.plugin import KeySetting, SourcePlugin
from twittervotes.sources.youtube import decode, errors, quota
from twittervotes.sources.youtube.archive import reads
from twittervotes.sources.youtube.decode import NETWORK, DecodedChat
from twittervotes.sources.youtube.errors import CHECK_VIDEO

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.network.http import Response

VIDEO: Final = re.compile("[A-Za-z0-9_-]{11}")
IN_ADDRESS: Final = re.compile(r"(?:[?&]v=|youtu\.be/|/live/|/embed/)([A-Za-z0-9_-]{11})(?![\w-])")
ADDRESS: Final = re.compile(r"https://[A-Za-z0-9.-]+|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?")
AWAY_MS: Final = 5 * 60_000  # nobody promises how far back such an old token goes
HISTORY: Final = 60  # items; a first response with more may not begin where the chat does
LONGEST_WAIT_S: Final = 15.0
MOST_A_PAGE: Final = 2000
MISSED: Final = "YouTube no longer hands out what was written then."


class _Details(msgspec.Struct):
    chat: str | None = msgspec.field(name="activeLiveChatId", default=None)


class _Video(msgspec.Struct):
    details: _Details | None = msgspec.field(name="liveStreamingDetails", default=None)


class _Videos(msgspec.Struct):
    items: list[_Video]


class TroubleError(Exception):
    """The response isn't a page."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class YouTubeSettings:
    """The `youtube:` section of the configuration."""

    video: str = ""  # the video's ID or URL
    key: str = field(default="", repr=False)  # an API key of your own project
    quota: int = quota.USUAL  # units per day
    api_url: str = "https://www.googleapis.com"

    def __post_init__(self) -> None:
        if self.video and not _video(self.video):
            raise ValueError("video must be a video's address, or its id of 11 characters.")
        if self.quota < 10:
            raise ValueError("quota must be a number of units, such as 10000.")
        if not ADDRESS.fullmatch(self.api_url):
            raise ValueError("api_url must be an address such as https://www.googleapis.com.")


@dataclass(slots=True)
class _State:
    """What a worker process knows of a chat between two pages."""

    chat: str = ""
    used: int = 0  # units
    wait_until: float = 0.0  # by a steady clock; YouTube doesn't want requests before
    interval_s: float = 0.0
    is_over: bool = False
    votes: Votes = field(default_factory=Votes)


_states: dict[str, _State] = {}  # of a worker process, by the source's name


@dataclass(frozen=True, slots=True)
class YouTube:
    """The live chat of one video. `words` are pairs of a folded word and the tag it's stored as."""

    video: str
    key: str = field(repr=False)
    words: tuple[tuple[str, str], ...]
    chat: Chat = field(default_factory=Chat)
    units: int = quota.USUAL
    api_url: str = "https://www.googleapis.com"
    label: str = ""  # its name, if not the usual one
    network: str = NETWORK
    complete: bool = False  # a message held for review may be skipped

    @property
    def name(self) -> str:
        """The name of the source: the network and the video."""
        return self.label or f"{NETWORK}:{self.video}"

    def feeds(self, _: Contest) -> tuple[Feed, ...]:
        """Return one feed, the whole chat, with the words to look for."""
        words = " ".join(tag for _, tag in self.words)
        return (Feed("chat", f"{words} in {self.video}"),)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Request what is new, no sooner than YouTube wants."""
        from twittervotes.network import http

        state = _states.setdefault(self.name, _State())
        at = _Place.of(ask.since or ask.left_at, ask)
        if state.is_over:
            return Page(self.name, ask, (), newest=str(at), reached=True, gaps_stay=True)
        time.sleep(min(LONGEST_WAIT_S, max(0.0, state.wait_until - time.monotonic())))
        now_ms = ask.today_ms or time.time_ns() // 1_000_000
        try:
            return self._page(ask, state, at, now_ms)
        except http.NetworkError as error:
            return Failed(self.name, ask, Remedy.RETRY, str(error), "Check the network.")
        except TroubleError as error:
            return self._failed(ask, state, error.trouble, now_ms)
        except UNREADABLE:
            words = "The answer of YouTube was not a page of messages."
            return self._failed(ask, state, Trouble(Remedy.RETRY, words, CHECK_VIDEO), now_ms)

    def _page(self, ask: Ask, state: _State, at: _Place, now_ms: int) -> Page:
        if not state.chat:
            state.chat = self._find(state)
        token = at.token if at.chat == state.chat else ""
        response = self._listed(state, token)
        if response.status != 200 and token and errors.reason(response) in errors.LOST:
            token = ""
            response = self._listed(state, token)
        if errors.reason(response) == "liveChatEnded":
            state.is_over = True
            ended = () if at.token else (Gap(at.read_ms, now_ms, MISSED),)
            return self._answer(ask, state, at, DecodedChat(), ended, now_ms)
        if response.status == 404:
            state.chat = ""  # a restarted stream has another one
        if response.status != 200:
            raise TroubleError(errors.trouble(response))
        answer = decode.decode_answer(response.body)
        found = decode.found_in(answer.items, Words(dict(self.words), self.chat))
        state.interval_s = min(LONGEST_WAIT_S, max(0, answer.polling_interval_millis) / 1000)
        state.wait_until = time.monotonic() + state.interval_s
        state.is_over = found.is_over or answer.offline_at is not None
        if not token:
            gaps = _missed(answer, found, at, ask, now_ms)
        elif now_ms - at.read_ms > AWAY_MS:  # e.g. because the quota was used up
            gaps = (Gap(at.read_ms, max(at.read_ms, found.first_ms or now_ms), MISSED),)
        else:
            gaps = ()
        place = _Place(now_ms, state.chat, answer.next_page_token or token)
        if token:
            found.news += _emptied(found.posts, state.votes, at.read_ms)
        return self._answer(ask, state, place, found, gaps, now_ms, response.ahead_ms)

    def _answer(
        self,
        ask: Ask,
        state: _State,
        place: _Place,
        found: DecodedChat,
        gaps: tuple[Gap, ...],
        now_ms: int,
        ahead_ms: int | None = None,
    ) -> Page:
        posts: dict[Post, None] = {}
        news = list(found.news)
        for post in found.posts:
            before = state.votes.get(post.key)
            if before is not None and before.tags != post.tags:  # its text was removed
                news.append(Deleted(NETWORK, post.key))
            elif post.tags and before is None:
                state.votes.put(post)
                posts[post] = None
        for each in news:
            posts.update(dict.fromkeys(state.votes.withdrawn(each)))
        return Page(
            self.name,
            ask,
            tuple(posts),
            newest=str(place),
            reached=True,
            quota=quota.left(self.units, state.used, now_ms),
            bad=tuple(dict.fromkeys(found.bad))[:20],
            gaps=gaps,
            ahead_ms=ahead_ms,
            news=tuple(dict.fromkeys(news)),
            gaps_stay=True,
        )

    def _find(self, state: _State) -> str:
        """Return the ID of the chat."""
        response = self._got(
            state, quota.FIND, "videos", part="liveStreamingDetails", id=self.video
        )
        if response.status != 200:
            raise TroubleError(errors.trouble(response))
        videos = msgspec.json.decode(response.body, type=_Videos).items
        if not videos:
            words = f"YouTube has no video {self.video}."
            raise TroubleError(Trouble(Remedy.STOP, words, CHECK_VIDEO))
        details = videos[0].details
        if details is None or not details.chat:
            words = f"The video {self.video} has no live chat now."
            raise TroubleError(Trouble(Remedy.RETRY, words, "Start the stream, or check video."))
        return details.chat

    def _listed(self, state: _State, token: str) -> Response:
        said = {"liveChatId": state.chat, "part": "id,snippet,authorDetails"}
        said["maxResults"] = str(MOST_A_PAGE)
        if token:
            said["pageToken"] = token
        return self._got(state, quota.LIST, "liveChat/messages", **said)

    def _got(self, state: _State, cost: int, path: str, **parameters: str) -> Response:
        from twittervotes.network import http

        state.used += cost
        query = urlencode({**parameters, "key": self.key})
        return http.get(f"{self.api_url}/youtube/v3/{path}?{query}")

    def _failed(self, ask: Ask, state: _State, trouble: Trouble, now_ms: int) -> Failed:
        found = quota.left(self.units, state.used, now_ms)
        wait = None
        if trouble.remedy is Remedy.WAIT:
            wait = found.reset_in_ms
            state.used = 0
        elif "too fast" in trouble.message:
            wait = int(2000 * max(1.0, state.interval_s))
        return Failed(self.name, ask, trouble.remedy, trouble.message, trouble.advice, wait)


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a chat has been read: when, which chat, and the token of the next page."""

    read_ms: int
    chat: str = ""
    token: str = ""

    @classmethod
    def of(cls, cursor: str, ask: Ask) -> _Place:
        read, _, rest = cursor.partition(" ")
        found, _, token = rest.partition(" ")
        if not (read.isascii() and read.isdigit()):
            return cls(max(ask.opens_ms, ask.read_ms))
        return cls(int(read), found, token)

    def __str__(self) -> str:
        return f"{self.read_ms} {self.chat} {self.token}" if self.chat else ""


def _emptied(posts: list[Post], votes: Votes, read_ms: int) -> list[Deleted]:
    """Return messages that were read before, perhaps by another process, and say nothing now.

    The ledger knows whether one of them was a vote.
    """
    return [
        Deleted(NETWORK, post.key)
        for post in posts
        if not post.tags and post.at_ms < read_ms and votes.get(post.key) is None
    ]


def _missed(
    answer: decode.ChatAnswer, found: DecodedChat, at: _Place, ask: Ask, now_ms: int
) -> tuple[Gap, ...]:
    """Return what a response without a token omits, as far back as the chat should be read."""
    from_ms = max(at.read_ms, ask.opens_ms)
    begins_ms = found.first_ms if len(answer.items) >= HISTORY else 0
    if at.token and not answer.items:
        begins_ms = now_ms
    return (Gap(from_ms, begins_ms, MISSED),) if from_ms < begins_ms else ()


def _video(text: str) -> str:
    """Return the ID in an operator's input: an ID or a URL; "" if there is none."""
    text = text.strip()
    if VIDEO.fullmatch(text):
        return text
    found = IN_ADDRESS.search(text)
    return found[1] if found else ""


def _needs(settings: YouTubeSettings) -> tuple[str, ...]:
    needs = []
    if not settings.video:
        needs.append("Set video in the configuration, under youtube: the address of the stream.")
    if not settings.key:
        needs.append("Set key in the configuration, under youtube: an API key, which is free.")
    return tuple(needs)


def _make(settings: YouTubeSettings, contest: Contest) -> tuple[Source, ...]:
    chat.check(contest)
    words = tuple(chat.reader(contest).tags.items())
    video = _video(settings.video)
    return (YouTube(video, settings.key, words, contest.chat, settings.quota, settings.api_url),)


def _price(settings: YouTubeSettings) -> str:
    return quota.words(settings.quota)


PLUGIN = SourcePlugin(
    name=NETWORK,
    summary="The live chat of a YouTube video; needs a free API key, which has a daily quota",
    settings=YouTubeSettings,
    keys=(
        KeySetting("video", "address of the stream", is_secret=False),
        KeySetting("key", "API key"),
    ),
    needs=_needs,
    make=_make,
    reads=reads,
    price=_price,
)
