"""Reading many lines at once equals reading them one by one, whatever is between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_twitter_page import PLACES, plain, statuses
from test_x_page import posts, usual

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Post
from twittervotes.sources.archive import files, reader
from twittervotes.sources.archive.reader import Archive, Piece
from twittervotes.sources.plugin import Deleted, Presence, plugins

CONTEST = Contest("?", (Choice("debian"),))
TOOT = {
    "id": "1",
    "created_at": "2022-11-08T21:16:45.000Z",
    "visibility": "public",
    "uri": "https://a.example/statuses/1",
    "account": {"uri": "https://a.example/users/1"},
    "tags": [{"name": "debian"}],
}
others = st.sampled_from(
    [
        '{"delete":{"status":{"id_str":"7"}}}',
        '{"limit":{"track":5}}',
        '{"statuses":[],"search_metadata":{}}',
        json.dumps(TOOT),
        json.dumps(TOOT, indent=1),
        "",
        "\r",
        " \t",
        "[",
        "]",
        ",",
        "null",
        '{"created_at":"Tue',
        "no JSON",
        "{",
        "\x1e",
    ]
)
lines = st.one_of(
    statuses().map(json.dumps),
    posts().map(json.dumps),
    st.just(json.dumps(usual("5", "debian"))),
    st.just(json.dumps({"data": usual("5", "debian"), "matching_rules": []})),
    st.just(json.dumps(plain(is_repost=False))),
    st.just(json.dumps(plain(is_repost=True))),
    st.just(json.dumps(plain(is_repost=False), indent=2)),
    st.just(json.dumps([plain(is_repost=False)] * 2)),
    others,
)
ends = st.sampled_from(["\n", "\n", "\r\n", ",\n", " \n", "", " ", "\n\n", "\n  "])
contents = st.lists(st.tuples(lines, ends), min_size=1, max_size=12)


def archive(*, quick: bool) -> Archive:
    made = [
        (plugin.reads(CONTEST), plugin.reads_lines) for plugin in plugins().values() if plugin.reads
    ]
    return Archive(
        [reading for reading, _ in made],
        {reading: lines for reading, lines in made if lines and quick},
    )


def told(pieces: Iterator[Piece]) -> list[tuple[str, int, object]]:
    """Return everything that pieces report, with the last line known by then."""
    found: list[tuple[str, int, object]] = []
    for piece in pieces:
        things: list[Post | str | Deleted | Presence] = [*piece.posts, *piece.bad, *piece.news]
        if piece.numbered:
            assert not things
            before = piece.line - piece.numbered.size
            found += [
                (piece.file, before + place, post)
                for place, post in enumerate(piece.numbered.posts(), 1)
            ]
        found += [(piece.file, piece.line, thing) for thing in things]
    return found


@settings(deadline=None)
@given(contents, st.sampled_from([64, 700, 1 << 18]), st.sampled_from([1, 900, 1 << 16]))
def test_many_lines_at_once_give_what_each_gives(
    content: list[tuple[str, str]], chunk: int, look: int
) -> None:
    with pytest.MonkeyPatch.context() as patched, TemporaryDirectory() as folder:
        patched.setattr(files, "CHUNK", chunk)
        patched.setattr(reader, "LEAST", look)
        path = Path(folder, "a.jsonl")
        path.write_bytes("".join(line + end for line, end in content).encode())
        quickly, one_by_one = (
            told(archive(quick=quick).pieces(path, lambda _: None)) for quick in (True, False)
        )
    assert quickly == one_by_one


@pytest.mark.parametrize("place", PLACES[:8], ids=".".join)
def test_plain_lines_are_read_at_once_around_an_unusual_one(
    place: tuple[str, ...], tmp_path: Path
) -> None:
    usual = json.dumps(plain(is_repost=False))
    odd = plain(is_repost=False)
    odd[place[0]] = [7]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([*[usual] * 50, json.dumps(odd), *[usual] * 50, ""]))
    pieces = list(archive(quick=True).pieces(path, lambda _: None))
    assert sum(piece.numbered.size for piece in pieces if piece.numbered) >= 98
    assert told(iter(pieces)) == told(archive(quick=False).pieces(path, lambda _: None))


def test_usual_lines_of_x_v2_are_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    some = [json.dumps(usual(str(number), "Debian")) for number in range(1, 51)]
    edited = json.dumps(usual("7", "debian") | {"edit_history_tweet_ids": ["5", "7"]})
    path.write_text("\n".join([*some, edited, *some, ""]))
    found = list(archive(quick=True).pieces(path, lambda _: None))
    assert sum(piece.numbered.size for piece in found if piece.numbered) >= 95
    assert told(iter(found)) == told(archive(quick=False).pieces(path, lambda _: None))


def test_the_indent_of_a_line_before_is_forgotten(tmp_path: Path) -> None:
    usual = json.dumps(plain(is_repost=False))
    path = tmp_path / "a.jsonl"
    broken = '{"a": "cut\n  {"b": 1}\n'
    path.write_text(f"{usual}\n  {usual}\n" + f"{usual}\n" * 3 + broken + f"{usual}\n")
    pieces = list(archive(quick=True).pieces(path, lambda _: None))
    assert told(iter(pieces)) == told(archive(quick=False).pieces(path, lambda _: None))
