"""What pages of chats leave in a ledger: gaps that stay, and removals that come before messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import contest

from twittervotes.core.contest.posts import Ask, Deleted, Feed, Gap, News, Page, Post, Presence
from twittervotes.core.ledger import aside
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import entries
from twittervotes.core.polling.schedule import Position

ASK = Ask(Feed("chat", "#c"))


def page(*posts: Post, news: tuple[News, ...] = (), stay: bool = True) -> Page:
    gaps = (Gap(5, 9, "It wasn't connected."),)
    return Page("twitch:c", ASK, posts, news=news, gaps=gaps, gaps_stay=stay)


@pytest.mark.parametrize("stay", [True, False])
def test_gaps_of_networks_without_history_stay(stay: bool) -> None:
    (gap,) = entries.gaps_in(page(stay=stay), opens_ms=0, read_ms=0, today_ms=9)
    assert gap.body["sweep"] is stay


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "news", [Deleted("twitch", "m1"), Presence("twitch", "ann", 6, active=False)]
)
def test_a_removal_withdraws_its_message_in_any_order(
    news: News, first: bool, tmp_path: Path
) -> None:
    early = Post("twitch", "m1", "ann", 5, "debian", revision=5)
    later = Post("twitch", "m2", "ann", 7, "debian", revision=7)
    pages = [page(news=(news,)), page(early, later)]
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(), 1) as ledger:
        for each in pages if first else reversed(pages):
            ledger.append([entries.of_answer(each, Position())], 1)
        aside.apply(ledger, 1)
        found = {post.key: post.kind for post in ledger.posts()}
    assert found == {"m1": "withdrawn", "m2": "post"}


def test_news_of_strangers_is_private(tmp_path: Path) -> None:
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(), 1) as ledger:
        told = (Deleted("twitch", "a-strangers-message"), Presence("twitch", "4711", 6, False))
        ledger.append([entries.of_answer(page(news=told), Position())], 1)
        with Reader(path) as reader:
            said = "".join(entry.body for entry in reader.chain())
            hidden = "".join(entry.private for entry in reader.chain())
    for name in ("strangers", "4711"):
        assert name not in said
        assert name in hidden
