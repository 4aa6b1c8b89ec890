"""The simulated Twitch chat does what the real one is known to do."""

from __future__ import annotations

from websockets.sync.client import connect

from twittervotes.rehearsal.twitch_chat import TwitchChat


def test_it_greets_joins_and_delivers_what_is_written() -> None:
    with TwitchChat() as chat, connect(chat.url) as client:
        client.send("CAP REQ :twitch.tv/tags\r\nNICK justinfan1\r\n")
        client.send("JOIN #nobody\r\nJOIN #somechannel\r\n")
        lines: list[str] = []
        while not any("ROOMSTATE" in line for line in lines):
            lines += str(client.recv()).splitlines()
        while chat.joined == 0:
            pass
        chat.write("7", "1")
        lines += str(client.recv()).splitlines()
        chat.cut()
    commands = [line.split(" ")[1] for line in lines if line.startswith(":")]
    assert commands == ["CAP", "001", "002", "003", "004", "375", "372", "376", "JOIN", "366"]
    assert lines[-1].endswith(" PRIVMSG #somechannel :1")
    assert chat.listeners == 0


def test_it_keeps_what_was_removed_and_what_nobody_heard() -> None:
    chat = TwitchChat()
    first, second = chat.write("7", "1", 5), chat.write("8", "1", 6)
    chat.delete(first)
    chat.ban("8", 6)
    assert (first.removed, second.removed) == (True, False)
    assert chat.missed == [first.id, second.id]


def test_frames_are_cut_anywhere_and_come_out_whole_together() -> None:
    chat = TwitchChat(frame_bytes=3)
    data = "日本 1\r\n".encode()
    pieces = list(chat._pieces(data))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 3
