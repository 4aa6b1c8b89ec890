"""Lines of Twitch's chat: cut out of frames, taken apart, and what they mean for a vote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.posts import Post
from twittervotes.core.contest.words import Chat, Words
from twittervotes.rehearsal.twitch_chat import ChatWritten, TwitchChat, escaped
from twittervotes.sources.chat_votes import Votes
from twittervotes.sources.plugin import Deleted, Presence
from twittervotes.sources.twitch.decode import BadLineError, Decoder
from twittervotes.sources.twitch.irc import LONGEST_LINE, IrcMessage, Splitter, parse

KNOWN = {"1": "word:1", "2": "word:2", "voteyea": "word:voteyea"}
DECODER = Decoder(Words(KNOWN, Chat()))
ALL = Decoder(Words(KNOWN, Chat()), shared=True)
NO_REPLIES = Decoder(Words(KNOWN, Chat()), replies=False)
CHAT = TwitchChat()


def line(text: str, command: str = "PRIVMSG", **tags: str) -> IrcMessage:
    """Return the line of a message "m1" of user 7, sent at 5000."""
    found = parse(CHAT.privmsg(ChatWritten("m1", "7", text, 5000), command, **tags))
    assert found is not None
    return found


def said(found: IrcMessage, decoder: Decoder = DECODER) -> str:
    vote = decoder.vote(found)
    return "" if vote is None else vote.post.tags


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("PING :tmi.twitch.tv", ("", "", "PING", ("tmi.twitch.tv",))),
        ("@a=b;c :n!u@h PRIVMSG #c :a :b", ("a=b;c", "n!u@h", "PRIVMSG", ("#c", "a :b"))),
        ("@a= :h PRIVMSG #c one", ("a=", "h", "PRIVMSG", ("#c", "one"))),
        (
            ":!@.tmi.twitch.tv CLEARCHAT ogprodigy",
            ("", "!@.tmi.twitch.tv", "CLEARCHAT", ("ogprodigy",)),
        ),
    ],
)
def test_a_line_is_taken_apart(text: str, parts: tuple[str, str, str, tuple[str, ...]]) -> None:
    assert parse(text) == IrcMessage(*parts)


@pytest.mark.parametrize("text", ["", " ", "@", "@a=b", ":", "@a :b", "::: :::", "\x00", "@a=b  "])
def test_an_invalid_line_is_ignored(text: str) -> None:
    assert parse(text) is None


@given(st.text())
def test_no_line_raises(text: str) -> None:
    found = parse(text)
    if found is not None:
        found.tags()
        assert list(DECODER.news(found)) is not None


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_tag_is_read_as_it_was_escaped(value: str) -> None:
    assert IrcMessage(f"a={escaped(value)}", "", "", ()).tags() == {"a": value}


def test_a_stray_backslash_is_dropped() -> None:
    assert IrcMessage("a=x\\by\\", "", "", ()).tags() == {"a": "xby"}


@given(st.lists(st.integers(1, 40), max_size=60))
def test_lines_come_out_whole_however_frames_are_cut(sizes: list[int]) -> None:
    texts = ["PING :é", "@a=b :x PRIVMSG #c :1 👍", ":x 001 n :日本"]
    data, splitter, found = "".join(f"{text}\r\n" for text in texts).encode(), Splitter(), []
    for size in [*sizes, len(data)]:
        found += splitter.lines(data[:size])
        data = data[size:]
    assert found == texts


def test_a_line_without_an_end_is_abandoned_and_the_next_is_read() -> None:
    splitter = Splitter()
    assert list(splitter.lines(b"x" * (LONGEST_LINE + 1))) == []
    assert list(splitter.lines(b"x\r\nPING\r\n")) == ["PING"]


# --- votes ------------------------------------------------------------------------------------


def test_a_message_is_a_post_with_its_words_and_its_time() -> None:
    vote = DECODER.vote(line("1"))
    assert vote is not None
    assert vote.post == Post("twitch", "m1", "7", 5000, "word:1", "post", 5000)


@pytest.mark.parametrize(
    ("found", "tags"),
    [
        (line("1 \u034f"), "word:1"),
        (line("1 \U000e0000"), "word:1"),
        (line("\x01ACTION 2\x01"), "word:2"),
        (line("1 Kappa", emotes="25:2-6"), "word:1"),
        (line("1 Kappa"), ""),
        (line("VoteYea", emotes="99:0-6"), "word:voteyea"),
        (line("2", "USERNOTICE", msg_id="resub"), "word:2"),
        (line("", "USERNOTICE", msg_id="resub"), ""),
        (line("2", "WHISPER"), ""),
        (line("@Bob 1", reply_parent_msg_id="p", reply_parent_display_name="Bob"), "word:1"),
        (line("@bob 1", reply_parent_msg_id="p", reply_parent_user_login="bob"), "word:1"),
        (line("@bob 1"), ""),
        (line("Cheer100 1", bits="100"), ""),
        (line("1", source_room_id="71092938", source_id="m1"), "word:1"),
        (line("1", source_room_id="141981764", source_id="s1"), ""),
    ],
)
def test_what_a_message_votes_with(found: IrcMessage, tags: str) -> None:
    assert said(found) == tags


def test_a_reply_is_one_and_may_be_ignored() -> None:
    reply = line("@bob 1", reply_parent_msg_id="p", reply_parent_user_login="bob")
    vote = DECODER.vote(reply)
    assert vote is not None
    assert vote.post.kind == "reply"
    assert NO_REPLIES.vote(reply) is None


def test_the_copies_of_a_shared_chat_are_one_post() -> None:
    here = ALL.vote(line("1", source_room_id="141981764", source_id="s1"))
    there = ALL.vote(line("1", room_id="141981764", source_room_id="141981764", source_id="s1"))
    assert here is not None
    assert there is not None
    assert here.post == there.post
    assert (here.post.key, here.id_here) == ("s1", "m1")


@pytest.mark.covers("bad message")
@pytest.mark.parametrize(
    "tags",
    [{"id": ""}, {"user_id": ""}, {"user_id": "x"}, {"tmi_sent_ts": ""}, {"tmi_sent_ts": "9" * 99}],
)
def test_a_vote_without_its_id_user_or_time_is_bad(tags: dict[str, str]) -> None:
    with pytest.raises(BadLineError, match="without its id"):
        DECODER.vote(line("1", **tags))
    assert DECODER.vote(line("hello", **tags)) is None


# --- removals ---------------------------------------------------------------------------------


def news(text: str, decoder: Decoder = DECODER) -> list[object]:
    found = parse(text)
    assert found is not None
    return list(decoder.news(found))


def test_a_deletion_without_a_room_is_read() -> None:
    text = "@login=ron;room-id=;target-msg-id=m1;tmi-sent-ts=9 :tmi.twitch.tv CLEARMSG #c :1"
    assert news(text) == [Deleted("twitch", "m1")]
    assert news(text, ALL) == [Deleted("twitch", "m1"), Deleted("twitch", "m1", by_id=True)]


def test_bans_and_timeouts_withdraw_earlier_messages() -> None:
    tags = "room-id=1;target-user-id=7;tmi-sent-ts=9"
    for more in ("", "ban-duration=150;"):
        expected = [Presence("twitch", "7", 9, active=False)]
        assert news(f"@{more}{tags} :tmi.twitch.tv CLEARCHAT #c :x") == expected


def test_a_cleared_screen_takes_nothing_back() -> None:
    assert news("@room-id=1;tmi-sent-ts=9 :tmi.twitch.tv CLEARCHAT #c") == []
    assert news(":!@.tmi.twitch.tv CLEARCHAT ogprodigy") == []


def test_removals_withdraw_known_votes_but_no_later_ones() -> None:
    votes = Votes()
    posts = [Post("twitch", f"m{at}", "7", at, "word:1", "post", at) for at in (1, 2, 3)]
    for post in posts:
        votes.put(post)
    gone = list(votes.withdrawn(Presence("twitch", "7", 3, active=False)))
    assert [(post.key, post.kind, post.revision) for post in gone] == [
        ("m1", "withdrawn", 4),
        ("m2", "withdrawn", 4),
    ]
    (deleted,) = votes.withdrawn(Deleted("twitch", "m3"))
    assert (deleted.tags, deleted.kind, deleted.revision) == ("", "withdrawn", 0)
    assert list(votes.withdrawn(Deleted("twitch", "m3"))) == []


def test_a_deleted_copy_is_found_by_its_id_in_this_room() -> None:
    votes = Votes()
    votes.put(Post("twitch", "s1", "7", 1, "word:1"), "m1")
    assert list(votes.withdrawn(Deleted("twitch", "m1"))) == []
    (deleted,) = votes.withdrawn(Deleted("twitch", "m1", by_id=True))
    assert deleted.key == "s1"
