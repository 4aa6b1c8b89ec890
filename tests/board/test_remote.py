"""The command that asks a board."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from board_votes import document, ledger, write
from serving import Start, known

from twittervotes.app.main import main
from twittervotes.client import Board, BoardError
from twittervotes.core.contest.snapshot import State


@pytest.fixture
def url(tmp_path: Path, serve: Start) -> str:
    path = ledger(tmp_path / "over.votes")
    write(path, document(2, 0, 1, state=State.PROVISIONAL))
    url = serve(path)
    known(url, "over").close()
    return url


def test_everything_on_a_board_can_be_queried(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words, expected in (
        ("list", "over"),
        ("show over", "digest"),
        ("watch over", "provisional  3 votes"),
        ("result over", '"provisional"'),
    ):
        assert main(["remote", url, *words.split()]) == 0
        assert expected in capsys.readouterr().out
    assert main(["remote", url, "show", "over", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"]["total"] == 3


def test_mistakes_are_reported(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([url, "show", "none"], [url, "watch"], ["http://127.0.0.1:1", "list"]):
        assert main(["remote", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_an_answer_that_is_no_boards_is_refused(httpserver: object) -> None:
    from pytest_httpserver import HTTPServer

    assert isinstance(httpserver, HTTPServer)
    for body in ("", "{", "[]", '{"items": 3}', "[" * 100_000):
        httpserver.clear()
        httpserver.expect_request("/v1/contests").respond_with_data(body)
        with Board(httpserver.url_for("/")) as board, pytest.raises(BoardError):
            board.summaries()
