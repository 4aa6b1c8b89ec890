"""The board as it is served: from the counter's file, from a ledger, to a client."""

from __future__ import annotations

import html
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import requests
from board_votes import document, ledger, snapshot, write
from patience import PATIENCE_S, until
from serving import Start, known, serving

from twittervotes.board import curtain, wire
from twittervotes.board.jobs import KINDS
from twittervotes.board.watch import votes_at
from twittervotes.client import Board, BoardError
from twittervotes.core.contest.snapshot import State
from twittervotes.core.ledger.reader import Reader


@pytest.fixture
def show(tmp_path: Path) -> Path:
    return ledger(tmp_path / "show.votes", settled=False)


def test_what_the_counter_writes_is_shown_live(show: Path, serve: Start) -> None:
    write(show, document(3, 2, 1))
    with known(serve(show), "show") as board:
        assert [share.votes for share in board.state("show").tally] == [3, 2, 1]
        states = board.watch("show")
        assert next(states).total == 6
        write(show, document(3, 2, 2))
        assert next(states).total == 7
        write(show, document(3, 2, 2, hidden=True))
        hidden = next(states)
        assert (hidden.hidden, hidden.total, hidden.digest) == (True, None, None)
        states.close()  # type: ignore[attr-defined]


def test_a_ledger_without_a_counter_is_read(tmp_path: Path, serve: Start) -> None:
    over = ledger(tmp_path / "over.votes")
    before = set(tmp_path.iterdir())
    with known(serve(over), "over") as board:
        found = board.contest("over")
        assert found.state.state == "provisional"
        assert [share.votes for share in found.state.tally] == [2, 0, 1]
        assert [act.kind for act in found.acts] == ["opened", "closed", "settled"]
        assert b'"provisional"' in board.file("over", "result.json")
        assert board.file("over", "result.csv").startswith(b'"choice",')
        assert b"<html" in board.file("over", "report.html")
        with zipfile.ZipFile(BytesIO(board.file("over", "pack.zip"))) as pack:
            assert "verify.py" in pack.namelist()
        assert zipfile.is_zipfile(BytesIO(board.file("over", "result.xlsx")))
    assert set(tmp_path.iterdir()) == before


