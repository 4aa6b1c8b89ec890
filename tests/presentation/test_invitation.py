"""The address for voters, and the invitation to vote."""

from __future__ import annotations

import pytest

from twittervotes.core.config.display import background, colour, web_address
from twittervotes.presentation.invitation import sum_in_words, vote_address, written_address


def test_the_configured_link_goes_before_the_ballot_page() -> None:
    assert vote_address("https://a.example/", "https://b.example/") == "https://a.example/"
    assert vote_address("", "https://b.example/") == "https://b.example/"
    assert vote_address("") == ""


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://votes.example.org/c/distro", "votes.example.org/c/distro"),
        ("http://192.168.0.7:8080/", "192.168.0.7:8080"),
    ],
)
def test_an_address_is_written_as_people_type_it(address: str, written: str) -> None:
    assert written_address(address) == written
    assert web_address(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "votes.example.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://a.example/ b",
        "https://a.example/\n",
        "https://a.example/\u202e",
        "https://user:word@a.example/",
        "https://[::1/",
        "https://a.example/" + "x" * 300,
    ],
)
def test_what_no_phone_opens_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|at most"):
        web_address(text)


@pytest.mark.parametrize("text", ["green", "#00b1", "#00b14g", "transparent "])
def test_an_invalid_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a colour"):
        colour(text)
    with pytest.raises(ValueError, match="must be a colour"):
        background(text)


def test_a_background_may_be_transparent() -> None:
    assert background("transparent") == "transparent"
    assert colour("#00B140") == "#00b140"


@pytest.mark.parametrize(
    ("percents", "words"),
    [
        ((46.2, 33.9, 19.9), ""),
        ((33.3, 33.3, 33.3), "rounded shares add up to 99.9%"),
        ((14.3,) * 7, "rounded shares add up to 100.1%"),
        ((0.0, 0.0), ""),
    ],
)
def test_only_a_sum_other_than_100_is_mentioned(percents: tuple[float, ...], words: str) -> None:
    assert sum_in_words(percents) == words
