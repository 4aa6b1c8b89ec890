"""The curtain: two votes that differ only in what is hidden give byte-identical responses."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from board_votes import OPENS_MS, document, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from twittervotes.board import curtain, overlay, pages, wire
from twittervotes.board.hub import Hub
from twittervotes.board.jobs import KINDS
from twittervotes.board.limits import Viewers
from twittervotes.board.site import Site
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Adjustment
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.presentation.marks import letter

VOTES = st.tuples(*[st.integers(0, 10**9)] * 3)
NUMBERS = st.integers(0, 10**9)


PARAMETERS = {
    "slug": "show",
    "digest": "0" * 64,
    "version": pages.asset("board.js").split("/")[2],
    "name": "board.js",
    "path": "nothing",  # what Litestar refuses below /v1
}
QUERIES = {
    "/": ("q=arch", "state=live", "category=Tech"),
    "/overlay/{slug:str}": (
        *(f"view={view}" for view in overlay.VALUES["view"]),
        *(f"view=number&choice={tag}&show=votes" for tag in ("debian", "arch")),
    ),
    "/c/{slug:str}/proof": ("post=1",),
    "/v1/contests/{slug:str}/lookup": ("post=1",),
    "/v1/contests": ("q=arch", "state=open", "limit=1", "highlighted=false"),
}


class NoFiles:
    """Follows nothing, and has a file for requests that get past the curtain."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def file(self, slug: str, kind: str) -> str:
        return f"/{slug}/{kind}"

    async def look_up(self, slug: str, wanted: str) -> bytes:
        return (
            b'{"items":[{"network":"X","at_ms":1,"entry":3,"is_counted":true,"words":"Counted"}]}'
        )


@st.composite
def voted(draw: st.DrawFn, state: State) -> Snapshot:
    """Generate a vote in which everything that depends on the voters is random."""
    votes = draw(VOTES)
    empty = snapshot(*votes, state=state)
    by_hand = draw(st.integers(-5, 5))
    tag = draw(st.sampled_from(empty.contest.choices)).tag
    adjusting = Act(ActKind.ADJUSTED, OPENS_MS, tag=tag, votes=by_hand, reason="jury")
    tally = Tally(
        votes,
        tuple((verdict, draw(NUMBERS)) for verdict in Verdict),
        networks=(("x", draw(VOTES)), ("mastodon", draw(VOTES))),
        minutes=tuple((OPENS_MS + 60_000 * n, draw(VOTES)) for n in range(draw(st.integers(0, 4)))),
        by_hand=(by_hand,) * 3,
    )
    adjustments = (Adjustment(tag, by_hand, "jury", "Ada", OPENS_MS),)
    return replace(
        empty,
        contest=replace(empty.contest, adjustments=adjustments * draw(st.integers(0, 1))),
        tally=tally,
        sources=tuple(replace(each, votes=draw(NUMBERS)) for each in empty.sources),
        digest=f"{draw(st.integers(0, 16**64 - 1)):064x}",
        entries=draw(NUMBERS),
        acts=(Act(ActKind.OPENED, OPENS_MS), *(adjusting,) * draw(st.integers(0, 2))),
    )


def routes(app: Litestar) -> Iterator[str]:
    """Return URLs of every route of the site; fail for a route with an unknown parameter."""
    for route in app.routes:
        path = re.sub(r"\{(\w+):\w+\}", lambda found: PARAMETERS[found[1]], route.path)
        if not path.endswith("/stream"):  # which doesn't end: `answers` reads its beginning
            yield path
        for query in QUERIES.get(route.path, ()):
            yield f"{path}?{query}"


class Shown:
    """A site under test: the response of each of its routes."""

    def __init__(self, hub: Hub, app: Litestar, client: TestClient[Litestar]) -> None:
        self._hub, self._client = hub, client
        self._paths = tuple(routes(app))

    def answers(self, *documents: wire.Document) -> dict[str, tuple[int, bytes]]:
        """Return each route's response after the board was given `documents`, one by one."""
        self._hub.channels.clear()
        for each in documents:
            self._hub.publish("show", each)
        found = {path: self._client.get(path, follow_redirects=False) for path in self._paths}
        stream = asyncio.run(first_events(self._hub))
        heard = {path: (answer.status_code, answer.content) for path, answer in found.items()}
        return {**heard, "stream": (200, stream)}


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    hub = Hub()
    app = Site(hub, NoFiles(), Viewers(10), lookups=True).app()
    with TestClient(app) as client:
        yield Shown(hub, app, client)


