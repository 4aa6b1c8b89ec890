"""What a ballot box answers: to voters, to strangers, and to those who try again."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest
from ballot_boxes import NOTICE, SLUG, RunningBox, asked, now_ms, running

from twittervotes.ballots.intake import WRONG_CODES
from twittervotes.ballots.rates import Rate
from twittervotes.core.contest.contest import PerAccount

BALLOTS = f"/v1/contests/{SLUG}/ballots"
RETRY = "a-retry-of-16-signs"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBox]:
    with running(tmp_path_factory.mktemp("box")) as box:
        yield box


@pytest.fixture(scope="module")
def open_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBox]:
    notice = msgspec.structs.replace(NOTICE, level="open")
    with running(tmp_path_factory.mktemp("open"), notice) as box:
        yield box


@pytest.fixture(autouse=True)
def _as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in ("box", "open_box"):
        if name in request.fixturenames:
            found: RunningBox = request.getfixturevalue(name)
            level = "open" if name == "open_box" else "code"
            found.tell(paused=False, opens_ms=0, closes_ms=None, per_account="first", level=level)


def fields(page: bytes) -> dict[str, str]:
    return {
        name.decode(): value.decode()
        for name, value in re.findall(rb'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


def browser(box: RunningBox) -> tuple[dict[str, str], dict[str, str]]:
    """Open the page as a new browser; return its cookie header and the form's fields."""
    page = box.get("/")
    return {"cookie": page.headers["set-cookie"].split(";")[0]}, fields(page.body)


# --- sent again ---------------------------------------------------------------------------------


def test_a_ballot_that_is_sent_again_gets_the_same_receipt(box: RunningBox) -> None:
    first = box.cast("debian", 1, RETRY)
    again = box.cast("debian", 1, RETRY)
    assert (first.status, again.status) == (201, 200)
    assert first.said == again.said
    box.tell(closes_ms=now_ms())
    late = box.cast("debian", 1, RETRY)
    assert (late.status, late.said) == (200, first.said)


def test_a_second_ballot_with_a_code_is_refused(box: RunningBox) -> None:
    assert box.cast("debian", 2).status == 201
    second = box.cast("arch", 2)
    assert second.status == 409
    assert second.said["detail"] == "You have voted already. Your first vote is recorded."


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        (PerAccount.LAST, [201, 201, 201]),
        (PerAccount.ALL, [201, 201, 201]),
        (PerAccount.PER_CHOICE, [201, 409, 201]),
    ],
)
def test_other_rules_take_further_ballots(
    box: RunningBox, rule: PerAccount, statuses: list[int]
) -> None:
    box.tell(per_account=rule.value)
    number = 10 + list(PerAccount).index(rule)
    cast = [box.cast(choice, number).status for choice in ("debian", "debian", "arch")]
    assert cast == statuses


def test_the_form_sent_twice_shows_one_receipt(open_box: RunningBox) -> None:
    cookie, form = browser(open_box)
    answers = [open_box.send(cookie, choice="arch", **form) for _ in range(2)]
    assert [answer.status for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    page = open_box.get(answers[0].headers["location"])
    assert b"Your vote is recorded" in page.body
    assert b"arch" not in page.body.lower()


# --- the rules on the page, and the states ------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("first", "you can’t change it later"),
        ("last", "the last vote counts"),
        ("per_choice", "for each choice"),
        ("all", "every vote counts"),
    ],
)
def test_the_page_says_what_becomes_of_a_second_vote(
    box: RunningBox, rule: str, words: str
) -> None:
    box.tell(per_account=rule)
    assert words in box.get("/").body.decode()


@pytest.mark.parametrize(
    ("changed", "words", "status"),
    [
        ({"opens_ms": 4 * 10**12}, "Voting hasn’t opened yet", 403),
        ({"paused": True}, "Voting is paused", 503),
        ({"closes_ms": 1}, "Voting has closed", 403),
    ],
    ids=["soon", "paused", "closed"],
)
def test_no_vote_is_taken_while_voting_is_not_open(
    box: RunningBox, changed: dict[str, object], words: str, status: int
) -> None:
    before = box.get("/").body
    assert fields(before)["retry"]
    box.tell(**changed)
    assert words in box.get("/").body.decode()
    refused = box.send(choice="debian", code=box.keys.code(30), retry=RETRY)
    assert refused.status == status
    assert words in refused.body.decode()
    refused = box.cast("debian", 30)
    assert refused.status == status
    assert str(refused.said["detail"]).startswith(words.replace("has closed", "has closed."))


