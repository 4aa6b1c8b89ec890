"""The simulated YouTube chat does what the real one is known to do."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from twittervotes.rehearsal.youtube_chat import YouTubeChat


def asked(chat: YouTubeChat, path: str = "liveChat/messages", **said: str) -> tuple[int, object]:
    said = {"key": chat.key, "liveChatId": chat.chat, **said}
    status, body = chat.answer(f"/youtube/v3/{path}?{urlencode(said)}")
    return status, json.loads(body)


def test_pages_follow_their_tokens_and_overlap_by_one_message() -> None:
    chat = YouTubeChat()
    for number in range(100):
        chat.write("UCa", str(number))
    status, first = asked(chat)
    assert status == 200
    assert isinstance(first, dict)
    assert len(first["items"]) == 75
    chat.write("UCa", "new")
    _, second = asked(chat, pageToken=first["nextPageToken"])
    assert isinstance(second, dict)
    assert [item["snippet"]["displayMessage"] for item in second["items"]] == ["99", "new"]


def test_who_asks_too_soon_or_without_quota_or_key_is_refused() -> None:
    chat = YouTubeChat(interval_ms=60_000, units=16)
    assert [asked(chat)[0], asked(chat)[0]] == [200, 403]
    assert asked(chat, key="other")[0] == 400
    assert "quotaExceeded" in str(asked(chat))


def test_a_video_reports_its_chat_until_it_is_over() -> None:
    chat = YouTubeChat()
    assert "chat-1" in str(asked(chat, "videos", id=chat.video))
    chat.is_over = True
    assert "chat-1" not in str(asked(chat, "videos", id=chat.video))
    assert "offlineAt" in str(asked(chat))
