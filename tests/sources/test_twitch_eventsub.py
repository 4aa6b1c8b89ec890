"""Twitch's chat read by EventSub from a simulated one: sessions, what goes wrong, and votes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chat_listener import Listener
from patience import until

from simulators.twitch_eventsub import MESSAGE, TwitchEventSub, now_ms
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Failed, Post, Remedy
from twittervotes.core.contest.words import Chat
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import entries
from twittervotes.core.polling.schedule import Position
from twittervotes.rehearsal.twitch_chat import ChatWritten, TwitchChat
from twittervotes.sources.twitch import PLUGIN, reading, session, source
from twittervotes.sources.twitch.decode import Heard
from twittervotes.sources.twitch.eventsub import TYPES, EventDecoder, decode_frame
from twittervotes.sources.twitch.settings import TwitchSettings
from twittervotes.sources.twitch.source import Twitch

CHOICES = (Choice("debian", words=("1",)), Choice("arch", words=("2", "voteyea")))
CONTEST = Contest("?", CHOICES)


@pytest.fixture
def chat() -> Iterator[TwitchChat]:
    source._readings.clear()
    with TwitchChat() as running:
        yield running
    for each in source._readings.values():
        each.close()


@pytest.fixture
def events(chat: TwitchChat) -> Iterator[TwitchEventSub]:
    with TwitchEventSub(chat) as running:
        yield running
        for each in source._readings.values():
            each.close()


def twitch(events: TwitchEventSub, token: str = "", contest: Contest = CONTEST) -> Twitch:
    settings = TwitchSettings(
        channels=(events.chat.channel,),
        token=token or events.token,
        eventsub_url=events.url,
        api_url=events.api_url,
        id_url=events.api_url,
    )
    (found,) = PLUGIN.sources(settings, contest)
    assert isinstance(found, Twitch)
    return replace(found, read_on_ms=0)


def test_it_subscribes_once_welcomed_and_reads_on_what_is_written(
    chat: TwitchChat, events: TwitchEventSub
) -> None:
    listener = Listener(twitch(events), CONTEST)
    listener.read()
    chat.write("7", "1")
    chat.write("8", "2")
    chat.write("9", "hello 👍 日本")
    assert [(post.voter, post.tags) for post in listener.reads_until(2)] == [
        ("7", "word:1"),
        ("8", "word:2"),
    ]
    assert events.asked[:2] == ["/oauth2/validate", "/helix/users"]
    assert events.subscribed == list(TYPES)
    assert events.sent_by_clients == []


def test_a_message_is_the_same_post_by_eventsub_as_by_irc(
    tmp_path: Path, chat: TwitchChat, events: TwitchEventSub
) -> None:
    events.delay_ms = 180
    (by_irc,) = PLUGIN.sources(TwitchSettings(channels=(chat.channel,), url=chat.url), CONTEST)
    assert isinstance(by_irc, Twitch)
    listeners = [
        Listener(twitch(events), CONTEST),
        Listener(replace(by_irc, read_on_ms=0), CONTEST),
    ]
    for each in listeners:
        each.read()
    first = chat.write("7", "1")
    chat.write("8", "2")
    for each in listeners:
        each.reads_until(2)
    chat.delete(first)
    for each in listeners:
        each.reads_until(3)
    opens_ms = listeners[0].opens_ms // 1000 * 1000
    with Ledger.create(
        tmp_path / "v.votes", replace(CONTEST, opens_ms=opens_ms), opens_ms
    ) as ledger:
        for each in listeners:
            for page in each.pages:
                ledger.append([entries.of_answer(page, Position())], 1)
        assert tally(ledger.posts(), ledger.contest).votes == (0, 1)
        assert {post.key for post in ledger.posts()} == {each.id for each in chat.log}


def test_removed_messages_are_withdrawn_at_once(chat: TwitchChat, events: TwitchEventSub) -> None:
    listener = Listener(twitch(events), CONTEST)
    listener.read()
    first = chat.write("7", "1")
    chat.write("8", "2")
    listener.reads_until(2)
    chat.delete(first)
    chat.ban("8", now_ms() + 1_000)
    chat.clear()
    events.notify("channel.chat.clear", {"broadcaster_user_id": "1"})
    listener.reads_until(4)
    assert [(post.voter, post.kind) for post in listener.posts[2:]] == [
        ("7", "withdrawn"),
        ("8", "withdrawn"),
    ]
    assert [type(each).__name__ for page in listener.pages for each in page.news] == [
        "Deleted",
        "Presence",
    ]


@pytest.mark.parametrize("later_ms", [0, 900])
def test_a_notification_that_comes_twice_is_one_vote(
    chat: TwitchChat, events: TwitchEventSub, later_ms: int
) -> None:
    listener = Listener(twitch(events), CONTEST)
    listener.read()
    message = ChatWritten("m1", "7", "1", now_ms())
    number = events.notify(MESSAGE, events.event(message), message.at_ms)
    events.notify(MESSAGE, events.event(message), message.at_ms + later_ms, number)
    events.notify(MESSAGE, events.event(message), message.at_ms + later_ms)  # under another ID
    chat.write("8", "2")
    until(lambda: any(post.voter == "8" for post in listener.posts), meanwhile=listener.read)
    assert {post for post in listener.posts if post.voter == "7"} == {
        Post("twitch", "m1", "7", message.at_ms, "word:1", "post", message.at_ms)
    }


def test_an_old_notification_is_dropped_and_reported(
    chat: TwitchChat, events: TwitchEventSub
) -> None:
    listener = Listener(twitch(events), CONTEST)
    listener.read()
    chat.write("7", "1", now_ms() - 660_000)
    chat.write("8", "1", now_ms() - 540_000)
    assert [post.voter for post in listener.reads_until(1)] == ["8"]
    assert listener.bad == ["a notification of Twitch that was more than ten minutes old"]


@pytest.mark.covers("reconnect")
def test_a_moved_session_continues_without_a_gap(chat: TwitchChat, events: TwitchEventSub) -> None:
    listener = Listener(twitch(events), CONTEST)
    listener.read()
    chat.write("7", "1")
    events.move()
    until(lambda: events.welcomed == 2, meanwhile=listener.read)
    chat.write("8", "2")
    until(lambda: events.closed_with, meanwhile=listener.read)
    chat.write("9", "1")
    until(
        lambda: {post.voter for post in listener.posts} == {"7", "8", "9"}, meanwhile=listener.read
    )
    assert events.closed_with == [1000]
    assert events.subscribed == list(TYPES)
    assert listener.pages[1:]
    assert [gap for page in listener.pages[1:] for gap in page.gaps] == []


@pytest.mark.parametrize(
    "place",
    ["ws://localhost:{port}/ws?moved={id}", "wss://127.0.0.1:{port}/ws?moved={id}", "no URL", "/"],
)
def test_a_session_is_not_moved_to_a_stranger(
    chat: TwitchChat, events: TwitchEventSub, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(reading, "RELIEVE_S", 0.0)
    listener = Listener(twitch(events), CONTEST)
    listener.read()
    port, (moved,) = urlsplit(events.url).port, [each.id for each in events._sessions]
    events.move(place.format(port=port, id=moved))
    until(lambda: events.welcomed == 2, meanwhile=listener.read)
    chat.write("7", "1")
    listener.reads_until(1)
    assert events.subscribed == [*TYPES, *TYPES]  # a session of its own
    assert [gap for page in listener.pages[1:] for gap in page.gaps] == []


def test_a_move_that_twitch_refuses_is_followed_by_a_new_session(
    chat: TwitchChat, events: TwitchEventSub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RELIEVE_S", 0.0)
    listener = Listener(twitch(events), CONTEST)
    listener.read()
    events.move(f"{events.url}?moved=nobody")  # 4007
    until(lambda: len(events.subscribed) == 2 * len(TYPES), meanwhile=listener.read)
    until(lambda: 1000 in events.closed_with, meanwhile=listener.read)
    chat.write("7", "1")
    listener.reads_until(1)
    assert [gap for page in listener.pages[1:] for gap in page.gaps] == []


@pytest.mark.covers("cut off")
@pytest.mark.parametrize("code", [0, 4000, 4003])
def test_a_session_that_ends_leaves_a_gap_up_to_the_next_subscription(
    chat: TwitchChat, events: TwitchEventSub, code: int
) -> None:
    listener = Listener(twitch(events), CONTEST)
    listener.opens_ms -= 60_000
    listener.read()
    heard = chat.write("7", "1")
    listener.reads_until(1)
    before_ms = now_ms()
    if code:
        events.close(code)
    else:
        events.cut()
    chat.write("8", "2")
    answer = listener.fail()
    assert "closed the connection" in answer.message
    assert (f"({code})" in answer.message) == bool(code)
    assert answer.remedy is Remedy.RETRY
    lost_ms = now_ms()
    (gap,) = listener.read().gaps
    assert heard.at_ms <= gap.from_ms + reading.LATE_MS <= before_ms + 1
    assert lost_ms <= gap.to_ms - reading.APART_MS <= now_ms()
    assert [post.voter for post in listener.posts] == ["7"]


@pytest.mark.covers("silent")
def test_a_session_without_keepalives_is_abandoned(
    events: TwitchEventSub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "GRACE_S", 0.2)
    events.keepalive_s, events.sends_keepalives = 1.0, False
    listener = Listener(twitch(events), CONTEST)
    failed: list[Failed] = []

    def look() -> None:
        answer = listener.source.fetch(listener.ask())
        if isinstance(answer, Failed):
            failed.append(answer)
        else:
            listener.cursor = answer.newest

    until(lambda: failed, meanwhile=look)
    assert "has been silent" in failed[0].message


def test_a_keepalive_shows_that_nothing_was_missed(
    chat: TwitchChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TwitchEventSub(chat, keepalive_s=0.05) as events:
        listener = Listener(twitch(events), CONTEST)
        listener.read()
        began_ms = now_ms()
        until(lambda: int(listener.cursor) > began_ms, meanwhile=listener.read)
        for each in source._readings.values():
            each.close()


@pytest.mark.covers("suspended")
def test_a_subscription_that_is_revoked_stops(events: TwitchEventSub) -> None:
    listener = Listener(twitch(events), CONTEST)
    listener.read()
    events.revoke()
    answer = listener.fail()
    assert answer.remedy is Remedy.STOP
    assert answer.message == "Twitch has ended the subscription to the chat."
    assert "twitch.token" in answer.advice


@pytest.mark.parametrize(
    ("token", "scopes", "status", "message", "remedy"),
    [
        ("wrong", ["user:read:chat"], 0, "Twitch doesn't accept the token.", Remedy.STOP),
        ("", ["chat:read"], 0, "Twitch's token lacks the scope user:read:chat.", Remedy.STOP),
        ("", None, 0, "Twitch's token lacks the scope user:read:chat.", Remedy.STOP),
        ("", ["user:read:chat"], 403, "Twitch doesn't let this account read", Remedy.STOP),
        ("", ["user:read:chat"], 401, "Twitch doesn't accept the token.", Remedy.STOP),
        ("", ["user:read:chat"], 400, "Twitch answered 400.", Remedy.RETRY),
        ("", ["user:read:chat"], 429, "Twitch answered 429.", Remedy.RETRY),
        ("", ["user:read:chat"], 503, "Twitch answered 503.", Remedy.RETRY),
    ],
)
def test_a_token_that_is_refused_is_reported_and_never_shown(
    events: TwitchEventSub,
    token: str,
    scopes: list[str] | None,
    status: int,
    message: str,
    remedy: Remedy,
) -> None:
    events.scopes = scopes  # type: ignore[assignment]
    events.refuses = status
    found = twitch(events, token)
    answer = Listener(found, CONTEST).fail()
    assert answer.message.startswith(message)
    assert answer.remedy is remedy
    assert (token or events.token) not in f"{answer!r}{found!r}"


@pytest.mark.covers("no such channel")
def test_a_channel_that_does_not_exist_is_reported_at_once(
    chat: TwitchChat, events: TwitchEventSub
) -> None:
    found = replace(twitch(events), channel="nobody")
    answer = Listener(found, CONTEST).fail()
    assert answer.message == "Twitch has no channel nobody."
    assert answer.remedy is Remedy.STOP


@pytest.mark.covers("away")
def test_an_unreachable_api_is_reported(events: TwitchEventSub) -> None:
    found = twitch(events)
    assert found.access is not None
    away = replace(found.access, id_url="http://127.0.0.1:9")
    assert (
        Listener(replace(found, access=away), CONTEST).fail().message
        == "Can't connect to 127.0.0.1."
    )


def heard(
    kind: str, event: object, contest: Contest = CONTEST, at: str = "2024-05-14T12:31:47.995298776Z"
) -> Heard:
    """Return what a notification says."""
    metadata = {
        "message_id": "n1",
        "message_type": "notification",
        "message_timestamp": at,
        "subscription_type": kind,
    }
    said = {"metadata": metadata, "payload": {"event": event}}
    settings = TwitchSettings(channels=("somechannel",), token="x")
    (found,) = PLUGIN.sources(settings, contest)
    assert isinstance(found, Twitch)
    return EventDecoder(found._decoder()).heard(decode_frame(json.dumps(said).encode()))


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("1", {}, "word:1"),
        (" 1 \u034f", {}, "word:1"),
        ("\x01ACTION 2\x01", {}, "word:2"),
        ("1 Kappa", {}, "word:1"),
        ("hello", {}, ""),
        ("1 2", {}, "word:1 word:2"),
        ("", {}, ""),
        ("@Bob 2", {"reply": {"parent_user_name": "Bob", "parent_user_login": "bob"}}, "word:2"),
        ("@Bob 2", {}, ""),
        ("1", {"source_broadcaster_user_id": "71092938", "source_message_id": "m1"}, "word:1"),
        ("1", {"source_broadcaster_user_id": "5", "source_message_id": "m0"}, ""),
    ],
)
@pytest.mark.parametrize("kind", ["channel.chat.message", "channel.chat.notification"])
def test_what_a_message_votes_with(
    text: str, more: dict[str, object], said: str, kind: str
) -> None:
    event = TwitchEventSub(TwitchChat()).event(ChatWritten("m1", "7", text, 5), **more)
    vote = heard(kind, event).vote
    assert (vote.post.tags if vote else "") == said
    if vote:
        assert vote.post.at_ms == 1_715_689_907_995
        assert vote.post.kind == ("reply" if "reply" in more else "post")


def test_the_copies_of_a_shared_chat_are_one_post() -> None:
    contest = replace(CONTEST, chat=Chat(shared="all"))
    make = TwitchEventSub(TwitchChat()).event
    copies = [
        make(ChatWritten(here, "7", "1", 5), source_broadcaster_user_id="5", source_message_id="m0")
        for here in ("m1", "m2")
    ]
    votes = [heard(MESSAGE, copy, contest).vote for copy in copies]
    assert [(vote.post.key, vote.id_here) for vote in votes if vote] == [("m0", "m1"), ("m0", "m2")]
    removed = heard("channel.chat.message_delete", {"message_id": "m2"}, contest)
    assert [(each.name, each.by_id) for each in removed.news] == [("m2", False), ("m2", True)]


@pytest.mark.covers("bad message")
@pytest.mark.parametrize(
    ("event", "bad"),
    [
        ({"message": {"text": "1"}}, "a message without its id, its user or its time"),
        ({"message": {"text": 1}}, "a notification of Twitch: Expected `str`"),
        ([], "a notification of Twitch: Expected `object`"),
        ({"message": None}, ""),
        ({}, ""),
    ],
)
def test_a_notification_that_cannot_be_used_is_reported(event: object, bad: str) -> None:
    found = heard(MESSAGE, event)
    assert found.vote is None
    assert found.bad.startswith(bad)
    assert bool(found.bad) == bool(bad)


def test_a_message_without_a_time_is_reported() -> None:
    event = TwitchEventSub(TwitchChat()).event(ChatWritten("m1", "7", "1", 5))
    assert "its time" in heard(MESSAGE, event, at="yesterday").bad


@pytest.mark.parametrize("kind", ["channel.chat.clear", "channel.chat_settings.update", "new"])
def test_a_cleared_screen_and_unknown_events_change_nothing(kind: str) -> None:
    assert heard(kind, {"target_user_id": "7", "message_id": "m1"}) == Heard()


@pytest.mark.parametrize(
    "settings",
    [
        {"token": "two words"},
        {"token": "line\nbreak"},
        {"eventsub_url": "ws://example.org/ws"},
        {"eventsub_url": "wss://example.org/ws?x"},
        {"api_url": "http://example.org"},
        {"id_url": "example.org"},
    ],
)
def test_settings_that_would_show_the_token_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"token|url") as caught:
        TwitchSettings(**settings)  # type: ignore[arg-type]
    assert "two words" not in str(caught.value)


def test_a_token_may_be_given_as_irc_wants_it() -> None:
    (found,) = PLUGIN.sources(TwitchSettings(channels=("x",), token="oauth:abc"), CONTEST)
    assert isinstance(found, Twitch)
    assert found.access is not None
    assert found.access.token == "abc"
    assert "abc" not in repr(found)
