"""YouTube's live chat read from a simulated one: pages, removals, the quota, and troubles."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patience import until

from twittervotes.app.main import main
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Deleted, Failed, Page, Post, Remedy
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader as LedgerReader
from twittervotes.core.ledger.search import current_posts
from twittervotes.rehearsal.youtube_chat import YouTubeChat, iso, refusal
from twittervotes.sources._common import time_ms
from twittervotes.sources.youtube import PLUGIN, quota, source
from twittervotes.sources.youtube.source import YouTube, YouTubeSettings

CONTEST = Contest("?", (Choice("debian", words=("1",)), Choice("arch", words=("2",))))


@pytest.fixture
def chat() -> Iterator[YouTubeChat]:
    source._states.clear()
    with YouTubeChat() as running:
        yield running


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def said(posts: list[Post]) -> list[tuple[str, str]]:
    return [(post.voter, post.tags) for post in posts]


class Reader:
    """Asks a source as the schedule would, and keeps what came."""

    def __init__(self, chat: YouTubeChat, opens_ms: int | None = None, **more: object) -> None:
        settings = YouTubeSettings(chat.video, chat.key, api_url=chat.url)
        (found,) = PLUGIN.sources(settings, CONTEST)
        assert isinstance(found, YouTube)
        self.source = replace(found, **more)
        self.opens_ms = now_ms() if opens_ms is None else opens_ms
        self.cursor = ""
        self.posts: list[Post] = []

    def ask(self, **more: object) -> Ask:
        feed = self.source.feeds(CONTEST)[0]
        ask = Ask(feed, since=self.cursor, opens_ms=self.opens_ms, today_ms=now_ms())
        return replace(ask, **more)

    def read(self, **more: object) -> Page:
        answer = self.source.fetch(self.ask(**more))
        assert isinstance(answer, Page), answer
        self.cursor = answer.newest
        self.posts += answer.posts
        return answer

    def fail(self) -> Failed:
        answer = self.source.fetch(self.ask())
        assert isinstance(answer, Failed), answer
        return answer


def test_pages_follow_their_tokens_and_each_message_comes_once(chat: YouTubeChat) -> None:
    reader = Reader(chat)
    chat.write("UCa", "1 :face-blue-smiling:")
    reader.read()
    chat.write("UCb", "2")
    chat.write("UCc", "hello")
    reader.read()
    reader.read()
    assert [(post.voter, post.tags) for post in reader.posts] == [
        ("UCa", "word:1"),
        ("UCb", "word:2"),
    ]
    assert chat.requests == ["videos", "messages", "messages", "messages"]


@pytest.mark.parametrize("digits", [3, 5, 6])
@pytest.mark.parametrize("zulu", [True, False])
def test_times_are_read_with_any_digits_and_either_zone(digits: int, zulu: bool) -> None:
    assert time_ms(iso(1_685_045_288_479, digits, zulu=zulu)) == 1_685_045_288_479
    assert [time_ms(text) for text in ("", "x", None, "2023-05-25T20:08:08")] == [0] * 4


def test_a_super_chat_votes_with_what_its_author_wrote(chat: YouTubeChat) -> None:
    said = {"userComment": "2", "amountDisplayString": "¥200"}
    chat.put("superChatEvent", "UCa", superChatDetails=said, displayMessage='¥200 from A: "2"')
    chat.put("memberMilestoneChatEvent", "UCb", memberMilestoneChatDetails={"userComment": "1"})
    chat.put("superStickerEvent", "UCc", displayMessage="1")
    chat.put("somethingNewEvent", "UCd", displayMessage="1")
    reader = Reader(chat)
    assert reader.read().bad == ()
    assert [(post.voter, post.tags) for post in reader.posts] == [
        ("UCa", "word:2"),
        ("UCb", "word:1"),
    ]


@pytest.mark.covers("removed")
def test_removed_messages_are_withdrawn(chat: YouTubeChat) -> None:
    reader = Reader(chat)
    keys = [chat.write(f"UC{number}", "1") for number in range(5)]
    reader.read()
    chat.put("messageDeletedEvent", messageDeletedDetails={"deletedMessageId": keys[0]})
    chat.put("messageRetractedEvent", messageRetractedDetails={"retractedMessageId": keys[1]})
    chat.items.append({"id": keys[2], "snippet": {"type": "tombstone", "publishedAt": iso(1)}})
    banned = {"banType": "permanent", "bannedUserDetails": {"channelId": "UC3"}}
    chat.put("userBannedEvent", at_ms=now_ms() + 5, userBannedDetails=banned)
    chat.again(keys[4], "[Message deleted]")
    reader.posts.clear()
    reader.read()
    assert sorted((post.key, post.kind) for post in reader.posts) == [
        (key, "withdrawn") for key in sorted(keys)
    ]


def test_a_removed_text_is_reported_after_a_restart(chat: YouTubeChat) -> None:
    reader = Reader(chat, now_ms() - 1_000)
    key = chat.write("UCa", "1")
    until(lambda: int(reader.read().newest.split(" ")[0]) > reader.posts[0].at_ms)
    source._states.clear()
    chat.again(key, "[Message deleted]")
    chat.write("UCb", "hello", now_ms() + 60_000)
    assert reader.read().news == (Deleted("youtube", key),)


@pytest.mark.covers("first page")
def test_a_first_answer_that_begins_late_is_a_gap(chat: YouTubeChat) -> None:
    opens_ms = now_ms() - 200_000
    for number in range(200):
        chat.write(f"UC{number}", "1", opens_ms + number * 1000)
    page = Reader(chat, opens_ms).read()
    (gap,) = page.gaps
    assert (gap.from_ms, gap.to_ms) == (opens_ms, opens_ms + 125_000)
    assert page.gaps_stay
    source._states.clear()
    assert Reader(chat, opens_ms + 125_000).read().gaps == ()


def test_a_new_process_continues_from_the_last_token(chat: YouTubeChat) -> None:
    reader = Reader(chat, now_ms() - 1_000)
    reader.read()
    source._states.clear()
    for number in range(100):
        chat.write(f"UC{number}", "1")
    assert reader.read().gaps == ()
    assert len(reader.posts) == 100


def test_the_final_reading_continues_from_the_last_token(chat: YouTubeChat) -> None:
    reader = Reader(chat, now_ms() - 1_000)
    reader.read()
    source._states.clear()
    for number in range(100):
        chat.write(f"UC{number}", "1")
    page = reader.read(since="", sweep=True, left_at=reader.cursor)
    assert (page.gaps, len(reader.posts)) == ((), 100)


def test_an_unrecorded_page_is_read_again(chat: YouTubeChat) -> None:
    reader = Reader(chat, now_ms() - 1_000)
    before = reader.read().newest
    chat.write("UCa", "1")
    for _ in range(2):
        source._states.clear()
        reader.posts.clear()
        reader.read(since="", sweep=True, left_at=before)
        assert said(reader.posts) == [("UCa", "word:1")]


@pytest.mark.covers("token lost")
def test_a_refused_token_leaves_a_gap(
    chat: YouTubeChat,
) -> None:
    reader = Reader(chat, now_ms() - 1_000)
    read_ms = int(reader.read().newest.split(" ")[0])
    for number in range(100):
        chat.write(f"UC{number}", "1", read_ms + 1_000 + number)
    chat.refusals.append(refusal("pageTokenInvalid", 400))
    page = reader.read()
    (gap,) = page.gaps
    assert (gap.from_ms, gap.to_ms) == (read_ms, read_ms + 1_025)
    assert len(reader.posts) == 75


@pytest.mark.covers("too fast")
def test_it_never_asks_sooner_than_youtube_wants(chat: YouTubeChat) -> None:
    chat.interval_ms = 300
    reader = Reader(chat)
    for _ in range(3):
        reader.read()
    chat.refusals.append(refusal("rateLimitExceeded"))
    answer = reader.fail()
    assert answer.remedy is Remedy.RETRY
    assert answer.retry_in_ms


def test_it_waits_as_long_as_the_latest_answer_says(chat: YouTubeChat) -> None:
    reader = Reader(chat)
    for interval_ms in (120, 700):
        chat.interval_ms = interval_ms
        reader.read()
        assert source._states[reader.source.name].interval_s == interval_ms / 1000
    asked_at = time.monotonic()
    reader.read()
    assert time.monotonic() - asked_at > 0.5
    assert chat.requests.count("messages") == 3


@pytest.mark.covers("quota used up")
def test_the_quota_is_reported_and_awaited(chat: YouTubeChat) -> None:
    chat.units = 11
    reader = Reader(chat, units=11)
    quota_left = reader.read().quota
    assert quota_left is not None
    assert quota_left.remaining == 1
    reader.read()
    answer = reader.fail()
    assert answer.remedy is Remedy.WAIT
    assert answer.retry_in_ms is not None
    assert 0 < answer.retry_in_ms <= quota.DAY_MS + 3_600_000


@pytest.mark.covers("quota used up")
def test_an_exhausted_quota_leaves_a_gap(chat: YouTubeChat) -> None:
    reader = Reader(chat, now_ms() - 10_000_000)
    _, found, token = reader.read().newest.split(" ")
    ended_ms = now_ms() - 7_200_000
    reader.cursor = f"{ended_ms} {found} {token}"
    chat.write("UCa", "1")
    (gap,) = reader.read().gaps
    assert (gap.from_ms, gap.to_ms) == (ended_ms, reader.posts[0].at_ms)


def test_the_quota_is_filled_again_at_midnight_in_california() -> None:
    at = datetime(2026, 11, 21, 7, 59, 0, tzinfo=UTC).timestamp() * 1000
    assert quota.reset_in_ms(int(at)) == 60_000
    assert "2,000 requests" in quota.words(10_000)
    assert "43 minutes" in quota.words(10_000)


@pytest.mark.covers("over")
def test_a_finished_chat_is_not_queried(chat: YouTubeChat) -> None:
    reader = Reader(chat)
    chat.write("UCa", "1")
    chat.put("chatEndedEvent")
    reader.read()
    asked = len(chat.requests)
    assert reader.read(sweep=True, since="").posts == ()
    assert len(chat.requests) == asked
    source._states.clear()
    chat.refusals = [(200, chat._of_videos(chat.video)[1]), refusal("liveChatEnded")]
    (gap,) = Reader(chat, now_ms() - 5_000).read().gaps
    assert gap.to_ms - gap.from_ms >= 5_000


@pytest.mark.covers("restarted stream")
def test_a_stream_that_is_started_again_is_found_again(chat: YouTubeChat) -> None:
    reader = Reader(chat)
    reader.read()
    chat.chat = "chat-2"
    assert reader.fail().remedy is Remedy.RETRY
    chat.write("UCa", "1")
    reader.read()
    assert [post.voter for post in reader.posts] == ["UCa"]


@pytest.mark.covers("refused")
@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (refusal("forbidden"), Remedy.STOP),
        (refusal("liveChatDisabled"), Remedy.STOP),
        (refusal("keyInvalid", 400), Remedy.STOP),
        (refusal("", 401), Remedy.STOP),
        (refusal("dailyLimitExceeded"), Remedy.WAIT),
        (refusal("backendError", 503), Remedy.RETRY),
        ((502, b"<html>Bad Gateway</html>"), Remedy.RETRY),
        ((200, b"<html>"), Remedy.RETRY),
        ((200, b'{"items": {}}'), Remedy.RETRY),
        ((418, b""), Remedy.STOP),
    ],
)
def test_an_invalid_page_is_reported(
    answer: tuple[int, bytes], remedy: Remedy, chat: YouTubeChat
) -> None:
    reader = Reader(chat)
    reader.read()
    chat.refusals.append(answer)
    failed = reader.fail()
    assert failed.remedy is remedy
    assert chat.key not in f"{failed.message} {failed.advice}"


@pytest.mark.covers("no live chat")
def test_a_missing_video_or_chat_is_reported(chat: YouTubeChat) -> None:
    assert Reader(chat, video="kkkkkkkkkkk").fail().remedy is Remedy.STOP
    chat.is_over = True
    assert "has no live chat now" in Reader(chat).fail().message


@pytest.mark.covers("bad message")
def test_a_message_that_cannot_be_read_costs_no_other(chat: YouTubeChat) -> None:
    chat.items += [
        {"id": 17},
        {"snippet": {}},
        {"id": "x y", "snippet": {"type": "textMessageEvent"}},
    ]
    chat.write("UCa", "1")
    reader = Reader(chat)
    page = reader.read()
    assert [post.voter for post in page.posts] == ["UCa"]
    assert len(page.bad) == 3


def test_two_thousand_messages_on_a_page_are_read(chat: YouTubeChat) -> None:
    reader = Reader(chat)
    reader.read()
    for number in range(2000):
        chat.write(f"UC{number}", "1")
    assert len(reader.read().posts) == 2000


@pytest.mark.parametrize(
    "video",
    [
        "abcdefghijk",
        "https://www.youtube.com/watch?v=abcdefghijk&t=1",
        "https://youtu.be/abcdefghijk",
    ],
)
def test_a_video_may_be_given_by_its_id_or_its_address(video: str) -> None:
    (found,) = PLUGIN.sources(YouTubeSettings(video, "a-key"), CONTEST)
    assert found.name == "youtube:abcdefghijk"
    assert "a-key" not in repr(found)


@pytest.mark.parametrize("more", [{"video": "x"}, {"quota": 1}, {"api_url": "http://x"}])
def test_settings_that_cannot_be_meant_are_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"video|quota|api_url"):
        YouTubeSettings(**more)  # type: ignore[arg-type]


def test_it_says_what_is_missing() -> None:
    assert len(PLUGIN.needs(YouTubeSettings())) == 2
    with pytest.raises(ConfigError, match="Set video"):
        PLUGIN.sources(YouTubeSettings(), CONTEST)


# --- files ------------------------------------------------------------------------------------


def imported(tmp_path: Path, data: bytes) -> list[tuple[str, str, str]]:
    file, ledger = tmp_path / "chat.json", tmp_path / "vote.votes"
    file.write_bytes(data)
    said = ["--hashtags", "debian", "arch", "--words", "debian=1", "arch=2"]
    assert main(["import", str(file), "--ledger", str(ledger), *said]) == 0
    with LedgerReader(ledger) as reader:
        found = sorted(current_posts(reader), key=lambda post: (post.at_ms, post.key))
    return [(post.voter, post.tags, post.kind) for post in found]


def test_recorded_answers_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chat = YouTubeChat()
    keys = [chat.write(f"UC{number}", text, 1_000 + number) for number, text in enumerate("12x1")]
    chat.put("messageDeletedEvent", messageDeletedDetails={"deletedMessageId": keys[1]})
    banned = {"bannedUserDetails": {"channelId": "UC3"}}
    chat.put("userBannedEvent", at_ms=5_000, userBannedDetails=banned)
    answer = chat._of_messages({"liveChatId": [chat.chat]})[1]
    assert imported(tmp_path, answer) == [
        ("UC0", "word:1", "post"),
        ("UC1", "", "withdrawn"),
        ("UC3", "word:1", "withdrawn"),
    ]
    assert "4 posts, 3 of the vote" in capsys.readouterr().out


def test_single_messages_are_counted(tmp_path: Path) -> None:
    chat = YouTubeChat()
    chat.write("UC0", "1", 1_000)
    data = "\n".join(map(json.dumps, chat.items)).encode()
    assert imported(tmp_path, data) == [("UC0", "word:1", "post")]


def test_lines_of_chat_downloader_are_counted(tmp_path: Path) -> None:
    def message(key: str, author: str, text: str, at_us: int, kind: str) -> dict[str, object]:
        found = {"message_id": key, "message": text, "timestamp": at_us, "author": {"id": author}}
        return {"action_type": "add_chat_item", "message_type": kind, **found}

    encoded = base64.b64encode(b"message").decode()
    lines = [
        message(encoded, "UCa", "1", 1_000_000, "text_message"),
        message("m2", "UCb", "2", 2_000_000, "paid_message"),
        message("m3", "UCc", "2", 3_000_000, "text_message"),
        {"action_type": "mark_chat_item_as_deleted", "target_message_id": encoded},
        {
            "action_type": "mark_chat_items_by_author_as_deleted",
            "author": {"id": "UCc"},
            "timestamp": 4_000_000,
        },
    ]
    assert imported(tmp_path, "\n".join(map(json.dumps, lines)).encode()) == [
        ("UCa", "", "withdrawn"),
        ("UCb", "word:2", "post"),
        ("UCc", "word:2", "withdrawn"),
    ]


def test_what_chat_downloader_writes_besides_messages_is_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def message(key: str, author: str, text: str | None, at_us: int) -> dict[str, object]:
        found = {"message_id": key, "message": text, "timestamp": at_us, "author": {"id": author}}
        return {"action_type": "add_chat_item", "message_type": "text_message", **found}

    def removed(action: str, target: str) -> dict[str, object]:
        return {"action_type": action, "target_message_id": target, "message": None}

    def banned(action: str, author: str) -> dict[str, object]:
        """Return a ban: YouTube gives none a time."""
        return {"action_type": action, "author": {"id": author, "name": ""}, "message": "gone"}

    replaced = {"action_type": "replace_chat_item", "timestamp": 8_000_000}
    lines = [
        {"action_type": "add_chat_item", "message": "Welcome!", "message_id": "m0"},
        message("m1", "UCa", "1", 1_000_000),
        message("m2", "UCb", "1", 2_000_000),
        message("m3", "UCc", "1", 3_000_000),
        message("m4", "UCd", "1", 4_000_000),
        message("m5", "UCe", None, 4_000_000),  # a sticker
        {**message("m2", "UCb", "1", 2_000_000), "action_type": "add_live_chat_ticker_item"},
        removed("remove_chat_item", "m1"),
        banned("mark_chat_items_by_author_as_deleted", "UCb"),
        banned("remove_chat_item_by_author", "UCc"),
        message("m6", "UCb", "2", 5_000_000),  # after the ban
        {**message("m7", "UCf", "2", 6_000_000), "action_type": "replace_chat_item"},  # was held
        {**replaced, "message_id": "m4", "message": None},
        {"action_type": "add_banner_to_live_chat", "message": None},
    ]
    assert imported(tmp_path, "\n".join(map(json.dumps, lines)).encode()) == [
        ("UCa", "", "withdrawn"),
        ("UCb", "word:1", "withdrawn"),
        ("UCc", "word:1", "withdrawn"),
        ("UCd", "", "withdrawn"),
        ("UCb", "word:2", "post"),
        ("UCf", "word:2", "post"),
    ]
    assert "6 posts, 6 of the vote\n" in capsys.readouterr().out
