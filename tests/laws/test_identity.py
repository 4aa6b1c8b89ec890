"""One person of the fediverse is one voter, whichever servers tell of their posts, in any order."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recounted import recount_of
from reference import count, numbers
from samples import contest
from strategies import fails, law

from twittervotes.core.contest.posts import Post
from twittervotes.core.counting.running import tally
from twittervotes.sources.mastodon import decode
from twittervotes.sources.mastodon.decode import read, spellings

OPENS = 1_700_000_040_000
CONTEST = contest(opens_ms=OPENS, closes_ms=None)
SPELLED = spellings(CONTEST.tags)

# uri and url of an account, and the uri of a post, by the software of its server
SOFTWARE = (
    ("/users/{0}", "/@{0}", "/users/{0}/statuses/{1}"),
    ("/ap/users/77{0}", "/@{0}", "/ap/users/77{0}/statuses/{1}"),
    ("/users/9{0}", "/@{0}", "/notes/{0}{1}"),
    ("/profile/{0}", "/profile/{0}", "/objects/{0}{1}"),
    ("/users/{0}", "/{0}", "/p/{0}/{1}"),
    ("/users/{0}", "", "/objects/{0}{1}"),
)


@dataclass(frozen=True)
class Person:
    """Somebody on a server, whose software they do not choose."""

    name: str
    server: int

    def status(self, number: int, tag: str, second: int, *, is_old: bool) -> bytes:
        """Return a post as it is sent by an instance older than Mastodon 4.3, or by a newer."""
        origin = f"https://s{self.server}.example"
        uri, url, post = (origin + form.format(self.name, number) for form in SOFTWARE[self.server])
        url = uri if url == origin else url  # so does Mastodon where there is no other
        account = {"username": self.name, "acct": f"{self.name}@s", "url": url}
        return json.dumps(
            {
                "id": str(number + 1000 * is_old),
                "uri": post,
                "created_at": f"2023-11-14T22:15:{second:02}.000Z",
                "visibility": "public",
                "account": account if is_old else {**account, "uri": uri},
                "tags": [{"name": tag}],
            }
        ).encode()


people = st.builds(Person, st.sampled_from(("ann", "bob")), st.integers(0, len(SOFTWARE) - 1))
ballots = st.tuples(
    people, st.integers(0, 9), st.sampled_from(("debian", "arch", "cats")), st.integers(0, 3)
)
votes = st.lists(ballots, max_size=12, unique_by=lambda ballot: ballot[:2])


def post(sent: bytes) -> Post:
    seen = read(sent, SPELLED)
    assert seen is not None
    return seen.post


@law
@given(votes, st.data())
def one_voter(cast: list[tuple[Person, int, str, int]], data: st.DataObject) -> None:
    seen: list[Post] = []
    true: list[Post] = []
    for person, number, tag, second in cast:
        forms = [
            post(person.status(number, tag, second, is_old=is_old)) for is_old in (False, True)
        ]
        seen += data.draw(st.lists(st.sampled_from(forms), min_size=1, max_size=3))
        true.append(forms[0]._replace(voter=f"{person.name} {person.server}"))
    once = list(dict.fromkeys(data.draw(st.permutations(seen))))
    found = tally(once, CONTEST)
    assert numbers(found) == count(true, CONTEST)
    ordered = sorted(once, key=lambda post: (post.network, post.voter, post.at_ms, post.key))
    assert recount_of(ordered, CONTEST) == found


def test_a_person_is_one_voter_on_every_server() -> None:
    one_voter()


def test_preferring_the_uri_as_voter_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decode, "account", lambda uri, url, *_: uri or url)
    fails(one_voter)


def test_using_names_as_voters_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "account", lambda uri, url, name, post: name)
    fails(one_voter)