def test_a_page_with_a_code_fills_it_in(box: RunningBox) -> None:
    code = box.keys.code(40)
    page = box.get(f"/{code.lower().replace('-', '')}")
    assert fields(page.body)["code"] == code
    sent = box.send(choice="ubuntu", **fields(page.body))
    assert sent.status == 303
    assert b"This code has voted." in box.get(f"/{code}").body
    assert (
        b"isn\xe2\x80\x99t valid" in box.get(f"/{code[:-1]}{'0' if code[-1] != '0' else '1'}").body
    )


def test_a_mistyped_code_keeps_the_choice(box: RunningBox) -> None:
    answer = box.send(choice="arch", code="AAAA-BBBB", retry=RETRY)
    assert answer.status == 403
    page = answer.body.decode()
    assert "This code isn’t valid" in page
    assert 'value="AAAA-BBBB"' in page
    assert re.search('value="arch"[^>]* checked', page)


def test_a_browser_without_cookies_is_reported(open_box: RunningBox) -> None:
    _, form = browser(open_box)
    answer = open_box.send(choice="arch", **form)
    assert answer.status == 403
    assert "must accept a cookie" in answer.body.decode()
    cookie = {"cookie": answer.headers["set-cookie"].split(";")[0]}
    assert open_box.send(cookie, choice="arch", **fields(answer.body)).status == 303


# --- strangers ----------------------------------------------------------------------------------


def test_another_sites_page_cannot_vote(open_box: RunningBox) -> None:
    cookie, form = browser(open_box)
    for headers in (
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        answer = open_box.send({**cookie, **headers}, choice="arch", **form)
        assert answer.status == 403, headers
    foreign = open_box.send(cookie, choice="arch", **{**form, "form": "A" * 26})
    assert foreign.status == 403
    assert open_box.send({**cookie, "origin": "null"}, choice="arch", **form).status == 303


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{", {}),
        (b"[" * 4000, {}),
        (b'{"choice": "debian", "admin": true}', {}),
        (b'{"choice": 7}', {}),
        (b'{"choice": "%s"}' % (b"x" * 201), {}),
        (b" " * 5000, {}),
        (b'{"choice": "debian"}', {"idempotency-key": "short"}),
        (b'{"choice": "debian"}', {"idempotency-key": "x" * 65}),
        (b'{"choice": "debian"}', {"content-type": "text/plain"}),
        (b"\xff\xfe", {}),
    ],
)
def test_an_invalid_ballot_is_refused(
    box: RunningBox, body: bytes, headers: dict[str, str]
) -> None:
    usual = {"content-type": "application/json", "idempotency-key": RETRY}
    answer = asked(box.port, "POST", BALLOTS, body, {**usual, **headers})
    assert answer.status == 400
    assert answer.said["detail"] == "This isn’t a ballot."


def test_an_unknown_choice_is_refused(box: RunningBox) -> None:
    assert box.cast("windows", 50).status == 400
    assert box.cast("debian\x00", 50).status == 400
    assert box.cast("debian", 50).status == 201


def test_the_feed_is_for_those_who_share_the_secret(box: RunningBox) -> None:
    where = f"/v1/contests/{SLUG}/feed"
    assert box.get(where).status == 401
    assert box.get(where, authorization="Bearer 0").status == 401
    good = f"Bearer {box.keys.feed_token}"
    assert box.get(where, authorization=good).status == 200
    assert box.get("/v1/contests/another/feed", authorization=good).status == 404
    assert box.get(f"{where}?after=-1", authorization=good).status == 400
    assert box.get(f"{where}?after=999999", authorization=good).status == 409


