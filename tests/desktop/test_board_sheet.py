"""Opening a board from the window: its address and its QR code, and what can be done about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from hand import Hand, snapshot
from patience import PATIENCE_S, until
from samples import CLOSES, OPENS, contest

from twittervotes.app import board_process
from twittervotes.app.board_process import BoardProcess
from twittervotes.core.contest.acts import CLOCK, Act, ActKind
from twittervotes.core.ledger.writer import Ledger
from twittervotes.desktop.actions.program import Program
from twittervotes.desktop.widgets.board_sheet import BoardSheet, ServedBoard
from twittervotes.desktop.widgets.overlay import open_sheets


def test_a_key_opens_the_board(hand: Hand) -> None:
    done: list[str] = []
    hand.window.program = Program(board=lambda: done.append("board"))
    hand.show(snapshot(1, 2))
    hand.press("<Control-b>")
    assert done == ["board"]


@pytest.mark.parametrize("is_shared", [False, True])
def test_the_sheet_shows_the_address_and_its_buttons(hand: Hand, is_shared: bool) -> None:
    done: list[str] = []
    hand.show(snapshot(1, 2))
    served = ServedBoard(
        "http://127.0.0.1:8080",
        is_shared,
        browse=lambda: done.append("browse"),
        share=lambda share: done.append(f"share {share}"),
        stop=lambda: done.append("stop"),
    )
    for number in range(3):
        hand.window.control.show_board(served)
        hand.root.update()
        (sheet,) = open_sheets(hand.root)
        assert isinstance(sheet, BoardSheet)
        labels = [each for each in sheet.inner.winfo_children() if each.winfo_class() == "Label"]
        texts = [str(each.cget("text")) for each in labels]  # type: ignore[no-untyped-call]
        assert "http://127.0.0.1:8080" in texts
        list(sheet.buttons.values())[number].press()
        assert open_sheets(hand.root) == []
    assert done == ["stop", f"share {not is_shared}", "browse"]


def test_a_board_is_started_shared_and_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_process, "PORTS", ("0",))
    monkeypatch.setattr(board_process, "own_address", lambda: "127.0.0.2")
    path = tmp_path / "over.votes"
    with Ledger.create(path, contest(), OPENS) as made:
        made.act(Act(ActKind.OPENED, OPENS))
        made.act(Act(ActKind.CLOSED, CLOSES, CLOCK))
    shown: list[ServedBoard] = []
    said: list[str] = []
    process = BoardProcess(lambda do: do(), shown.append, said.append)
    try:
        process.open(str(path))
        until(lambda: shown or said)
        assert said == []
        assert requests.get(f"{shown[0].address}/healthz", timeout=PATIENCE_S).ok
        process.open(str(path))
        assert shown[1] is shown[0]
        shown[0].share(True)
        until(lambda: len(shown) == 3)
        assert shown[2].address.startswith("http://127.0.0.2:")
        assert requests.get(f"{shown[2].address}/healthz", timeout=PATIENCE_S).ok
    finally:
        process.end()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{shown[2].address}/healthz", timeout=PATIENCE_S)


def test_a_board_that_cannot_start_says_why(tmp_path: Path) -> None:
    bad = tmp_path / "bad.votes"
    bad.write_bytes(b"no ledger")
    said: list[str] = []
    process = BoardProcess(lambda do: do(), lambda _: None, said.append)
    process.open(str(bad))
    until(lambda: said)
    assert "bad.votes" in said[0]
    process.end()
