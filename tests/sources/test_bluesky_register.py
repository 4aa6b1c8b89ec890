"""Known posts: the result is the same in whatever order events come, from any host."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.posts import Post
from twittervotes.sources.bluesky.decode import Account, Commit, Sieve
from twittervotes.sources.bluesky.known_posts import Register

WHO, OTHER = "did:plc:a", "did:plc:b"
Event = Account | Commit


def commit(at_us: int, tags: str | None, rkey: str = "r", did: str = WHO) -> Commit:
    key = f"at://{did}/app.bsky.feed.post/{rkey}"
    post = None if tags is None else Post("bluesky", key, did, 1, tags, "post", at_us)
    return Commit(did, rkey, at_us, post)


def account(at_us: int, *, active: bool, did: str = WHO) -> Account:
    return Account(did, at_us, active)


def seen(events: list[Event]) -> set[Post]:
    register = Register(Sieve(["debian"]))
    return {post for event in events for post in register.versions(event)}


def last(versions: set[Post]) -> Post:
    """Return the version with the highest revision; a withdrawal goes before what is as late."""
    return max(versions, key=lambda post: (post.revision, post.kind == "withdrawn"))


def test_a_post_without_our_tags_is_nothing_to_us() -> None:
    assert seen([commit(1, "other"), commit(2, None), account(3, active=False)]) == set()


def test_a_deletion_withdraws_the_post_in_either_order() -> None:
    for order in permutations([commit(1, "debian"), commit(2, None)]):
        assert {(post.revision, post.kind) for post in seen(list(order))} == {
            (1, "post"),
            (2, "withdrawn"),
        }


def test_an_edit_that_removes_the_tag_is_reported() -> None:
    for order in permutations([commit(1, "debian"), commit(2, "cats")]):
        assert last(seen(list(order))).tags == "cats"


def test_a_change_that_brings_the_tag_is_reported() -> None:
    assert last(seen([commit(1, "cats"), commit(2, "debian")])).tags == "debian"


def test_a_post_created_again_after_its_deletion_counts() -> None:
    for order in permutations([commit(1, "debian"), commit(2, None), commit(3, "debian")]):
        assert last(seen(list(order))).kind == "post"


def test_a_returning_account_restores_all_but_deleted_posts() -> None:
    events: list[Event] = [
        commit(1, "debian", "kept"),
        commit(2, "debian", "deleted"),
        commit(3, None, "deleted"),
        account(4, active=False),
        commit(4, "debian", did=OTHER),
    ]
    gone = seen(events)
    back = seen([*events, account(5, active=True)])
    for versions, kinds in ((gone, {"kept": "withdrawn"}), (back, {"kept": "post"})):
        for rkey, kind in {**kinds, "deleted": "withdrawn"}.items():
            assert last({post for post in versions if post.key.endswith(rkey)}).kind == kind
        assert last({post for post in versions if post.voter == OTHER}).kind == "post"


def test_an_account_gone_before_a_post_doesnt_affect_it() -> None:
    for order in permutations([account(4, active=False), commit(5, "debian")]):
        assert {post.kind for post in seen(list(order))} == {"post"}


S = 1_000_000
EVENTS: list[Event] = [
    commit(1 * S, "debian"),
    commit(3 * S, "debian cats"),
    account(4 * S, active=False),
    account(6 * S, active=True),
    commit(7 * S, None),
    commit(2 * S, "debian", "other"),
]


def test_a_missed_edit_is_not_overruled_by_a_returning_account() -> None:
    """As one that begins to read between the two, which may come in either order."""
    made, changed = commit(1 * S, "debian"), commit(2 * S, "cats")
    news = [account(3 * S, active=False), account(4 * S, active=True)]
    for whole in permutations([made, changed, *news]):
        versions = seen(list(whole)) | seen([made, *news])
        assert (last(versions).tags, last(versions).kind) == ("cats", "post")


@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=4))
def test_events_in_any_order_give_the_same_result(order: list[Event], repeats: list[Event]) -> None:
    versions = seen([*order, *repeats])
    for key in {post.key for post in versions}:
        ours, plain = (
            last({post for post in found if post.key == key}) for found in (versions, seen(EVENTS))
        )
        assert (ours.kind, ours.revision) == (plain.kind, plain.revision)


@given(st.data())
def test_two_hosts_complement_each_other(data: st.DataObject) -> None:
    """What each event alone makes known comes from some host, if one has it and the post."""
    dropped = data.draw(st.sets(st.sampled_from(EVENTS[1:]), max_size=3))
    both = seen(EVENTS) | seen([event for event in EVENTS if event not in dropped])
    for key in {post.key for post in both}:
        ours, whole = (
            last({post for post in versions if post.key == key})
            for versions in (both, seen(EVENTS))
        )
        assert (ours.kind, ours.revision) == (whole.kind, whole.revision)


def test_news_of_what_is_unknown_is_forgotten_in_time() -> None:
    register = Register(Sieve(["debian"]))
    for number in range(50_010):
        list(register.versions(commit(number, None, f"r{number}")))
    assert list(register.versions(commit(1, "debian", "r1")))[-1].kind == "post"
    assert list(register.versions(commit(1, "debian", "r50009")))[-1].kind == "withdrawn"
