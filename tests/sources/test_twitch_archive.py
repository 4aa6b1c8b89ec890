"""Recorded Twitch chats: raw lines, recent-messages answers, and lines of chat-downloader."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from twittervotes.app.main import main
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts
from twittervotes.rehearsal.twitch_chat import TwitchChat

WORDS = ("--words", "debian=1,deb", "arch=2")


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwitchChat]:
    """Return a chat that keeps its lines instead of sending them."""
    found = TwitchChat()
    lines: list[str] = []
    monkeypatch.setattr(found, "send", lines.append)
    monkeypatch.setattr(found, "heard", lines)
    found.write("7", "1 \u034f", 1_000)
    found.write("8", "2", 1_400)
    found.write("9", "hello 👍", 1_200)
    deleted = found.write("10", "deb", 1_500)
    found.write("11", "1", 1_600)
    found.write("7", "2", 1_700)
    found.delete(deleted)
    found.ban("11", 2_000)
    found.clear()
    found.write("11", "2", 3_000)
    lines += ["PING :tmi.twitch.tv", ":tmi.twitch.tv 001 justinfan1 :Welcome, GLHF!"]
    return found


def imported(tmp_path: Path, data: bytes, code: int = 0) -> list[Post]:
    """Import a file, and return the current versions of its posts."""
    file, ledger = tmp_path / "chat.log", tmp_path / "vote.votes"
    file.write_bytes(data)
    said = ["--hashtags", "debian", "arch", *WORDS]
    assert main(["import", str(file), "--ledger", str(ledger), *said]) == code
    with Reader(ledger) as reader:
        return sorted(current_posts(reader), key=lambda post: (post.at_ms, post.key))


def current(posts: list[Post]) -> list[tuple[str, str, str]]:
    return [(post.voter, post.tags, post.kind) for post in posts]


EXPECTED = [
    ("7", "word:1", "post"),
    ("8", "word:2", "post"),
    ("10", "", "withdrawn"),
    ("11", "word:1", "withdrawn"),
    ("7", "word:2", "post"),
    ("11", "word:2", "post"),
]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_raw_lines_are_counted_with_what_was_removed(
    pack: type[bytes],
    end: str,
    chat: TwitchChat,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = end.join([*chat.heard, ""]).encode()
    assert current(imported(tmp_path, pack(data))) == EXPECTED
    said = capsys.readouterr()
    assert "7 posts, 6 of the vote" in said.out
    assert "could not be read" not in said.out


def test_the_order_of_the_lines_does_not_matter(chat: TwitchChat, tmp_path: Path) -> None:
    data = "\n".join(reversed(chat.heard)).encode()
    assert current(imported(tmp_path, data)) == EXPECTED


def test_recent_messages_are_counted(chat: TwitchChat, tmp_path: Path) -> None:
    answer = {"messages": chat.heard, "error": None, "error_code": None}
    assert current(imported(tmp_path, json.dumps(answer).encode())) == EXPECTED


def test_a_message_marked_as_deleted_is_withdrawn(chat: TwitchChat, tmp_path: Path) -> None:
    line = chat.privmsg(chat.log[0], rm_deleted="1", rm_received_ts="1100", historical="1")
    (post,) = imported(tmp_path, line.encode())
    assert post.kind == "withdrawn"


def test_lines_of_chat_downloader_are_counted(tmp_path: Path) -> None:
    def message(key: str, voter: str, text: str, at_us: int, **more: object) -> dict[str, object]:
        about = {"action_type": "text_message", "message_type": "text_message"}
        author = {"id": voter, "name": "someone", "display_name": "Someone"}
        found = {"message_id": key, "message": text, "timestamp": at_us, "author": author}
        return {**about, **found, **more}

    first, second = "5a1b0e5c-1111-4222-8333-444455556666", "5a1b0e5c-1111-4222-8333-444455556667"
    lines = [
        message(first, "7", "1 Kappa", 1_000_000, emotes=[{"id": "25", "locations": ["2-6"]}]),
        message(second, "8", "2", 1_100_000),
        message("m3", "9", "2", 1_200_000, in_reply_to_message_id=first),
        message("m4", "10", "hello", 1_300_000),
        message("m5", "11", "1", 1_400_000),
        {"action_type": "delete_message", "target_message_id": second, "timestamp": 1_500_000},
        {"action_type": "clear_chat", "target_author_id": "11", "timestamp": 1_600_000},
        {"action_type": "room_state", "timestamp": 0, "slow_mode": 0},
    ]
    data = "\n".join(map(json.dumps, lines)).encode()
    assert current(imported(tmp_path, data)) == [
        ("7", "word:1", "post"),
        ("8", "", "withdrawn"),
        ("9", "word:2", "reply"),
        ("11", "word:1", "withdrawn"),
    ]


def test_what_chat_downloader_writes_besides_messages_is_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    author = {"id": "7", "name": "bob", "display_name": "Bob"}
    message = {"action_type": "text_message", "message_id": "m1", "timestamp": 1_000_000}
    lines: list[dict[str, object]] = [
        {**message, "author": author, "message": "1"},
        {
            **message,
            "message_id": "m2",
            "author": {**author, "id": "8"},
            "message": "@Bob 2",
            "in_reply_to": {"message": "1", "message_id": "m1", "author": author},
        },
        {"action_type": "user_notice", "message_id": "m3", "author": author, "timestamp": 1_000},
        {**message, "action_type": "user_notice", "message_id": "m4", "author": {"id": "9"}}
        | {"message": "2"},
        {"action_type": "notice", "message": "This room is in emote-only mode."},
        {"action_type": "clear_chat", "timestamp": 2_000_000},
        {"action_type": "reconnect"},
    ]
    assert current(imported(tmp_path, "\n".join(map(json.dumps, lines)).encode())) == [
        ("7", "word:1", "post"),
        ("8", "word:2", "reply"),
        ("9", "word:2", "post"),
    ]
    assert "3 posts, 3 of the vote\n" in capsys.readouterr().out


def test_damaged_lines_cost_only_themselves(
    chat: TwitchChat, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = "@id=;user-id=5;tmi-sent-ts=1 :a!a@a PRIVMSG #somechannel :1"
    data = "\n".join([bad, "@nonsense", *chat.heard, ":tmi.twitch.tv", chat.heard[0][:40]]).encode()
    assert current(imported(tmp_path, data, 3)) == EXPECTED
    assert "a message without its id" in capsys.readouterr().err
