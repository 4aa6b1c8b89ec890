"""Looking up posts, if the operator allows it: whether they counted or why not, never for what."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from board_votes import document, ledger, write
from patience import PATIENCE_S, until
from samples import CLOSES, OPENS, contest, page, post
from serving import Start, known

from twittervotes.ballots.receipts import ballot_key, looked_up
from twittervotes.ballots.store import BallotStore
from twittervotes.client import BoardError
from twittervotes.core.contest.acts import CLOCK, Act, ActKind
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.references import meant
from twittervotes.core.counting.lookup import statuses
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import authors
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.sources.web.keys import Keys

TAGS = ("debian", "ubuntu", "arch")
LINK = "https://x.com/somebody/status/"


@pytest.fixture
def over(tmp_path: Path) -> Path:
    return ledger(tmp_path / "over.votes")


def test_a_link_says_whether_and_how_a_post_counted(over: Path) -> None:
    with Reader(over) as reader:
        for number, verdict in (("1", Verdict.COUNTED), ("4", Verdict.NO_CHOICE)):
            (found,) = statuses(reader, f"{LINK}{number}?s=20")
            assert (found.verdict, found.entry > 2) == (verdict, True)
        assert statuses(reader, f"{LINK}9") == ()


def test_an_account_finds_nothing(over: Path) -> None:
    with Reader(over) as reader:
        voter = post("1").voter
        assert authors(reader, meant(voter))
        for wanted in (voter, f"x:{voter}", "", "%", "' OR 1=1 --", "x" * 2000):
            assert statuses(reader, wanted) == ()


def test_a_look_up_never_reveals_the_choice(tmp_path: Path, serve: Start) -> None:
    answers = set()
    for tag in TAGS:
        folder = tmp_path / tag
        folder.mkdir()
        with Ledger.create(folder / "one.votes", contest(), OPENS) as made:
            made.act(Act(ActKind.OPENED, OPENS))
            about = {"network": "x", "complete": True, "queries": ["all"]}
            made.append([Entry("source", "twitter", about)], OPENS)
            position = {"cursor": "1", "read_ms": CLOSES + 1}
            made.append([page([post("1", tag)], position=position)], OPENS + 5000)
            made.act(Act(ActKind.CLOSED, CLOSES, CLOCK))
            made.append([Entry("swept", "twitter", {})], CLOSES + 60_000)
            made.act(Act(ActKind.SETTLED, CLOSES + 60_000, CLOCK))
        url = serve(folder, "--lookups")
        with known(url, "one") as board:
            until(lambda: board.state("one").state == "provisional")
        query = {"post": f"{LINK}1"}
        answer = requests.get(f"{url}/v1/contests/one/lookup", query, timeout=PATIENCE_S)
        assert answer.headers["cache-control"] == "no-store"
        answers.add(answer.content)
    (only,) = answers
    assert b'"is_counted":true' in only


def test_nobody_is_answered_unless_the_operator_allows_it(over: Path, serve: Start) -> None:
    url = serve(over)
    with known(url, "over") as board:
        with pytest.raises(BoardError, match="doesn't look up") as caught:
            board.look_up("over", f"{LINK}1")
        assert caught.value.status == 403
    html = requests.get(f"{url}/c/over/proof?post={LINK}1", timeout=PATIENCE_S).text
    assert "Was my vote counted?" not in html
    assert "recorded as entry" not in html


def test_the_page_answers_what_is_typed_and_the_curtain_ends_it(over: Path, serve: Start) -> None:
    url = serve(over, "--lookups")
    with known(url, "over") as board:
        until(lambda: board.state("over").state == "provisional")
        (found,) = board.look_up("over", f"{LINK}4")
        assert (found.is_counted, found.words) == (False, "Not counted: named no choice")
        for wanted, words in (
            (f"{LINK}1", "<b>Counted.</b>"),
            (f"{LINK}99", "no such post or receipt"),
            ("<script>", 'value="&lt;script&gt;"'),
            ("", "Look it up"),
        ):
            query = {"post": wanted}
            page = requests.get(f"{url}/c/over/proof", query, timeout=PATIENCE_S)
            assert words in page.text
            assert page.headers["cache-control"] == "no-store"
        write(over, document(2, 0, 1, hidden=True))
        until(lambda: board.state("over").hidden)
        with pytest.raises(BoardError, match="hidden"):
            board.look_up("over", f"{LINK}1")
        hidden = [
            requests.get(f"{url}/c/over/proof", {"post": wanted}, timeout=PATIENCE_S).content
            for wanted in (f"{LINK}1", f"{LINK}99")
        ]
        assert hidden[0] == hidden[1]
        assert b"Look it up" not in hidden[0]


def test_nothing_is_looked_up_before_the_result_is_there(tmp_path: Path, serve: Start) -> None:
    show = ledger(tmp_path / "show.votes", settled=False)
    write(show, document(3, 2, 1))
    url = serve(show, "--lookups")
    with known(url, "show") as board, pytest.raises(BoardError, match="isn't provisional"):
        board.look_up("show", f"{LINK}1")


def test_a_receipt_of_the_ballot_page_finds_its_ballot(tmp_path: Path) -> None:
    keys = Keys(b"s" * 32)
    path = tmp_path / "web.votes"
    receipt = keys.receipt("open:somebody", "1", "debian")
    BallotStore(tmp_path / "web-box", keys.ledger_key).close()
    cast = post(keys.key(receipt))._replace(network="web")
    with Ledger.create(path, contest(), OPENS) as made:
        made.act(Act(ActKind.OPENED, OPENS))
        made.append([page([cast])], OPENS + 5000)
    with Reader(path) as reader:
        key = ballot_key(path, receipt.lower().replace("-", " "))
        (found,) = statuses(reader, receipt, ballot=key)
        assert (found.network, found.verdict) == ("web", Verdict.COUNTED)
    link = f"https://votes.example.org/receipt/{receipt}"
    assert ballot_key(path, f" {link} ") == key
    with Reader(path) as reader:
        ballot = looked_up(reader, link)
    assert ballot is not None
    assert ballot.receipt == receipt
    for typed in ("", "nonsense", receipt[:-1], link[:-1], "https://votes.example.org/receipt/"):
        assert ballot_key(path, typed) == ""
    (tmp_path / "web-box").write_bytes(b"no database")
    assert ballot_key(path, receipt) == ""