def test_the_commands_on_the_proof_page_prove_the_result(tmp_path: Path, serve: Start) -> None:
    over = ledger(tmp_path / "over.votes")
    url = serve(over)
    with known(url, "over") as board:
        until(lambda: board.state("over").state == "provisional")
        pack = tmp_path / "pack.zip"
        pack.write_bytes(board.file("over", "pack.zip"))
    page = requests.get(f"{url}/c/over/proof", timeout=PATIENCE_S).text
    found = re.search(r"<code>(unzip .*?)</code>", page, re.DOTALL)
    assert found
    unzip, check = (shlex.split(line) for line in html.unescape(found[1]).splitlines())
    assert unzip[:2] == ["unzip", "pack.zip"]
    with zipfile.ZipFile(pack) as packed:
        packed.extractall(tmp_path, unzip[2:])
    assert check[0] == "python3"
    run = subprocess.run(
        [sys.executable, *check[1:]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "CONFIRMED" in run.stdout


def test_what_was_hidden_stays_hidden_when_the_counter_has_gone(
    tmp_path: Path, serve: Start
) -> None:
    over = ledger(tmp_path / "over.votes")
    write(over, document(1, 0, 0, hidden=True))
    old = time.time() - 3600
    os.utime(tmp_path / "over-graphics" / "board.json", (old, old))
    with known(serve(over), "over") as board:
        until(lambda: board.state("over").state == "provisional")
        assert board.state("over").hidden
        for kind in ("result.json", "pack.zip", "standings"):
            with pytest.raises(BoardError, match="hidden") as caught:
                board.file("over", kind)
            assert caught.value.status == 403


def test_a_running_vote_without_a_counter_is_hidden(show: Path, serve: Start) -> None:
    with known(serve(show), "show") as board:
        assert board.state("show").hidden


def test_a_slug_never_passes_from_one_vote_to_another(tmp_path: Path) -> None:
    (tmp_path / "show.votes").touch()
    assert [vote.slug for vote in votes_at(tmp_path)] == ["show"]
    (tmp_path / "Show.votes").touch()
    slugs = {vote.ledger.name: vote.slug for vote in votes_at(tmp_path)}
    assert len(set(slugs.values())) == 2
    assert "show" not in slugs.values()


def test_a_folder_is_a_catalogue(tmp_path: Path, serve: Start) -> None:
    for name in ("one", "two", "Straße 3"):
        write(ledger(tmp_path / f"{name}.votes", settled=False), document(3, 2, 1))
    (tmp_path / "broken.votes").write_bytes(b"no ledger")
    with known(serve(tmp_path), "one") as board:
        until(lambda: len(list(board.contests())) == 3)
        assert {each.contest.slug for each in board.contests()} == {"one", "two", "strae-3"}
        assert list(board.contests(q="#arch distribution")) != []
        assert list(board.contests(q="cats")) == []
        assert list(board.contests(state="final")) == []
        (tmp_path / "two.votes").unlink()
        until(lambda: len(list(board.contests())) == 2)


def test_a_folder_that_all_votes_write_into_is_followed(tmp_path: Path, serve: Start) -> None:
    first = ledger(tmp_path / "first.votes", settled=False)
    with Reader(first) as reader:
        ours = reader.contest
    files = tmp_path / "on-air"
    files.mkdir()

    def lay(votes: tuple[int, ...], opens_ms: int) -> None:
        picture = snapshot(*votes, names=tuple(choice.tag for choice in ours.choices))
        contest = replace(ours, opens_ms=opens_ms)
        said = curtain.document(replace(picture, contest=contest), hidden=False)
        (files / "part").write_bytes(wire.encode(said))
        (files / "part").replace(files / curtain.FILE)

    lay((3, 2, 1), ours.opens_ms + 5)  # of another vote with the same question
    with known(serve(first, "--files", files), "first") as board:
        assert board.state("first").hidden
        lay((30, 20, 10), ours.opens_ms)
        until(lambda: not board.state("first").hidden)
        assert board.state("first").total == 60
        lay((3, 2, 1), ours.opens_ms + 5)
        until(lambda: board.state("first").stale)
        assert board.state("first").total == 60


def test_a_missing_folder_of_files_is_reported(tmp_path: Path) -> None:
    vote = ledger(tmp_path / "show.votes")
    command = (sys.executable, "-m", "twittervotes", "board", str(vote), "--port", "0", "--files")
    with subprocess.Popen(
        [*command, str(tmp_path / "none")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as board:
        assert board.stdout is not None
        assert "The board is at" in board.stdout.readline()
        board.terminate()
        _, errors = board.communicate(timeout=PATIENCE_S)
    assert f"There is no folder {tmp_path / 'none'} yet" in errors
    refused = subprocess.run([*command, str(vote)], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert f"--files needs a folder, and {vote} isn't one." in refused.stderr


def test_damaged_files_of_the_counter_change_nothing(show: Path, serve: Start) -> None:
    write(show, document(3, 2, 1))
    url = serve(show)
    with known(url, "show") as board:
        path = show.with_name("show-graphics") / "board.json"
        whole = path.read_bytes()
        for bad in (b"", b"{", whole[:-5], b"[" * 100_000, whole.replace(b'"arch"', b'"bsd"', 1)):
            path.write_bytes(bad)
            time.sleep(0.3)  # that it is looked at is seen by nothing but the log
            assert board.state("show").total == 6
        write(show, document(3, 2, 2))
        until(lambda: board.state("show").total == 7)


def test_a_standing_that_was_published_can_be_fetched_by_its_digest(
    show: Path, serve: Start
) -> None:
    write(show, document(3, 2, 1))
    url = serve(show)
    with known(url, "show") as board:
        first = board.state("show")
        write(show, document(30, 2, 1))
        until(lambda: board.state("show").total == 33)
        assert [each.total for each in board.standings("show")] == [33, 6]
        assert first.digest
        assert board.state("show", first.digest) == first
        answer = requests.get(f"{url}/v1/contests/show/state/{first.digest}", timeout=PATIENCE_S)
        assert "immutable" in answer.headers["cache-control"]


def test_published_standings_outlive_the_board(show: Path) -> None:
    write(show, document(3, 2, 1))
    with serving(str(show)) as (url, process), known(url, "show") as board:
        write(show, document(30, 2, 1))
        until(lambda: board.state("show").total == 33)
        process.kill()
        process.wait(PATIENCE_S)
    write(show, document(30, 20, 1))
    with serving(str(show)) as (url, _), known(url, "show") as board:
        until(lambda: board.state("show").total == 51)
        assert [each.total for each in board.standings("show")] == [51, 33, 6]
        oldest = list(board.standings("show"))[-1]
        assert board.state("show", oldest.digest).total == 6
        write(show, document(30, 20, 1, hidden=True))
        until(lambda: board.state("show").hidden)
        with pytest.raises(BoardError, match="hidden"):
            board.state("show", oldest.digest)


def test_a_client_that_has_it_already_gets_nothing_twice(show: Path, serve: Start) -> None:
    write(show, document(3, 2, 1))
    url = serve(show)
    known(url, "show").close()
    first = requests.get(f"{url}/v1/contests/show/state", timeout=PATIENCE_S)
    again = requests.get(
        first.url, headers={"if-none-match": first.headers["etag"]}, timeout=PATIENCE_S
    )
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["access-control-allow-origin"] == "*"


def test_strangers_are_refused_in_sentences(show: Path, serve: Start) -> None:
    write(show, document(3, 2, 1))
    url = serve(show)
    known(url, "show").close()
    cases = (
        ("GET", "/v1/contests/none", {}, 404),
        ("GET", "/v1/contests?limit=1000", {}, 400),
        ("GET", "/v1/contests?after=x", {}, 400),
        ("GET", f"/v1/contests?q={'x' * 101}", {}, 400),
        ("GET", "/v1/contests/show/pack.zip", {}, 404),
        ("POST", "/v1/contests/show/state", {}, 405),
        ("GET", "/v1/contests/show/state", {"host": "evil.example"}, 421),
        ("GET", f"/v1/{'x' * 3000}", {}, 414),
    )
    for method, path, headers, status in cases:
        answer = requests.request(method, url + path, headers=headers, timeout=PATIENCE_S)
        assert answer.status_code == status, path
        assert answer.headers["content-type"].startswith("application/problem+json"), path
        assert answer.json()["status"] == status
    for path in ("/c/none", "/overlay/show?view=tv", "/overlay/show?x=1"):
        answer = requests.get(url + path, timeout=PATIENCE_S)
        assert answer.status_code in (400, 404)
        assert "<h1>" in answer.text


def test_more_viewers_than_allowed_are_asked_to_poll(show: Path, serve: Start) -> None:
    write(show, document(3, 2, 1))
    url = serve(show, "--max-viewers", "2")
    with known(url, "show") as board, Board(url) as other, Board(url) as third:
        watching = [board.watch("show"), other.watch("show")]
        assert [next(each).total for each in watching] == [6, 6]
        with pytest.raises(BoardError) as caught:
            next(third.watch("show"))
        assert caught.value.status == 503
        assert third.state("show").total == 6
        for each in watching:
            each.close()  # type: ignore[attr-defined]
        until(lambda: _can_watch(third))


def _can_watch(board: Board) -> bool:
    try:
        states = board.watch("show")
        next(states)
    except BoardError:
        return False
    states.close()  # type: ignore[attr-defined]
    return True


def test_pages_say_what_may_be_loaded_and_who_may_frame_them(show: Path, serve: Start) -> None:
    write(show, document(3, 2, 1, state=State.OPEN))
    url = serve(show)
    known(url, "show").close()
    for path in ("/", "/c/show", "/c/show/proof", "/embed/show", "/overlay/show", "/v1/contests"):
        answer = requests.get(url + path, timeout=PATIENCE_S)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        frameable = path.startswith(("/embed", "/overlay"))
        assert ("frame-ancestors *" in policy) == frameable
        assert ("x-frame-options" in answer.headers) != frameable
        assert " style=" not in answer.text
        assert "<script>" not in answer.text


def test_a_board_that_is_stopped_ends_its_streams(show: Path) -> None:
    write(show, document(3, 2, 1))
    with serving(str(show)) as (url, process):
        board = known(url, "show")
        states = board.watch("show")
        next(states)
        process.terminate()
        assert process.wait(PATIENCE_S) in (0, -15)
        assert list(states) == []
        board.close()


def test_a_mirror_serves_what_another_board_serves(tmp_path: Path, serve: Start) -> None:
    show, over = ledger(tmp_path / "show.votes", settled=False), ledger(tmp_path / "over.votes")
    write(show, document(3, 2, 1))
    write(over, document(3, 2, 1, state=State.PROVISIONAL))
    with serving(str(tmp_path)) as (origin, process):
        known(origin, "over").close()
        with known(serve("--mirror", origin), "show") as mirror, Board(origin) as board:
            until(lambda: len(mirror.summaries()) == 2)
            assert mirror.contest("over") == board.contest("over")
            assert mirror.file("over", "result.csv") == board.file("over", "result.csv")
            write(show, document(3, 2, 2, hidden=True))
            until(lambda: mirror.state("show").hidden)
            process.kill()
            process.wait(PATIENCE_S)
            until(lambda: mirror.state("show").stale)
            assert mirror.state("over").total == 6


def test_a_rehearsal_is_counted_and_shown(serve: Start) -> None:
    with known(serve("--rehearsal"), "rehearsal") as board:
        until(lambda: (board.state("rehearsal").total or 0) > 0)
        assert board.contest("rehearsal").contest.rehearsal


def test_every_answer_is_as_the_openapi_document_says(tmp_path: Path, serve: Start) -> None:
    over = ledger(tmp_path / "over.votes")
    url = serve(over)
    known(url, "over").close()
    told = requests.get(f"{url}/v1/openapi.json", timeout=PATIENCE_S).json()
    assert told["openapi"].startswith("3.1")
    assert set(told["paths"]) == {
        "/v1/contests",
        "/v1/contests/{slug}",
        *(f"/v1/contests/{{slug}}/{name}" for name in KINDS),
        *(f"/v1/contests/{{slug}}/{name}" for name in ("state", "minutes", "acts", "standings")),
        "/v1/contests/{slug}/state/{digest}",
        "/v1/contests/{slug}/stream",
        "/v1/contests/{slug}/lookup",
    }
    named = {"ContestDocument", "StateDocument", "Document", "CataloguePage", "ProblemDetails"}
    assert named <= set(told["components"]["schemas"])
    for path, item in told["paths"].items():
        names = {each["name"] for each in item["get"].get("parameters", ()) if each["in"] == "path"}
        assert names == {name for name in ("slug", "digest") if f"{{{name}}}" in path}


def test_a_catalogue_of_a_thousand_votes_is_read(tmp_path: Path, serve: Start) -> None:
    one = ledger(tmp_path / "vote-0.votes")
    for number in range(1, 1000):
        copy = tmp_path / f"vote-{number}.votes"
        shutil.copyfile(one, copy)
        if number % 20:  # the others have nothing from a counter
            write(copy, document(number, 2, 1, state=State.CERTIFIED))
    with known(serve(tmp_path), "vote-7") as board:
        until(lambda: len(board.summaries()) == 1000)
        slugs = {each.contest.slug for each in board.summaries()}
        assert slugs == {f"vote-{number}" for number in range(1000)}


def test_whatever_is_typed_stays_text_on_every_page(tmp_path: Path, serve: Start) -> None:
    show = ledger(tmp_path / "show.votes", settled=False)
    bad = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    picture = snapshot(3, 2, 1, names=(bad, "b", "c"))
    picture = replace(picture, contest=replace(picture.contest, title=bad))
    write(show, curtain.document(picture, hidden=False))
    url = serve(show)
    known(url, "show").close()
    views = ("view=lower", "view=ticker", "view=number")
    pages = ("/", "/c/show", "/c/show/proof", "/embed/show", "/overlay/show")
    for path in (*pages, *(f"/overlay/show?{view}" for view in views)):
        page = requests.get(url + path, timeout=PATIENCE_S).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
