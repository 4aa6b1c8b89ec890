"""The desk's defences, seen from outside: other sites, plain HTTP, guesses, strange requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from desks import PASSWORD, Desk, User, counting, person, votes
from patience import PATIENCE_S, until

from twittervotes.commands.board import desk_url
from twittervotes.core.contest.acts import ActKind
from twittervotes.core.ledger.reader import Reader
from twittervotes.desk.roles import Role

ACTS = "/v1/contests/show/acts"


@pytest.fixture(scope="module")
def staffed(desk: Desk) -> Desk:
    person(desk.file, "Ada <b>", Role.ADMINISTRATOR)
    return desk


@pytest.fixture
def ada(staffed: Desk) -> User:
    return User(staffed, "Ada <b>")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {},
    ],
    ids=["origin", "null", "cross-site", "same-site", "none", "nothing"],
)
def test_a_page_of_another_site_can_do_nothing(headers: dict[str, str], ada: User) -> None:
    for path in ("/operator/sign-out", "/operator/c/show/acts", "/operator/people"):
        answer = ada.session.post(
            ada.url + path,
            data={"csrf": ada.csrf, "kind": "hide", "role": "viewer", "contest": "*"},
            headers=headers,
            timeout=PATIENCE_S,
        )
        assert answer.status_code == 403, path
    answer = ada.session.post(
        ada.url + ACTS,
        json={"kind": "hide"},
        headers={"x-csrf-token": ada.csrf, **headers},
        timeout=PATIENCE_S,
    )
    assert answer.status_code == 403
    if headers:  # without any, it is a program that signs in
        credentials = {"name": "Ada <b>", "password": PASSWORD}
        answer = requests.post(
            ada.url + "/operator/sign-in", data=credentials, headers=headers, timeout=PATIENCE_S
        )
        assert answer.status_code == 403
    assert ada.session.get(f"{ada.url}/v1/me", timeout=PATIENCE_S).ok, "the session is not over"


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é"], ids=["none", "another", "strange"])
def test_a_form_of_another_session_is_refused(csrf: str, ada: User) -> None:
    ada.csrf = csrf
    assert ada.ask("POST", "/operator/c/show/acts", form=True, kind="hide").status_code == 403
    if csrf.isascii():
        assert ada.ask("POST", ACTS, kind="hide").status_code == 403


def test_a_request_of_an_act_by_reading_does_nothing(ada: User) -> None:
    for path in ("/operator/c/show/acts", "/operator/sign-out", "/v1/deck/x/show"):
        assert ada.ask("GET", path).status_code in (404, 405)
    for method in ("PUT", "PATCH", "TRACE"):
        assert ada.ask(method, ACTS).status_code == 405


def test_the_cookie_is_for_this_board_and_for_no_script(staffed: Desk, ada: User) -> None:
    credentials = {"name": "ada <B>", "password": PASSWORD}
    answer = requests.post(f"{staffed.url}/v1/session", json=credentials, timeout=PATIENCE_S)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("desk=")
    for word in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert ada.session.cookies["desk"] not in answer.text


def test_over_https_the_cookie_is_bound_to_host_and_encryption(tmp_path: Path) -> None:
    votes(tmp_path)
    desk = Desk(tmp_path, "--behind", "127.0.0.1", "--name", "votes.example.org")
    try:
        person(desk.file, "Ada", Role.VIEWER)
        headers = {"host": "votes.example.org", "x-forwarded-proto": "https"}
        answer = requests.post(
            f"{desk.url}/v1/session",
            json={"name": "Ada", "password": PASSWORD},
            headers=headers,
            timeout=PATIENCE_S,
        )
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-desk=")
        assert "Secure" in cookie
        plain = {"host": "votes.example.org"}
        answer = requests.post(
            f"{desk.url}/v1/session",
            json={"name": "Ada", "password": PASSWORD},
            headers=plain,
            timeout=PATIENCE_S,
        )
        assert answer.status_code == 403
        assert "HTTPS" in answer.text
        token = {**plain, "authorization": "Bearer x"}
        acts = f"{desk.url}{ACTS}"
        assert requests.get(f"{acts}/x", headers=token, timeout=PATIENCE_S).status_code == 403
        asked = requests.post(acts, json={"kind": "hide"}, headers=token, timeout=PATIENCE_S)
        assert asked.status_code == 403
        for path in (f"/join/{desk.first}", "/deck/x"):
            answer = requests.get(desk.url + path, headers=plain, timeout=PATIENCE_S)
            assert answer.status_code == 403, "a secret in a link is refused over plain HTTP too"
    finally:
        desk.close()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - nothing is bound
        ("::", "http://[::1]:8000"),
        ("192.0.2.1", "https://192.0.2.1"),
        ("2001:db8::1", "https://[2001:db8::1]"),
    ],
)
def test_the_printed_links_are_never_of_plain_http_on_a_network(host: str, url: str) -> None:
    assert desk_url(host, 8000) == url


def test_irreversible_actions_ask_for_the_password_again(ada: User) -> None:
    for kind in ("certified", "adjusted", "drawn"):
        for password in ("", "wrong password"):
            answer = ada.ask("POST", ACTS, kind=kind, password=password)
            assert answer.status_code == 403
            assert "password" in answer.json()["detail"]
    assert ada.ask("POST", ACTS, kind="certified", password=PASSWORD).status_code == 202


def test_whoever_has_a_session_cannot_guess_its_password(staffed: Desk) -> None:
    person(staffed.file, "Grace", Role.OPERATOR)
    grace = User(staffed, "Grace")
    found = [
        grace.ask("POST", ACTS, kind="certified", password=f"a wrong guess {n}").status_code
        for n in range(14)
    ]
    assert found[:8] == [403] * 8
    assert found[-1] == 429


def test_guesses_by_a_token_do_not_keep_its_owner_from_certifying(staffed: Desk) -> None:
    person(staffed.file, "Joan", Role.OPERATOR)
    joan = User(staffed, "Joan")
    program = User(staffed)
    token = joan.ask("POST", "/v1/contests/show/tokens").json()["token"]
    program.session.headers["authorization"] = f"Bearer {token}"
    guess = {"kind": "certified", "password": "a wrong guess"}
    found = [program.ask("POST", ACTS, **guess).status_code for _ in range(14)]
    assert found[-1] == 429
    assert joan.ask("POST", ACTS, kind="certified", password=PASSWORD).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "ruled"},
        {"kind": "hide", "by": "Eve"},
        {"kind": "hide", "expires_ms": 0},
        {"kind": "hide", "reason": "x" * 1001},
        {"kind": "extended", "until_ms": -1},
        {"kind": 1},
    ],
    ids=str,
)
def test_a_wish_that_makes_no_sense_is_refused(body: dict[str, object], ada: User) -> None:
    assert ada.ask("POST", ACTS, **body).status_code == 400


def test_bodies_have_bounds(ada: User) -> None:
    answer = ada.ask("POST", ACTS, kind="hide", reason="x" * 70_000)
    assert answer.status_code in (400, 413)


def test_an_answer_is_never_read_from_elsewhere(ada: User, staffed: Desk) -> None:
    secret = staffed.folder / "secret.done.json"
    secret.write_text('{"applied": true, "words": "secret"}')
    secret.chmod(0o600)
    for name in ("..%2fsecret", "%2e%2e%2fsecret", "secret", "01ARZ3NDEKTSV4RRFFQ69G5FAV%00"):
        answer = ada.ask("GET", f"{ACTS}/{name}")
        assert 'applied":true' not in answer.text
        assert answer.status_code in (200, 400, 404)


def test_decks_and_tokens_are_made_for_a_vote_that_is_here(ada: User) -> None:
    for slug in ("*", "nothing"):
        for path in ("decks", "tokens"):
            assert ada.ask("POST", f"/v1/contests/{slug}/{path}").status_code == 404
        assert ada.ask("POST", f"/operator/c/{slug}/deck", form=True).status_code == 404


def test_an_invitation_ends_with_the_account_of_whoever_made_it(staffed: Desk, ada: User) -> None:
    person(staffed.file, "Sue", Role.ADMINISTRATOR)
    sue = User(staffed, "Sue")
    link = sue.ask("POST", "/v1/invitations", role="administrator").json()["url"]
    page = ada.session.get(f"{ada.url}/operator/people", timeout=PATIENCE_S).text
    number = re.findall(r"<h2>Sue</h2>.*?/operator/people/(\d+)/end", page, re.DOTALL)[0]
    path = f"/operator/people/{number}/end"
    assert ada.ask("POST", path, form=True).status_code == 303
    answer = User(staffed).ask(
        "POST", link.removeprefix(staffed.url), form=True, name="Not Sue", password=PASSWORD
    )
    assert answer.status_code == 410


@pytest.mark.parametrize("path", ["{}/", "/{}", "//{}//"])
def test_superfluous_slashes_change_no_header(path: str, ada: User) -> None:
    names = ("access-control-allow-origin", "cache-control", "referrer-policy")
    for page in ("/v1/me", "/v1/audit", "/operator/people", "/operator/c/show", "/operator"):
        found, usual = (ada.ask("GET", each) for each in (path.format(page), page))
        assert [found.headers.get(name) for name in names] == [None, "no-store", "same-origin"]
        assert (found.status_code, len(found.text)) == (usual.status_code, len(usual.text))
    found = requests.get(ada.url + path.format("/v1/contests"), timeout=PATIENCE_S)
    assert found.headers["access-control-allow-origin"] == "*"


def test_whatever_is_typed_stays_text_on_the_desks_pages(ada: User) -> None:
    for path in ("/operator", "/operator/people", "/operator/c/show"):
        page = ada.session.get(ada.url + path, timeout=PATIENCE_S)
        assert page.ok
        assert "Ada &lt;b&gt;" in page.text
        assert "Ada <b>" not in page.text
        assert "'unsafe" not in page.headers["content-security-policy"]
        assert page.headers["x-frame-options"] == "DENY"


def test_guessing_passwords_is_slowed_down(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    try:
        person(desk.file, "Ada", Role.VIEWER)
        found = []
        for n in range(14):
            credentials = {"name": "Ada", "password": f"a wrong guess {n}"}
            answer = requests.post(f"{desk.url}/v1/session", json=credentials, timeout=PATIENCE_S)
            found.append(answer.status_code)
        assert found[:8] == [401] * 8
        assert found[-1] == 429
        answer = requests.post(
            f"{desk.url}/v1/session",
            json={"name": "Ada", "password": PASSWORD},
            timeout=PATIENCE_S,
        )
        assert answer.status_code == 429
    finally:
        desk.close()


def test_a_stranger_cannot_lock_out_a_name_for_other_addresses(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "--behind", "127.0.0.1")
    try:
        person(desk.file, "Ada", Role.VIEWER)

        def signed_in(address: str, password: str) -> int:
            return requests.post(
                f"{desk.url}/v1/session",
                json={"name": "Ada", "password": password},
                headers={"x-forwarded-for": address},
                timeout=PATIENCE_S,
            ).status_code

        # The first 64 bits of an IPv6 address are one sender.
        for address in ("192.0.2.{}", "2001:db8::{}"):
            addresses = [address.format(9 if "." in address else n) for n in range(11)]
            assert [signed_in(each, "a wrong guess") for each in addresses][-1] == 429
        assert signed_in("192.0.2.10", PASSWORD) == 200
    finally:
        desk.close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a desk whose vote `live` is counted."""
    folder = tmp_path_factory.mktemp("live")
    with counting(folder / "live.votes"):
        desk = Desk(folder)
        try:
            person(desk.file, "Ada", Role.ADMINISTRATOR)
            person(desk.file, "Vic", Role.VIEWER, "live")
            desk.knows("live")
            yield desk
        finally:
            desk.close()


