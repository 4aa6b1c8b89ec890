"""Twitch's chat read from a simulated one: joining, what goes wrong, and the gaps it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from chat_listener import Listener, now_ms
from patience import until

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Deleted, Failed, Remedy
from twittervotes.core.counting.running import tally
from twittervotes.core.errors import ConfigError, ContestError
from twittervotes.rehearsal.twitch_chat import TwitchChat
from twittervotes.sources.twitch import PLUGIN, connection, reading, source
from twittervotes.sources.twitch.settings import TwitchSettings
from twittervotes.sources.twitch.source import Twitch

CONTEST = Contest("?", (Choice("debian", words=("1",)), Choice("arch", words=("2",))))


@pytest.fixture
def chat() -> Iterator[TwitchChat]:
    source._readings.clear()
    with TwitchChat(frame_bytes=40) as running:
        yield running
    for each in source._readings.values():
        each.close()


def twitch(chat: TwitchChat, channel: str = "") -> Twitch:
    settings = TwitchSettings(channels=(channel or chat.channel,), url=chat.url)
    (found,) = PLUGIN.sources(settings, CONTEST)
    assert isinstance(found, Twitch)
    return replace(found, read_on_ms=0)


def test_it_joins_anonymously_and_reads_messages(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    chat.write("7", chat.padded("1"))
    chat.write("8", "2")
    chat.write("9", "hello 👍 日本")
    assert [(post.voter, post.tags) for post in reader.reads_until(2)] == [
        ("7", "word:1"),
        ("8", "word:2"),
    ]
    assert chat.heard[0] == "CAP REQ :twitch.tv/tags twitch.tv/commands"
    assert chat.heard[1].startswith("NICK justinfan")
    assert chat.heard[2] == "JOIN #somechannel"
    until(lambda: "PONG :tmi.twitch.tv" in chat.heard)
    assert not any(line.startswith("PASS") for line in chat.heard)


def test_the_time_before_joining_is_a_gap_that_no_sweep_heals(chat: TwitchChat) -> None:
    opens_ms = now_ms() - 5_000
    page = Listener(twitch(chat), CONTEST, opens_ms).read()
    (gap,) = page.gaps
    assert gap.from_ms == opens_ms
    assert gap.to_ms <= now_ms() + reading.APART_MS
    assert page.gaps_stay
    assert page.reached


@pytest.mark.covers("cut off")
def test_a_lost_connection_leaves_a_gap(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST, now_ms() - 60_000)
    chat_before = reader.read()
    heard = chat.write("7", "1")
    reader.reads_until(1)
    chat.cut()
    chat.write("8", "2")
    assert "closed the connection" in reader.fail().message
    lost_ms = now_ms()
    page = reader.read()
    (gap,) = page.gaps
    assert chat_before.posts == ()
    assert heard.at_ms <= gap.from_ms + reading.LATE_MS <= lost_ms
    assert lost_ms <= gap.to_ms - reading.APART_MS <= now_ms()
    assert len(chat.missed) == 1


@pytest.mark.covers("cut off")
def test_a_new_process_continues_after_the_last_page(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST, now_ms() - 60_000)
    reader.read()
    source._readings.popitem()[1].close()
    page = reader.read()
    (gap,) = page.gaps
    assert gap.from_ms == int(reader.pages[0].newest) - reading.LATE_MS


def test_a_line_under_way_at_a_crash_is_in_the_gap(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST, now_ms() - 60_000)
    reader.read()
    sent_ms = now_ms()
    chat.write("7", "1", sent_ms)
    reader.reads_until(1)  # another line that was sent then may not have come
    source._readings.popitem()[1].close()
    (gap,) = reader.read().gaps
    assert gap.from_ms <= sent_ms


def test_a_lost_page_is_a_gap(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    chat.write("7", "1")
    until(lambda: reader.source.fetch(reader.ask()).posts)  # type: ignore[union-attr]
    (gap,) = reader.read().gaps
    assert gap.reason == "What was read here was lost."


@pytest.mark.covers("reconnect")
def test_an_announced_end_leaves_no_gap(
    chat: TwitchChat,
) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    chat.write("7", "1")
    chat.reconnect()
    until(lambda: chat.listeners == 2, meanwhile=reader.read)
    chat.write("8", "2")
    reader.read()
    chat.drop_first()
    chat.write("9", "1")
    until(lambda: {post.voter for post in reader.posts} == {"7", "8", "9"}, meanwhile=reader.read)
    assert len(set(reader.posts)) == 3
    assert [gap for page in reader.pages[1:] for gap in page.gaps] == []


@pytest.mark.covers("removed")
def test_removed_messages_are_withdrawn_at_once(
    chat: TwitchChat,
) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    first = chat.write("7", "1")
    chat.write("8", "2")
    reader.reads_until(2)
    chat.delete(first)
    chat.ban("8", now_ms() + 1_000)
    chat.clear()
    reader.reads_until(4)
    assert [(post.voter, post.kind) for post in reader.posts[2:]] == [
        ("7", "withdrawn"),
        ("8", "withdrawn"),
    ]
    assert [type(each).__name__ for page in reader.pages for each in page.news] == [
        "Deleted",
        "Presence",
    ]


def test_a_removal_that_comes_before_its_message_is_reported(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    chat.send("@target-msg-id=later;room-id= :tmi.twitch.tv CLEARMSG #somechannel :1")
    until(lambda: any(page.news for page in reader.pages), meanwhile=reader.read)
    (told,) = (each for page in reader.pages for each in page.news)
    assert isinstance(told, Deleted)
    assert told.name == "later"


@pytest.mark.covers("no such channel")
def test_a_channel_that_never_answers_is_reported(
    chat: TwitchChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "JOIN_S", 0.3)
    answer = twitch(chat, "nobody").fetch(Listener(twitch(chat), CONTEST).ask())
    assert isinstance(answer, Failed)
    assert "There may be no such channel." in answer.message
    assert answer.remedy is Remedy.RETRY


@pytest.mark.covers("suspended")
def test_a_channel_that_may_not_be_read_stops(chat: TwitchChat) -> None:
    chat.refuses = "msg_channel_suspended"
    answer = Listener(twitch(chat), CONTEST).fail()
    assert answer.remedy is Remedy.STOP


@pytest.mark.covers("silent")
def test_a_connection_that_has_died_in_silence_is_abandoned(
    chat: TwitchChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SILENT_S", 0.2)
    monkeypatch.setattr(connection, "PONG_S", 0.2)
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    reader.read()
    assert "PING :twittervotes" in chat.heard
    chat.answers_pings = False
    failed: list[Failed] = []

    def look() -> None:
        answer = reader.source.fetch(reader.ask())
        if isinstance(answer, Failed):
            failed.append(answer)
        else:
            reader.cursor = answer.newest

    until(lambda: failed, meanwhile=look)
    assert "silent" in failed[0].message


def test_the_last_sweep_reads_on_and_ends(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    closes_ms = now_ms()
    chat.write("7", "1")
    page = reader.read(sweep=True, since="", closes_ms=closes_ms + 60_000)
    assert page.token
    page = reader.read(sweep=True, since="", token=page.token, closes_ms=now_ms())
    assert page.token == ""
    assert len(reader.posts) == 1
    until(lambda: chat.listeners == 0)


def test_the_final_sweep_reports_what_was_missed(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST, now_ms() - 60_000)
    closes_ms = now_ms() - 10_000
    page = reader.read(sweep=True, closes_ms=closes_ms, left_at=str(closes_ms - 20_000))
    (gap,) = page.gaps
    assert gap.from_ms == closes_ms - 20_000 - reading.LATE_MS
    assert gap.to_ms == closes_ms + reading.APART_MS


def test_the_time_of_sending_decides_not_of_arrival(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    sent_ms = now_ms()
    chat.write("7", "1", sent_ms)
    chat.write("7", "2", sent_ms - 400)
    posts = reader.reads_until(2)
    assert tally(posts, CONTEST).votes == (0, 1)


def test_a_line_that_arrives_six_seconds_late_counts(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    reader.source = replace(reader.source, read_on_ms=10_000)
    closes_ms = now_ms()
    sweep = {"since": "", "sweep": True, "closes_ms": closes_ms}
    chat_before = reader.read(**sweep, today_ms=closes_ms + 1_000)
    assert (chat_before.token, chat_before.reached) == ("on", False)
    late = chat.write("7", "1", closes_ms - 100)
    until(lambda: reader.posts, meanwhile=lambda: reader.read(**sweep, today_ms=closes_ms + 6_000))
    assert [post.at_ms for post in reader.posts] == [late.at_ms]
    assert reader.read(**sweep, today_ms=closes_ms + 10_000).token == ""


def test_a_burst_of_two_thousand_lines_is_read(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    for number in range(2000):
        chat.write(str(number), "1")
    assert len({post.voter for post in reader.reads_until(2000)}) == 2000


def test_a_user_is_identified_by_number(chat: TwitchChat) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    chat.write("7", "1")
    chat.write("renamed", "2", user_id="7")
    for number in (2**60 + 1, 2**60 + 2):
        chat.write(str(number), "1")
    voters = [post.voter for post in reader.reads_until(4)]
    assert voters == ["7", "7", str(2**60 + 1), str(2**60 + 2)]


def test_room_settings_leave_no_gap(
    chat: TwitchChat,
) -> None:
    reader = Listener(twitch(chat), CONTEST)
    reader.read()
    chat.send(f"@room-id=1;slow=10 :tmi.twitch.tv ROOMSTATE #{chat.channel}")
    chat.send("PING :are you there")
    chat.write("7", "1")
    reader.reads_until(1)
    until(lambda: "PONG :are you there" in chat.heard)
    assert [gap for page in reader.pages[1:] for gap in page.gaps] == []


@pytest.mark.covers("away")
def test_a_chat_that_is_unreachable_is_reported() -> None:
    settings = TwitchSettings(channels=("x",), url="ws://127.0.0.1:9")
    (away,) = PLUGIN.sources(settings, CONTEST)
    answer = away.fetch(Ask(away.feeds(CONTEST)[0]))
    assert isinstance(answer, Failed)
    assert answer.message == "Can't connect to 127.0.0.1:9."


@pytest.mark.parametrize(
    "name", ["somechannel", "#SomeChannel", "https://www.twitch.tv/somechannel/", "@somechannel "]
)
def test_a_channel_may_be_given_by_its_name_or_its_address(name: str) -> None:
    (found,) = PLUGIN.sources(TwitchSettings(channels=(name, "somechannel")), CONTEST)
    assert found.name == "twitch:somechannel"


@pytest.mark.parametrize(
    "settings",
    [
        {"channels": ("a b",)},
        {"channels": ("",)},
        {"nick": "A"},
        {"url": "http://x"},
        {"url": "ws://x"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"channels|nick|url"):
        TwitchSettings(**settings)  # type: ignore[arg-type]


def test_it_says_what_is_missing_and_refuses_ambiguous_words() -> None:
    (sentence,) = PLUGIN.needs(TwitchSettings())
    with pytest.raises(ConfigError, match="Set twitch"):
        PLUGIN.sources(TwitchSettings(), CONTEST)
    assert "--channel" in sentence
    with pytest.raises(ContestError, match="both a_ and a"):
        PLUGIN.sources(TwitchSettings(channels=("x",)), Contest("?", (Choice("a_"), Choice("a"))))
