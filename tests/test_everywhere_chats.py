"""X, Mastodon, Bluesky, Twitch, YouTube and the ballot page in one vote, by the real program.

The networks have their faults, the chats are cut off and have messages removed, and the ballot box
and the counting program are killed, the program also while the vote closes. It ends with the true
tally, except for messages of the chat without a history, whose times all lie in a reported gap.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest
from ballot_boxes import asked
from patience import PATIENCE_S, until
from soak.judge import milliseconds
from soak.program import Program, end_all
from test_end_to_end_web import free_port
from test_everywhere import SETTINGS, TAGS, S, posts_in, this_second

from simulators.everywhere import Script
from simulators.everywhere_launcher import start
from twittervotes.core.contest.acts import Act, ActKind, second_after
from twittervotes.core.contest.clock import Clock
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger
from twittervotes.rehearsal.twitch_chat import TwitchChat
from twittervotes.rehearsal.youtube_chat import HISTORY, YouTubeChat, refusal
from twittervotes.sources.web import keys

pytestmark = pytest.mark.long

WORDS = ("1", "2", "3")  # of the choices, in their order
SAID = (*WORDS, "hello", "1 2", "I vote 1")
SOURCES = ("x", "twitter", "mastodon", "bluesky", "twitch", "youtube", "web")
CONFIG = """\
twitch: {{channels: [somechannel], url: "{twitch}"}}
youtube: {{video: {video}, key: {key}, api_url: "{youtube}"}}
web: {{level: code, port: {port}, keys: "{keys}"}}
"""


class Everything(Program):
    """The program with words for chats, and without an end of the vote."""

    def words(self) -> list[str]:
        words = [word for word in super().words() if not word.startswith("closes=")]
        if "--hashtags" in words:
            words += ["--words", *(f"{tag}={word}" for tag, word in zip(TAGS, WORDS, strict=True))]
        return words

    def close(self) -> None:
        """Close the vote while the program doesn't run."""
        with Ledger.reopen(self.ledger) as ledger:
            ledger.act(Act(ActKind.CLOSED, second_after(Clock().today())))


@dataclass
class Audience:
    """Those who write in the chats and vote by phone, until they are told to end."""

    twitch: TwitchChat
    youtube: YouTubeChat
    port: int
    secret: keys.Keys
    over: threading.Event = field(default_factory=threading.Event)
    voted: dict[int, tuple[int, str]] = field(default_factory=dict)  # choice and receipt, by code
    removed: set[str] = field(default_factory=set)  # messages of YouTube
    chats: list[threading.Thread] = field(default_factory=list)
    phones: threading.Thread | None = None
    hung_up: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        self.phones = threading.Thread(target=self._vote, daemon=True)
        self.chats = [
            threading.Thread(target=work, daemon=True)
            for work in (self._chat_twitch, self._chat_youtube)
        ]
        for thread in (self.phones, *self.chats):
            thread.start()

    def hang_up(self) -> None:
        """Let the phones finish the ballot they are casting, and cast no more."""
        self.hung_up.set()
        if self.phones is not None:
            self.phones.join(PATIENCE_S)

    def end(self) -> None:
        self.over.set()
        self.hang_up()
        for thread in self.chats:
            thread.join(PATIENCE_S)

    def _chat_twitch(self) -> None:
        number = 0
        while not self.over.wait(0.03):
            number += 1
            message = self.twitch.write(str(number % 211), self.twitch.padded(SAID[number % 6]))
            if number % 7 == 0 and number < 60:  # later a removal may come while nobody listens
                self.twitch.delete(message)
            if number == 100:
                self.twitch.cut()

    def _chat_youtube(self) -> None:
        number = 0
        while not self.over.wait(0.04):
            number += 1
            key = self.youtube.write(f"UC{number % 151}", SAID[number % 6])
            if number % 31 == 0:
                self.removed.add(key)
                about = {"deletedMessageId": key}
                self.youtube.put("messageDeletedEvent", messageDeletedDetails=about)
            if number in (60, 180):
                self.youtube.refusals += [refusal("backendError", 503), (502, b"<html>")]

    def _vote(self) -> None:
        for number in range(1, 2000):
            if self.hung_up.wait(0.05):
                return
            self._vote_once(number)

    def _vote_once(self, number: int) -> None:
        """Cast a ballot until its receipt is there."""
        choice = number % 3
        sent = json.dumps({"choice": TAGS[choice], "code": self.secret.code(number)}).encode()
        headers = {
            "content-type": "application/json",
            "idempotency-key": secrets.token_urlsafe(18),
        }
        while number not in self.voted and not self.over.wait(0.02):
            with contextlib.suppress(OSError, HTTPException):  # while no box is there
                answer = asked(self.port, "POST", "/v1/contests/vote/ballots", sent, headers)
                if answer.status in (200, 201):
                    self.voted[number] = choice, str(answer.said["receipt"])


def first_votes(votes: Iterable[tuple[int, str, str, int]]) -> tuple[int, ...]:
    """Count the first vote of each voter, of votes as (time, key, voter, choice)."""
    counted: dict[str, int] = {}
    for _, _, voter, choice in sorted(votes):
        counted.setdefault(voter, choice)
    return tuple(list(counted.values()).count(choice) for choice in range(3))


