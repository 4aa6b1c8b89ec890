"""YouTube's whole live path: pages, faults, removals and a killed worker; the tally is correct."""

from __future__ import annotations

import threading
import time
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
from twittervotes.rehearsal.youtube_chat import YouTubeChat, refusal
from twittervotes.sources.youtube.source import PLUGIN, YouTubeSettings

pytestmark = pytest.mark.long

CHOICES = (Choice("debian", words=("1",)), Choice("arch", words=("2",)))
TEXTS = ("1", "2 :smile:", "hello", "1 2", "2")


def play(chat: YouTubeChat, removed: set[str]) -> None:
    """Write as an audience does, while the network has problems."""
    until(lambda: "messages" in chat.requests)
    for number in range(300):
        author = f"UC{number % 120}"
        key = chat.write(author, TEXTS[number % len(TEXTS)])
        if number % 29 == 0:
            chat.put("messageDeletedEvent", messageDeletedDetails={"deletedMessageId": key})
            removed.add(key)
        if number == 150:
            chat.refusals += [refusal("backendError", 503), (502, b"<html>")]
        if number == 200:
            chat.refusals.append(refusal("rateLimitExceeded"))
        time.sleep(0.01)


def truth(chat: YouTubeChat, removed: set[str]) -> tuple[int, int]:
    """Count the first vote of each author that was not removed."""
    votes, voted = [0, 0], set()
    for item in chat.items:
        snippet = item["snippet"]
        assert isinstance(snippet, dict)
        choice = {"1": 0, "2 :smile:": 1, "2": 1}.get(str(snippet.get("displayMessage")))
        author = snippet["authorChannelId"]
        if choice is not None and item["id"] not in removed and author not in voted:
            voted.add(author)
            votes[choice] += 1
    return votes[0], votes[1]


def test_a_troubled_youtube_chat_gives_the_true_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "FIRST_BACKOFF_MS", 200)
    opens_ms = second_before(time.time_ns() // 1_000_000)
    contest = Contest("?", CHOICES, opens_ms=opens_ms, closes_ms=opens_ms + 600_000)
    removed: set[str] = set()
    with YouTubeChat(interval_ms=100) as chat:
        settings = YouTubeSettings(chat.video, chat.key, api_url=chat.url)
        sources = PLUGIN.sources(settings, contest)
        audience = threading.Thread(target=play, args=(chat, removed))
        with Ledger.create(tmp_path / "vote.votes", contest, contest.opens_ms) as ledger:
            audience.start()
            last = counted(
                ledger,
                sources,
                settle_ms=500,
                kill_when=lambda shown: shown.tally.total > 20,
                close_when=lambda _: not audience.is_alive(),
            )[-1]
            audience.join()
            recount = tally(ledger.posts(), ledger.contest)
    (told,) = last.sources
    assert last.state is State.PROVISIONAL
    assert last.tally.votes == truth(chat, removed)
    assert last.tally == recount
    assert sum(last.tally.votes) > 60
    assert told.gaps == ()
    assert told.completeness == "at least"
