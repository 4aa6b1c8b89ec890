"""A rehearsal in chats: counted by the program's own sources, it ends with the true votes."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from live_path import counted

from twittervotes.app import registry
from twittervotes.cli import vote_options
from twittervotes.cli.vote_options import Options, parse
from twittervotes.core.contest.acts import second_before
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.contest.words import Chat
from twittervotes.core.counting.running import tally
from twittervotes.core.errors import ConfigError, ContestError
from twittervotes.core.ledger.writer import Ledger
from twittervotes.rehearsal import chat_launcher, settings
from twittervotes.rehearsal.chat_audience import ChatAudience, Said, TwitchRoom, YouTubeRoom
from twittervotes.rehearsal.chat_launcher import RunningChats
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.rehearsal.twitch_chat import TwitchChat
from twittervotes.rehearsal.youtube_chat import YouTubeChat
from twittervotes.sources.twitch.source import Twitch

CHOICES = (Choice("debian", words=("1", "deb")), Choice("arch", words=("2", "arch linux")))


@pytest.mark.long
@pytest.mark.parametrize("network", ["twitch", "youtube"])
@pytest.mark.parametrize("chat", [Chat(), Chat(prefix=("!vote",))], ids=["bare", "prefix"])
def test_a_rehearsal_in_a_chat_ends_with_the_true_votes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: str, chat: Chat
) -> None:
    kept: list[RunningChats] = []
    start = chat_launcher.start
    monkeypatch.setattr(
        chat_launcher, "start", lambda script: kept.append(start(script)) or kept[-1]
    )
    monkeypatch.setenv("TWITTERVOTES_REHEARSAL_RATE", "150")
    monkeypatch.setenv("TWITTERVOTES_REHEARSAL_LATE_S", "0.3")
    config = registry.configured(Options(rehearse=(network,)))
    opens_ms = second_before(time.time_ns() // 1_000_000)
    contest = Contest("?", CHOICES, opens_ms=opens_ms, rehearsal=True, chat=chat)

    def has_enough(snapshot: Snapshot) -> bool:
        if snapshot.tally.total < 300 or not dict(snapshot.tally.verdicts)[Verdict.WITHDRAWN]:
            return False
        kept[0].fall_silent(network)
        return True

    with ExitStack() as running:
        (source,) = registry.sources(("rehearsal",), config, contest, running)
        assert source.name == f"rehearsal:{network}"
        if isinstance(source, Twitch):
            source = replace(source, read_on_ms=1_000)
        with Ledger.create(tmp_path / "vote.votes", contest, opens_ms) as ledger:
            last = counted(ledger, (source,), settle_ms=500, close_when=has_enough)[-1]
            recount = tally(ledger.posts(), ledger.contest)
            closes_ms = ledger.contest.closes_ms
        assert closes_ms is not None
        truth = kept[0].truth(network, opens_ms, closes_ms)
    assert last.state is State.PROVISIONAL
    assert last.tally == recount
    assert last.tally.votes == tuple(votes for _, votes in truth.votes)
    assert sum(last.tally.votes) >= 300
    assert dict(last.tally.verdicts)[Verdict.WITHDRAWN] > 0


@pytest.mark.parametrize("kind", ["twitch", "youtube"])
def test_the_audience_votes_in_every_way_and_moderators_remove(kind: str) -> None:
    with TwitchChat() as twitch, YouTubeChat() as youtube:
        room = TwitchRoom(twitch) if kind == "twitch" else YouTubeRoom(youtube)
        keys = [room.write(account, "1", 5) for account in (1, 2, 2)]
        room.delete(keys[0] or twitch.log[0].id)
        room.ban(2, 6)
    if kind == "twitch":
        assert keys == ["", "", ""]  # nobody listened
        assert [message.removed for message in twitch.log] == [True, True, True]
        assert {message.user for message in twitch.log} == {"2", "3"}
    else:
        assert len(set(keys)) == 3
        kinds = [item["snippet"]["type"] for item in youtube.items]  # type: ignore[index]
        assert kinds == ["textMessageEvent"] * 3 + ["messageDeletedEvent", "userBannedEvent"]


def test_the_truth_is_the_first_vote_of_each_account_that_was_not_removed() -> None:
    with YouTubeChat() as chat:
        usual = RehearsalSettings(before_s=0.0, lasts_s=0.0)
        audience = ChatAudience(usual, ("a", "b"), (("1",), ("2",)), YouTubeRoom(chat))
        audience._said += [
            chat_said(5, "k1", 1, {0}),
            chat_said(6, "k2", 1, {1}),
            chat_said(7, "k3", 2, {1}, is_removed=True),
            chat_said(8, "k4", 2, {0}),
            chat_said(8, "k5", 3, {0, 1}),
            chat_said(9, "k6", 4, set()),
            chat_said(10, "k7", 5, {1}),
        ]
        found = audience.truth(5, 10)
    assert found.votes == (("a", 2), ("b", 0))
    assert found.posts == 5


def chat_said(
    at_ms: int, key: str, account: int, choices: set[int], *, is_removed: bool = False
) -> Said:
    return Said(at_ms, key, account, frozenset(choices), is_removed)


def test_the_operator_chooses_the_simulated_networks() -> None:
    assert parse(["-ht", "a", "b", "--rehearse", "twitch", "youtube"]).rehearse == (
        "twitch",
        "youtube",
    )
    assert parse(["-ht", "a", "b", "--rehearse", "twitch"]).sources == ("rehearsal",)
    assert parse(["-ht", "a", "b", "--rehearse"]).sources == ("rehearsal",)
    assert parse(["-ht", "a", "b"]).sources == ()
    assert vote_options.REHEARSED == settings.NETWORKS
    config = registry.configured(Options(rehearse=("twitch", "youtube")))
    assert config.section(RehearsalSettings).networks == ("twitch", "youtube")
    assert registry.configured(Options()).section(RehearsalSettings).networks == ("x",)


def test_a_network_that_cannot_be_simulated_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["-ht", "a", "b", "--rehearse", "bluesky"])
    assert "bluesky" in capsys.readouterr().err
    monkeypatch.setenv("TWITTERVOTES_REHEARSAL_NETWORKS", "bluesky")
    with pytest.raises(ConfigError, match="x, twitch, youtube"):
        registry.configured(Options())


def test_several_networks_are_rehearsed_at_once_and_words_are_checked_before() -> None:
    config = registry.configured(Options(rehearse=("x", "twitch", "youtube")))
    with ExitStack() as running:
        found = registry.sources(("rehearsal",), config, Contest("?", CHOICES), running)
    assert [source.name for source in found] == [
        "rehearsal",
        "rehearsal:twitch",
        "rehearsal:youtube",
    ]
    alike = Contest("?", (Choice("a_"), Choice("a")))
    with ExitStack() as running, pytest.raises(ContestError, match="both a_ and a"):
        registry.sources(("rehearsal",), config, alike, running)