def applied(user: User, **wish: object) -> bool:
    """Request an act, wait for the counter's answer, and return whether it was applied."""
    asked = user.ask("POST", "/v1/contests/live/acts", **wish)
    assert asked.status_code == 202, asked.text
    path = f"/v1/contests/live/acts/{asked.json()['id']}"
    until(lambda: user.ask("GET", path).json()["answered"])
    answer = user.ask("GET", path).json()
    assert answer["applied"] or answer["words"]
    return bool(answer["applied"])


def test_acts_by_session_token_and_deck_carry_the_persons_name(live: Desk) -> None:
    ada = User(live, "Ada")
    assert applied(ada, kind="paused", reason="technical problem")
    assert not applied(ada, kind="paused")
    token = ada.ask("POST", "/v1/contests/live/tokens").json()["token"]
    program = User(live)
    program.session.headers["authorization"] = f"Bearer {token}"
    assert applied(program, kind="resumed")
    for path in ("decks", "tokens"):
        assert program.ask("POST", f"/v1/contests/live/{path}").status_code == 401
    assert program.ask("POST", "/v1/invitations", role="viewer").status_code == 401
    deck = ada.ask("POST", "/v1/contests/live/decks").json()["url"].rpartition("/")[2]
    stream_deck = User(live)
    for action, shows in (("hide", True), ("show", False)):
        answer = stream_deck.ask("POST", f"/v1/deck/{deck}/{action}").json()
        assert answer["applied"], answer
        state = f"{live.url}/v1/contests/live/state"
        until(lambda: requests.get(state, timeout=9).json()["hidden"] is shows)  # noqa: B023
    assert not stream_deck.ask("POST", f"/v1/deck/{deck}/open").json()["applied"]
    assert stream_deck.ask("POST", f"/v1/deck/{deck}/certify").status_code == 404
    assert stream_deck.ask("GET", f"/deck/{deck}").status_code == 200
    assert ada.ask("DELETE", "/v1/contests/live/decks").status_code == 204
    assert stream_deck.ask("POST", f"/v1/deck/{deck}/hide").status_code == 404
    assert program.ask("POST", "/v1/contests/live/acts", kind="hide").status_code == 401
    with Reader(live.folder / "live.votes") as reader:
        found = [(act.does, act.by, act.reason) for act in reader.acts if act.request]
        entries = [json.loads(row.body) for row in reader.chain() if row.kind == "curtain"]
    assert found == [
        (ActKind.PAUSED, "Ada", "technical problem"),
        (ActKind.RESUMED, "Ada", ""),
    ]
    assert [(each["hidden"], each["by"]) for each in entries] == [
        (True, "Ada (deck)"),
        (False, "Ada (deck)"),
    ]


