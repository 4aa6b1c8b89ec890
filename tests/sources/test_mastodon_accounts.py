"""One address for an account of the fediverse, whichever form of it a server sends."""

from __future__ import annotations

import pytest

from twittervotes.sources.mastodon.accounts import account, bridged, canonical

DID = "did:plc:abc123"
COPY = f"https://bsky.brid.gy/convert/ap/at://{DID}/app.bsky.feed.post/3kabc"
KEY = f"at://{DID}/app.bsky.feed.post/3kabc"

# What various software sends: uri and url of an account, its username, the uri of its posts.
SOFTWARE = {
    "mastodon": ("/users/Bert", "/@Bert", "Bert", "/users/Bert/statuses/1"),
    "mastodon 4.5": ("/ap/users/1155", "/@bert", "bert", "/ap/users/1155/statuses/1"),
    "misskey": ("/users/9abc", "/@bert", "bert", "/notes/9x1"),
    "friendica": ("/profile/bert", "/profile/bert", "bert", "/objects/5b2"),
    "pixelfed": ("/users/bert", "/bert", "bert", "/p/bert/77"),
    "pleroma": ("/users/bert", "/users/bert", "bert", "/objects/5b2"),
    "wordpress": ("/?author=1", "/author/bert/", "bert", "/?p=17"),
    "ghost": ("/.ghost/activitypub/users/index", "/", "index", "/.ghost/activitypub/note/1"),
}


@pytest.mark.parametrize("software", SOFTWARE)
def test_an_account_is_the_same_on_old_and_new_servers(software: str) -> None:
    uri, url, username, post = SOFTWARE[software]
    new = account(
        f"https://m.example{uri}", f"https://m.example{url}", username, f"https://m.example{post}"
    )
    old = account("", f"https://m.example{url}", username, f"https://m.example{post}")
    assert new == old


@pytest.mark.parametrize(
    ("software", "address"),
    [
        ("mastodon", "https://m.example/users/Bert"),
        ("mastodon 4.5", "https://m.example/users/bert"),
        ("misskey", "https://m.example/users/bert"),
        ("friendica", "https://m.example/profile/bert"),
        ("ghost", "https://m.example/users/index"),
    ],
)
def test_an_account_is_identified_by_its_profile(software: str, address: str) -> None:
    uri, url, username, post = SOFTWARE[software]
    origin = "https://m.example"
    assert account(origin + uri, origin + url, username, origin + post) == address


def test_accounts_with_a_shared_profile_page_stay_apart() -> None:
    front = "https://bots.example/"
    ann, bob = (
        account(f"https://bots.example/{name}", front, name, f"https://bots.example/post/{name}")
        for name in ("ann", "bob")
    )
    assert ann != bob


@pytest.mark.parametrize(
    "post", ["https://evil.example/notes/1", "https://evil.example/users/mallory/statuses/1"]
)
@pytest.mark.parametrize("uri", ["https://evil.example/users/mallory", ""])
@pytest.mark.parametrize(
    "url",
    [
        "https://m.example/@bert",
        "https://m.example/users/bert",
        "https://M.EXAMPLE/@bert",
        "https://m.example:443/@bert",
        "https://evil.example@m.example/@bert",
        "https://m.example\\@evil.example/@bert",
        "//m.example/@bert",
        "javascript:alert(1)",
    ],
)
def test_a_server_cannot_claim_an_account_of_another(url: str, uri: str, post: str) -> None:
    found = account(uri, url, "bert", post)
    assert found.startswith("https://evil.example/")
    assert account(uri, url, "bert", post) == found


def test_an_account_without_a_profile_is_identified_by_its_uri() -> None:
    uri = "https://m.example/users/bert"
    assert account(uri, "", "bert", "https://m.example/notes/1") == uri
    assert account("https://m.example/@bert", "", "", "https://m.example/1") == uri


@pytest.mark.parametrize("post", ["https://m.example/users/bert/statuses/1", "tag:m.example,1"])
def test_a_post_without_an_account_is_refused(post: str) -> None:
    with pytest.raises(ValueError, match="whose post"):
        account("", "", "bert", post)


def test_a_canonical_address_is_stable() -> None:
    for address in ("https://m.example/@bert", "https://m.example/@bert/", "https://m.example/b"):
        assert canonical(canonical(address)) == canonical(address)
    assert canonical("https://m.example/@bert@other.example") == (
        "https://m.example/@bert@other.example"
    )


@pytest.mark.parametrize("uri", [COPY, COPY.replace("at://did:plc:", "at%3A%2F%2Fdid%3Aplc%3A")])
@pytest.mark.parametrize(
    ("account_uri", "url"),
    [
        (f"https://bsky.brid.gy/ap/{DID}", "https://bsky.brid.gy/r/https://bsky.app/profile/a.b"),
        ("", f"https://bsky.brid.gy/ap/{DID}"),
        ("", f"https://bsky.brid.gy/r/https://bsky.app/profile/{DID}"),
        ("", "https://bsky.brid.gy/r/https://bsky.app/profile/ann.bsky.social"),
    ],
)
def test_a_bridged_copy_is_the_bluesky_post(uri: str, account_uri: str, url: str) -> None:
    assert bridged(uri, account_uri, url) == (KEY, DID)


@pytest.mark.parametrize(
    ("uri", "account_uri", "url"),
    [
        (COPY, "https://bsky.brid.gy/ap/did:plc:another", ""),
        (COPY, "", "https://bsky.brid.gy/ap/did:plc:another"),
        (COPY, "", "https://a.example/@who"),
        (COPY, "https://a.example/users/who", f"https://bsky.brid.gy/ap/{DID}"),
        (COPY.replace("bsky.brid.gy", "evil.example"), "", f"https://bsky.brid.gy/ap/{DID}"),
        (f"{COPY}/and/more", "", f"https://bsky.brid.gy/ap/{DID}"),
    ],
)
def test_lookalikes_of_copies_are_ordinary_posts(uri: str, account_uri: str, url: str) -> None:
    assert bridged(uri, account_uri, url) is None
