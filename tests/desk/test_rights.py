"""Every route of the desk, for every role, for one's own vote and for a foreign one."""

from __future__ import annotations

import pytest
from desks import PASSWORD, Desk, User, person

from twittervotes.desk.roles import EVERY, RIGHTS, Right, Role, may
from twittervotes.desk.routes import PATHS, routes

WHO = ("nobody", "viewer", "moderator", "operator", "administrator")
ALL = frozenset(WHO)
SIGNED = ALL - {"nobody"}
OPERATES = frozenset({"operator", "administrator"})
ADMINISTERS = frozenset({"administrator"})

# Method and path; a form or not; who may, for their own vote; who may for another; the body.
# Nobody but an administrator has a role for `other`.
WAIT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
ROUTES: dict[tuple[str, str], tuple[bool, frozenset[str], frozenset[str], dict[str, object]]] = {
    ("GET", "/v1/me"): (False, SIGNED, SIGNED, {}),
    ("POST", "/v1/contests/{slug}/acts"): (False, OPERATES, ADMINISTERS, {"kind": "hide"}),
    ("GET", f"/v1/contests/{{slug}}/acts/{WAIT}"): (False, SIGNED, ADMINISTERS, {}),
    ("POST", "/v1/contests/{slug}/decks"): (False, OPERATES, ADMINISTERS, {}),
    ("POST", "/v1/contests/{slug}/tokens"): (False, SIGNED, ADMINISTERS, {}),
    ("DELETE", "/v1/contests/{slug}/decks"): (False, SIGNED, ADMINISTERS, {}),
    ("POST", "/v1/invitations"): (False, ADMINISTERS, ADMINISTERS, {"role": "viewer"}),
    ("DELETE", "/v1/people/99"): (False, ADMINISTERS, ADMINISTERS, {}),
    ("GET", "/v1/audit"): (False, ADMINISTERS, ADMINISTERS, {}),
    ("POST", "/v1/deck/unknown/show"): (False, frozenset(), frozenset(), {}),
    ("GET", "/operator"): (True, ALL, ALL, {}),
    ("GET", "/operator/people"): (True, ADMINISTERS, ADMINISTERS, {}),
    ("POST", "/operator/people"): (
        True,
        ADMINISTERS,
        ADMINISTERS,
        {"role": "viewer", "contest": "show"},
    ),
    ("POST", "/operator/people/99/end"): (True, ADMINISTERS, ADMINISTERS, {}),
    ("GET", "/operator/c/{slug}"): (True, SIGNED, ADMINISTERS, {}),
    ("POST", "/operator/c/{slug}/acts"): (True, OPERATES, ADMINISTERS, {"kind": "hide"}),
    ("POST", "/operator/c/{slug}/deck"): (True, OPERATES, ADMINISTERS, {}),
    ("POST", "/operator/c/{slug}/end-decks"): (True, SIGNED, ADMINISTERS, {}),
    ("GET", "/join/unknown"): (True, frozenset(), frozenset(), {}),
    ("POST", "/join/unknown"): (
        True,
        frozenset(),
        frozenset(),
        {"name": "x", "password": PASSWORD},
    ),
    ("GET", "/deck/unknown"): (True, frozenset(), frozenset(), {}),
    ("POST", "/deck/unknown/show"): (True, frozenset(), frozenset(), {}),
    # These end the session, or begin one: at the end.
    ("POST", "/operator/sign-out-everywhere"): (True, SIGNED, SIGNED, {}),
    ("POST", "/operator/sign-out"): (True, frozenset(), frozenset(), {}),
    ("DELETE", "/v1/session"): (False, frozenset(), frozenset(), {}),
    ("POST", "/operator/sign-in"): (True, frozenset(), frozenset(), {"name": "x"}),
    ("POST", "/v1/session"): (False, frozenset(), frozenset(), {"name": "x", "password": "x"}),
}
REFUSED = frozenset({400, 401, 403, 404, 410, 429})
# An answer that says "you may, but it isn't there" to those who may.
ANSWERS = {("DELETE", "/v1/people/99"): {404}, ("POST", "/operator/people/99/end"): {404}}


@pytest.fixture(scope="module")
def staffed(desk: Desk) -> Desk:
    for name in WHO[1:]:
        contest = EVERY if name == "administrator" else "show"
        person(desk.file, name, Role(name), contest)
    return desk


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("slug", ["show", "other"])
def test_each_route_is_for_those_whom_the_table_names(who: str, slug: str, staffed: Desk) -> None:
    user = User(staffed, "" if who == "nobody" else who)
    found = {}
    for (method, path), (is_form, own, foreign, body) in ROUTES.items():
        answer = user.ask(method, path.format(slug=slug), form=is_form, **body)
        may = who in (own if slug == "show" else foreign)
        wanted = ANSWERS.get((method, path)) or {200, 201, 202, 204, 303}
        if may and answer.status_code not in wanted:
            found[method, path] = (answer.status_code, answer.text[:300])
        elif not may and answer.status_code not in REFUSED:
            found[method, path] = (answer.status_code, "was not refused")
        if path != "/v1/contests/{slug}/acts" or method != "GET":
            assert answer.headers.get("access-control-allow-origin") is None, path
        assert answer.headers.get("cache-control") == "no-store", (path, answer.status_code)
    assert found == {}


def test_the_table_has_every_route() -> None:
    class Site:
        def viewer(self) -> None: ...

    known = set()
    for method, path in ROUTES:
        parts = path.replace(WAIT, "unknown").split("/")
        known.add((method, "/".join("*" if p in ("{slug}", "unknown", "99") else p for p in parts)))
    found = set()
    for handler in routes(Site(), None, None).handlers:  # type: ignore[arg-type]
        for given in handler.paths:
            path = "/".join("*" if "{" in part else part for part in given.split("/"))
            found |= {
                (str(method), path.replace("/deck/*/*", "/deck/*/show"))
                for method in handler.http_methods
                if method not in ("OPTIONS", "HEAD")
            }
    assert found == known


def test_the_guard_opens_the_paths_of_the_desk_alone() -> None:
    for _, path in ROUTES:
        assert PATHS.fullmatch(path.format(slug="show")), path
    for path in ("/", "/c/show", "/v1/contests", "/v1/contests/show", "/v1/contests/show/state"):
        assert not PATHS.fullmatch(path)


def test_a_right_for_all_votes_comes_from_a_role_for_all_of_them() -> None:
    for role in Role:
        for right in Right:
            assert may({"show": role}, right, "show") is (right in RIGHTS[role])
            assert not may({"show": role}, right, "other")
            assert not may({"show": role}, right)
            assert may({EVERY: role}, right, "other") is (right in RIGHTS[role])
    assert not any(may({}, right, "show") for right in Right)
