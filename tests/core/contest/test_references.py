"""What people paste to look up a post or an account."""

from __future__ import annotations

import pytest

from twittervotes.core.contest.networks import Meant
from twittervotes.core.contest.references import meant

DID = "did:plc:abc123"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://x.com/debian/status/1234567890", "1234567890"),
        ("https://twitter.com/debian/status/1234567890?s=20&t=x", "1234567890"),
        ("http://www.twitter.com/debian/statuses/1234567890/photo/1", "1234567890"),
        ("mobile.twitter.com/debian/status/1234567890", "1234567890"),
        ("https://x.com/i/web/status/1234567890", "1234567890"),
        ("https://x.com/i/status/1234567890#m", "1234567890"),
        (f"https://bsky.app/profile/{DID}/post/3kxyz", f"at://{DID}/app.bsky.feed.post/3kxyz"),
        (f"at://{DID}/app.bsky.feed.post/3kxyz", f"at://{DID}/app.bsky.feed.post/3kxyz"),
        ("https://rstats.me/@simon/114870142137562212",
         "https://rstats.me/users/simon/statuses/114870142137562212"),
        ("https://rstats.me/users/simon/statuses/1/", "https://rstats.me/users/simon/statuses/1"),
        (f"https://bsky.brid.gy/convert/ap/at://{DID}/app.bsky.feed.post/3kxyz",
         f"at://{DID}/app.bsky.feed.post/3kxyz"),
        (f"https://bsky.brid.gy/r/https://bsky.app/profile/{DID}/post/3kxyz",
         f"at://{DID}/app.bsky.feed.post/3kxyz"),
        (" x:17 ", "x:17"),
    ],
)  # fmt: skip
def test_a_link_to_a_post_means_its_key(text: str, key: str) -> None:
    assert key in meant(text).keys


@pytest.mark.parametrize(
    ("text", "voter"),
    [
        ("https://x.com/i/user/42", "42"),
        (f"https://bsky.app/profile/{DID}", DID),
        (f"at://{DID}", DID),
        ("@simon@rstats.me", "https://rstats.me/users/simon"),
        ("https://rstats.me/@simon", "https://rstats.me/users/simon"),
        ("https://mastodon.social/@simon@rstats.me/123", "https://rstats.me/users/simon"),
        ("https://rstats.me/users/simon", "https://rstats.me/users/simon"),
        ("x:42", "x:42"),
        ("simon@rstats.me", "https://rstats.me/users/simon"),
        ("acct:simon@rstats.me", "https://rstats.me/users/simon"),
        ("@Simon@Rstats.Me", "https://rstats.me/users/Simon"),
        ("@Simon@rstats.me", "https://rstats.me/users/simon"),
        ("@dora@fr.example", "https://fr.example/profile/dora"),
        ("https://px.example/users/emil", "https://px.example/emil"),
        ("https://wp.example/author/ann/", "https://wp.example/author/ann/"),
        (f"https://bsky.brid.gy/ap/{DID}", DID),
        (f"https://bsky.brid.gy/r/https://bsky.app/profile/{DID}", DID),
    ],
)
def test_a_link_to_an_account_means_its_voter(text: str, voter: str) -> None:
    assert voter in meant(text).voters


def test_a_links_changeable_name_is_ignored() -> None:
    assert meant("https://bsky.app/profile/ann.example/post/3kxyz").parts == (
        ("at://", "/app.bsky.feed.post/3kxyz"),
    )
    assert meant("https://new.social/@simon/7").parts == (("https://new.social/", "/statuses/7"),)


def test_a_numeric_account_is_found_by_its_posts() -> None:
    link = "https://m.example/ap/users/115576270601199442"
    assert (f"{link}/statuses/", "") in meant(link).parts


def test_a_server_may_live_below_its_domain() -> None:
    below = (("https://", ".rstats.me/users/simon"),)
    assert meant("@simon@rstats.me").below == below


def test_another_servers_post_number_is_not_a_key() -> None:
    assert meant("https://mastodon.social/@simon@rstats.me/123").parts == ()


def test_plain_words_mean_themselves() -> None:
    assert meant("debian") == Meant(("debian",), ("debian",))