async def first_events(hub: Hub) -> bytes:
    events = hub.channels["show"].events(asyncio.Event())
    return (await anext(events)) + (await anext(events))


@pytest.mark.parametrize("state", State)
def test_every_route_hides_the_votes(state: State, shown: Shown) -> None:
    @settings(max_examples=8)
    @given(voted(state), voted(state))
    def same(one: Snapshot, other: Snapshot) -> None:
        first, second = (
            shown.answers(curtain.document(each, hidden=True)) for each in (one, other)
        )
        assert first == second
        assert all(status < 500 for status, _ in first.values())

    same()


def test_the_counters_file_holds_nothing_of_what_is_hidden() -> None:
    @given(voted(State.OPEN), voted(State.OPEN))
    def same(one: Snapshot, other: Snapshot) -> None:
        assert curtain.files(one, True) == curtain.files(other, True)

    same()


def test_a_route_answers_otherwise_once_the_result_is_shown(shown: Shown) -> None:
    one, other = shown.answers(document(3, 2, 1)), shown.answers(document(1, 2, 4))
    differing = {path for path in one if one[path] != other[path]}
    expected = {"/", "/c/show", "/embed/show", "/overlay/show", "/v1/contests", "stream"}
    expected |= {f"/v1/contests/show{part}" for part in ("", "/state", "/minutes", "/standings")}
    assert differing >= expected


def test_what_was_published_before_is_hidden_too(shown: Shown) -> None:
    found = shown.answers(document(3, 2, 1), document(3, 2, 1, hidden=True))
    hidden = {path for path, (status, _) in found.items() if status == 403}
    shows = {
        f"/v1/contests/show/{name}"
        for name in (*KINDS, "standings", f"state/{'0' * 64}", "lookup?post=1")
    }
    assert hidden == shows


@given(VOTES, st.sampled_from(State))
def test_hiding_a_shown_document_is_the_same_as_never_showing_it(
    votes: tuple[int, ...], state: State
) -> None:
    shown, hidden = document(*votes, state=state), document(*votes, state=state, hidden=True)
    assert curtain.hide(shown) == hidden == curtain.hide(hidden)
    assert curtain.public(hidden) == hidden


def test_a_hidden_document_of_a_stranger_is_stripped() -> None:
    shown = document(3, 2, 1)
    pretended = wire.Document(
        shown.contest,
        wire.decode(
            wire.encode(shown.state).replace(b'"hidden":false', b'"hidden":true'),
            wire.StateDocument,
        ),
        shown.minutes,
    )
    bare = wire.Document(shown.contest, shown.state)
    assert curtain.public(pretended) == curtain.hide(bare)


@pytest.mark.parametrize(("tags", "width"), [(("a", "b"), 3), (("debian", "ubuntu", "arch"), 2)])
def test_a_document_that_contradicts_itself_is_refused(tags: tuple[str, ...], width: int) -> None:
    shown = document(3, 2, 1)
    state = wire.StateDocument("open", False, 0, 0, None, tuple(map(wire.ChoiceVotes, tags)))
    minutes = wire.Minutes(rows=((0,) * width,))
    with pytest.raises(ValueError, match="other choices"):
        curtain.public(wire.Document(shown.contest, state, minutes))


def test_the_course_of_a_long_vote_keeps_every_vote_in_few_steps() -> None:
    for days in (1, 3, 40, 400):
        picture = snapshot(1, 0, 0)
        every = tuple((OPENS_MS + n * 60_000, (1, 2, 0)) for n in range(0, days * 1440, 7))
        tally = replace(picture.tally, minutes=every)
        minutes = curtain.document(replace(picture, tally=tally), hidden=False).minutes
        assert len(minutes.rows) <= curtain.MOST_STEPS + 1
        assert [sum(column) for column in zip(*minutes.rows, strict=True)] == [
            len(every),
            2 * len(every),
            0,
        ]


def test_letters_never_end() -> None:
    letters = [letter(index) for index in range(20_000)]
    assert letters[:2] + letters[25:28] == ["A", "B", "Z", "AA", "AB"]
    assert len(set(letters)) == len(letters)
    assert all(len(a) <= len(b) for a, b in itertools.pairwise(letters))