def test_a_viewers_token_only_sees(live: Desk) -> None:
    vic = User(live, "Vic")
    token = vic.ask("POST", "/v1/contests/live/tokens").json()["token"]
    program = User(live)
    program.session.headers["authorization"] = f"Bearer {token}"
    assert program.ask("POST", "/v1/contests/live/acts", kind="hide").status_code == 403
    unknown = "/v1/contests/live/acts/01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert program.ask("GET", unknown).json()["answered"] is False


def test_a_deck_cannot_certify_and_a_person_with_the_password_can(live: Desk) -> None:
    ada = User(live, "Ada")
    deck = ada.ask("POST", "/v1/contests/live/decks").json()["url"].rpartition("/")[2]
    button = User(live)
    assert button.ask("POST", f"/v1/deck/{deck}/next").json()["applied"], "it closes the vote"
    state = f"{live.url}/v1/contests/live/state"
    until(lambda: requests.get(state, timeout=9).json()["state"] == "provisional")
    answer = button.ask("POST", f"/v1/deck/{deck}/next")
    assert answer.status_code == 403
    assert "password" in answer.json()["detail"]
    assert applied(ada, kind="next", password=PASSWORD)
    until(lambda: not (live.folder / "live.votes.lock").exists())
    with Reader(live.folder / "live.votes") as reader:
        certified = [act.by for act in reader.acts if act.does is ActKind.CERTIFIED]
        closed = [act.by for act in reader.acts if act.does is ActKind.CLOSED]
    assert (closed, certified) == (["Ada (deck)"], ["Ada"])