@pytest.mark.parametrize(
    "path", ["/nothing", "/receipt/K7QF-2M9D-X4TR", "/static/0/ballot.css", "/static/0/..%2Fbox.py"]
)
def test_what_is_not_there_is_reported(box: RunningBox, path: str) -> None:
    assert box.get(path).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(box: RunningBox, method: str) -> None:
    assert asked(box.port, method, "/").status == 405
    assert asked(box.port, "POST", "/").status == 405


def test_a_name_of_a_strangers_is_not_served(box: RunningBox) -> None:
    assert box.get("/", host="evil.example").status == 421


def test_pages_load_nothing_from_elsewhere_and_are_not_kept(box: RunningBox) -> None:
    page = box.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "//" not in re.sub(r"<!doctype.*?<head>", "", page.body.decode(), flags=re.S)


def test_whatever_the_question_is_it_stays_text(tmp_path: Path) -> None:
    notice = msgspec.structs.replace(NOTICE, title='<script>alert(1)</script> & "x" \'')
    with running(tmp_path, notice) as box:
        for path in ("/", f"/{box.keys.code(1)}", "/nothing"):
            assert b"<script>alert" not in box.get(path).body


def test_the_box_stores_no_identifying_data(box: RunningBox) -> None:
    answer = box.cast("debian", 60)
    receipt, code = str(answer.said["receipt"]), box.keys.code(60)
    files = [path.read_bytes() for path in box.file.parent.glob("a-box*")]
    assert files
    for secret in (receipt, code, receipt.replace("-", ""), code.replace("-", ""), "127.0.0.1"):
        assert not any(secret.encode() in content for content in files)
    assert box.file.stat().st_mode & 0o077 == 0


def test_a_receipt_never_reveals_the_choice(box: RunningBox) -> None:
    receipt = box.cast("ubuntu", 61).said["receipt"]
    for path in (f"{BALLOTS}/{receipt}", f"/receipt/{receipt}", f"/receipt/{receipt}.txt"):
        answer = box.get(path)
        assert answer.status == 200
        assert b"ubuntu" not in answer.body.lower()


# --- several boxes, and rates -------------------------------------------------------------------


def test_a_code_is_one_voter_at_any_box(tmp_path: Path) -> None:
    with running(tmp_path) as one, running(tmp_path, name="another") as two:
        first = one.cast("debian", 1, RETRY)
        again = two.cast("debian", 1, RETRY)  # the balancer has sent it to the other box
        other = two.cast("arch", 1)
        assert (first.status, again.status, other.status) == (201, 201, 409)
        assert first.said["receipt"] == again.said["receipt"]
        assert one.cast("arch", 2).status == two.cast("ubuntu", 2).status == 201
    rows = []
    for name in ("a-box", "another"):
        with sqlite3.connect(tmp_path / name) as db:
            rows += db.execute("SELECT key, voter FROM ballots").fetchall()
        db.close()
    assert len(rows) == 4
    assert len({key for key, _ in rows}) == 3
    assert len({voter for _, voter in rows}) == 2


def test_only_wrong_codes_are_slowed_down(tmp_path: Path) -> None:
    with running(tmp_path) as box:
        statuses = [box.cast("debian", 0, code="AAAA-AAAA-AAAA").status for _ in range(210)]
        assert statuses[: WRONG_CODES[0]] == [403] * WRONG_CODES[0]
        assert statuses[-1] == 429


def test_an_ipv6_rate_limit_is_per_subnet() -> None:
    now = [0.0]
    rate = Rate(2, 1.0, lambda: now[0])
    assert [rate.allows("2001:db8::1") for _ in range(3)] == [True, True, False]
    assert not rate.allows("2001:db8::2")
    assert rate.allows("2001:db8:0:1::2")
    assert rate.is_spent("2001:db8::1")
    now[0] = 1.5
    assert not rate.is_spent("2001:db8::1")
    assert rate.allows("2001:db8::1")
    assert not rate.allows("2001:db8::1")


def test_a_body_with_many_fields_is_refused(box: RunningBox) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode([(f"f{n}", "1") for n in range(50)]).encode()
    assert asked(box.port, "POST", "/ballots", body, kind).status == 400
