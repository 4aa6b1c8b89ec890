"""Twitch's whole live path: split frames, a lost connection, an announced end, and removals."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from live_path import counted
from patience import until

from twittervotes.core.contest.acts import second_before
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.snapshot import State
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import schedule
from twittervotes.rehearsal.twitch_chat import TwitchChat
from twittervotes.sources.twitch.settings import TwitchSettings
from twittervotes.sources.twitch.source import PLUGIN, Twitch

pytestmark = pytest.mark.long

CHOICES = (Choice("debian", words=("1", "deb")), Choice("arch", words=("2", "arch linux")))
TEXTS = ("1", "deb", "2", "arch linux", "1 2", "hello")


def play(chat: TwitchChat, over: threading.Event) -> None:
    """Write as an audience does, with everything that goes wrong in a chat."""
    until(lambda: chat.listeners == 1 or over.is_set())
    for number in range(400):
        text = TEXTS[number % len(TEXTS)]
        message = chat.write(str(number % 150), chat.padded(text))
        if number % 23 == 0:
            chat.delete(message)
        if number % 61 == 60:
            chat.ban(str(number % 150), message.at_ms + 1)
        if number == 120:
            chat.reconnect()
            until(lambda: chat.listeners == 2 or over.is_set())
            time.sleep(2)  # the real server gives clients longer
            chat.drop_first()
        if number == 250:
            chat.cut()
            chat.write("7777", "1")
            until(lambda: chat.listeners == 1 or over.is_set())
        time.sleep(0.002)


def truth(chat: TwitchChat, contest: Contest) -> tuple[int, int]:
    """Count what wasn't removed, by the rules in words: the first vote of each user."""
    votes = [0, 0]
    voted: set[str] = set()
    for message in sorted(chat.log, key=lambda each: (each.at_ms, each.id)):
        words = message.text.strip(" \u034f\U000e0000\u2800")
        choice = {"1": 0, "deb": 0, "2": 1, "arch linux": 1}.get(words)
        if choice is None or message.removed or message.id in chat.missed:
            continue
        if message.user not in voted:
            voted.add(message.user)
            votes[choice] += 1
    return votes[0], votes[1]


def test_a_troubled_chat_gives_the_true_result_or_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "FIRST_BACKOFF_MS", 200)
    opens_ms = second_before(time.time_ns() // 1_000_000)
    contest = Contest("?", CHOICES, opens_ms=opens_ms, closes_ms=opens_ms + 600_000)
    over = threading.Event()
    with TwitchChat(frame_bytes=64) as chat:
        settings = TwitchSettings(channels=(chat.channel,), url=chat.url)
        (source,) = PLUGIN.sources(settings, contest)
        assert isinstance(source, Twitch)
        source = replace(source, read_on_ms=1_000)
        audience = threading.Thread(target=play, args=(chat, over))
        with Ledger.create(tmp_path / "vote.votes", contest, contest.opens_ms) as ledger:
            audience.start()
            last = counted(
                ledger, (source,), settle_ms=500, close_when=lambda _: not audience.is_alive()
            )[-1]
            over.set()
            audience.join()
            recount = tally(ledger.posts(), ledger.contest)
    (told,) = last.sources
    assert last.state is State.PROVISIONAL
    assert last.tally.votes == truth(chat, contest)
    assert last.tally == recount
    assert sum(last.tally.votes) > 90
    assert [gap.reason[:26] for gap in told.gaps] == ["The chat wasn't connected,"] * 2
    lost = next(message for message in chat.log if message.user == "7777")
    assert any(gap.from_ms <= lost.at_ms <= gap.to_ms for gap in told.gaps)
    assert told.completeness.startswith("gap ")