def kill_box(program: Program) -> None:
    for child in psutil.Process(program.running.pid).children():
        if "twittervotes.ballots" in child.cmdline():
            child.kill()


def keys_in(ledger: Path, network: str) -> set[str]:
    with Reader(ledger) as reader:
        pages = (page for _, pages in reader.written() for page in pages)
        return {post.key for page in pages for post in page.posts() if post.network == network}


def grows(measure: Callable[[], int], by: int) -> None:
    """Wait until a number has grown."""
    before = measure()
    until(lambda: measure() >= before + by)


def test_everything_at_once_gives_the_true_result_or_gaps(
    tmp_path: Path,
) -> None:
    settings = replace(SETTINGS, before_s=5.0)
    port, key_file = free_port(), tmp_path / "ballots.key"
    secret = keys.load(key_file)
    with (
        TwitchChat(frame_bytes=64) as twitch,
        YouTubeChat(interval_ms=300, units=100_000) as youtube,
        start(Script(settings, TAGS)) as stage,
    ):
        program = Everything(tmp_path, TAGS, this_second() - S, 0, settle="4s", sources=SOURCES)
        program.prepare(stage)
        with (tmp_path / "config.yaml").open("a") as config:
            config.write(
                CONFIG.format(
                    twitch=twitch.url,
                    video=youtube.video,
                    key=youtube.key,
                    youtube=youtube.url,
                    port=port,
                    keys=key_file,
                )
            )
        audience = Audience(twitch, youtube, port, secret)
        try:
            program.start()
            until(lambda: twitch.listeners and posts_in(program.ledger) > 20)
            audience.begin()
            until(lambda: len(audience.voted) > 20 and len(twitch.log) > 120)
            kill_box(program)
            grows(lambda: len(audience.voted), 10)
            program.kill()
            grows(lambda: len(twitch.log), 20)
            program.start()
            grows(lambda: len(audience.voted), 10)
            grows(lambda: len(keys_in(program.ledger, "twitch")), 10)
            audience.hang_up()
            stage.fall_silent()
            program.kill()
            grows(lambda: len(youtube.items), HISTORY + 20)
            program.close()
            program.start()
            ended = program.ended(2 * PATIENCE_S)
        finally:
            audience.end()
            end_all([program])
        assert ended.result is not None, ended.said
        result = ended.result
        opens_ms, closes_ms = (milliseconds(result["contest"][end]) for end in ("opens", "closes"))
        truth = stage.truth(opens_ms, closes_ms)
    of_twitch, missing = of_chat(twitch, keys_in(program.ledger, "twitch"), opens_ms, closes_ms)
    of_youtube = [
        (milliseconds_of(item), str(item["id"]), snippet["authorChannelId"], WORDS.index(said))
        for item in youtube.items
        if isinstance(snippet := item["snippet"], dict)
        and (said := str(snippet.get("displayMessage"))) in WORDS
        and item["id"] not in audience.removed
        and opens_ms <= milliseconds_of(item) < closes_ms
    ]
    choices = [choice for choice, _ in audience.voted.values()]
    expected = {
        **{
            name: tuple(dict(told.votes).get(tag, 0) for tag in TAGS)
            for name, told in truth.items()
        },
        "twitch": first_votes(of_twitch),
        "youtube": first_votes(of_youtube),
        "web": tuple(map(choices.count, range(3))),
    }
    with Ledger.reopen(program.ledger) as ledger:
        counted = dict(tally(ledger.posts(), ledger.contest).networks)
    assert verify(program.ledger).finding is None
    assert result["state"] == "provisional"
    assert counted == expected, ended.said
    votes = [sum(column) for column in zip(*expected.values(), strict=True)]
    assert [each["votes"] for each in result["tally"]] == votes
    gaps = {source["name"]: source["gaps"] for source in result["sources"] if source["gaps"]}
    assert set(gaps) == {"twitch:somechannel"}, "only this chat has no history"
    assert ended.code == 3
    lost = [(milliseconds(gap["from"]), milliseconds(gap["to"])) for gap in gaps.popitem()[1]]
    assert missing
    for at_ms in missing:
        assert any(from_ms <= at_ms <= to_ms for from_ms, to_ms in lost), (at_ms, lost)
    assert len(audience.voted) > 40
    assert min(sum(votes) for votes in expected.values()) > 30


def of_chat(
    twitch: TwitchChat, seen: set[str], opens_ms: int, closes_ms: int
) -> tuple[list[tuple[int, str, str, int]], list[int]]:
    """Return the votes of a chat that were seen, and the times of those that weren't."""
    votes, missing = [], []
    for message in twitch.log:
        said = message.text.strip(" \u034f\U000e0000\u2800")
        if said not in WORDS or message.removed or not opens_ms <= message.at_ms < closes_ms:
            continue
        if message.id in seen:
            votes.append((message.at_ms, message.id, message.user, WORDS.index(said)))
        else:
            missing.append(message.at_ms)
    return votes, missing


def milliseconds_of(item: dict[str, object]) -> int:
    snippet = item["snippet"]
    assert isinstance(snippet, dict)
    return milliseconds(str(snippet["publishedAt"]))
