"""Archives: every form of file is read, and nothing in one can stop the reading or fill memory."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import sys
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Post
from twittervotes.sources.archive import files, json_stream
from twittervotes.sources.archive.json_stream import Bad, Value, Values
from twittervotes.sources.archive.reader import Archive, Piece
from twittervotes.sources.plugin import Deleted, Presence, Read, Reading, plugins

CONTEST = Contest("?", (Choice("debian"), Choice("ubuntu")))
NESTED = {"id": 1, "text": 'a } b ] c " d \\ e { [\n', "list": [{"x": []}, [], {}], "ok": None}


def values(data: bytes, size: int = 1 << 16) -> list[Value | Bad]:
    """Split `data`, taken in by chunks of `size` bytes."""
    splitter = Values()
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    return [*(found for chunk in chunks for found in splitter.taken(chunk)), *splitter.ended()]


def objects(found: list[Value | Bad]) -> list[Any]:
    return [json.loads(each.data) for each in found if isinstance(each, Value)]


def bad_lines(found: list[Value | Bad]) -> list[int]:
    return [each.line for each in found if isinstance(each, Bad)]


def plain(value: bytes) -> Read | None:
    """Read a form that no network has: {"key": "1", "tags": "debian"}."""
    told = json.loads(value)
    return Read((Post("net", told["key"], "voter", 1000, told["tags"]),))


def pieces(path: Path, reading: Reading = plain) -> list[Piece]:
    return list(Archive([reading]).pieces(path, lambda _: None))


def keys(found: list[Piece]) -> list[str]:
    return [post.key for piece in found for post in piece.posts]


def troubles(found: list[Piece]) -> list[tuple[int, str]]:
    return [(piece.line, words) for piece in found for words in piece.bad]


def line(key: object) -> str:
    return json.dumps({"key": str(key), "tags": "debian"})


# --- values in a stream -----------------------------------------------------------------------

FORMS: dict[str, Callable[[list[Any]], str]] = {
    "a line each": lambda found: "\n".join(map(json.dumps, found)) + "\n",
    "a line each, without the last newline": lambda found: "\n".join(map(json.dumps, found)),
    "a line each, with Windows' ends": lambda found: "\r\n".join(map(json.dumps, found)),
    "one after the other": lambda found: "".join(map(json.dumps, found)),
    "a list in one line": json.dumps,
    "a list over many lines": lambda found: json.dumps(found, indent=2),
    "a list without indentation": lambda found: json.dumps(found, indent=0),
    "a list with an object a line": lambda found: (
        "[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n"
    ),
    "lists of lists": lambda found: json.dumps([found[:1], found[1:]]),
    "objects over many lines": lambda found: "\n".join(
        json.dumps(each, indent="\t") for each in found
    ),
    "a sequence of RFC 7464": lambda found: "".join(f"\x1e{json.dumps(each)}\n" for each in found),
    "with a byte order mark": lambda found: "\ufeff" + json.dumps(found),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [7, 100, 1 << 20])
def test_every_form_of_json_gives_its_objects(form: str, size: int) -> None:
    wanted = [NESTED, {"n": 2}, {"n": {"m": [1, 2, {"l": "日本語"}]}}]
    found = values(FORMS[form](wanted).encode(), size)
    assert objects(found) == wanted
    assert bad_lines(found) == []


json_objects = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    ),
    max_size=4,
)


@settings(max_examples=60)
@given(st.lists(json_objects, max_size=5), st.sampled_from(sorted(FORMS)), st.integers(4, 300))
def test_chunk_boundaries_dont_matter(wanted: list[Any], form: str, size: int) -> None:
    if wanted:
        assert objects(values(FORMS[form](wanted).encode(), size)) == wanted


@given(st.binary(max_size=300), st.integers(1, 50))
def test_bytes_of_any_kind_neither_raise_nor_hang(data: bytes, size: int) -> None:
    before, after = b'{"n": 1}\n', b'\n{"n": 2}\n{"n": 3}\n'
    found = objects(values(before + data + after, size)) if b"{" not in data else [{"n": 1}]
    assert found[0] == {"n": 1}
    if b"{" not in data and b'"' not in data:
        assert found[-2:] == [{"n": 2}, {"n": 3}]


@pytest.mark.parametrize(
    "broken",
    [
        "hello",
        "null",
        "17",
        '"a text"',
        '{"n": 1, "te',
        '{"n": 1, "text": "cut in a text',
        '{"n": 1,',
        '{"n": {"m": [1, 2',
        '{"n": {"m": [{"l": 1}',
        '{"n": 1]',
        '{"n": "a\\',
        "{",
        "<html>",
    ],
)
@pytest.mark.parametrize("size", [5, 1 << 20])
def test_a_bad_line_is_reported_with_its_number(broken: str, size: int) -> None:
    data = "\n".join(['{"n": 1}', "", broken, '{"n": 2}', '{"n": 3}', ""])
    found = values(data.encode(), size)
    assert objects(found) == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert bad_lines(found) == [3]


def test_a_truncated_line_costs_no_other() -> None:
    data = '{"n": 1}\n{"tags": [\n' + '{"n": 2}\n' * 50
    found = values(data.encode())
    assert objects(found) == [{"n": 1}, *([{"n": 2}] * 50)]
    assert bad_lines(found) == [2]


def test_the_last_line_may_be_cut() -> None:
    found = values(b'{"n": 1}\n{"n": 2}\n{"n": 3, "te')
    assert objects(found) == [{"n": 1}, {"n": 2}]
    assert bad_lines(found) == [3]


def test_a_broken_object_in_a_long_list_harms_no_other() -> None:
    whole = json.dumps([{"n": number, "m": {"l": [1]}} for number in range(4)], indent=4)
    broken = whole.replace('"n": 1,', '"n": "1,')
    found = values(broken.encode())
    assert [each["n"] for each in objects(found)] == [0, 2, 3]
    assert len(bad_lines(found)) == 1


def test_lines_are_counted_through_objects_and_lists() -> None:
    found = values(b'{\n"n": 1\n}\n\n[\n{"n": 2},\n{\n"n": 3}]\nx')
    assert [each.line for each in found] == [1, 6, 7, 9]


@pytest.mark.parametrize(
    ("start", "endless"),
    [
        (b"", b" "),
        (b"", b"x"),
        (b"", b"[1,"),
        (b"", b'{"a": 1, '),
        (b'{"text": "', b"x"),
        (b'{"list": [', b"1, "),
        (b'{"list": [', b'"1", \n'),
        (b'{"list": [', b"{}, "),
    ],
)
def test_an_endless_line_needs_little_memory(
    start: bytes, endless: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "LONGEST_VALUE", 250_000)
    splitter, chunk = Values(), (endless * 65_536)[:65_536]
    list(splitter.taken(start))
    tracemalloc.start()
    found = [each for _ in range(60) for each in splitter.taken(chunk)]
    found += splitter.taken(b'\n{"n": 1}\n')
    found += splitter.ended()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert objects(found)[-1:] == [{"n": 1}]
    assert peak < 2_000_000 < 60 * len(chunk)


CUT_NOW_AND_THEN = ('{"n": 1,\n' + f'{{"n": 2, "text": "{"x" * 250}"}}\n' * 400) * 200


@pytest.mark.parametrize(
    "hostile",
    [
        '{"a":[\n' * 20_000,
        '{"a":[' * 50_000,
        "[" * 100_000,
        '{"a":"\n' * 20_000,
        '{"a":1,\n' * 20_000,
        "{" * 100_000,
        '{"a":[{},\n' * 20_000,
        '"{' * 50_000,
        CUT_NOW_AND_THEN,
    ],
    ids=lambda hostile: hostile[:20],
)
def test_what_is_made_to_be_slow_is_not(hostile: str) -> None:
    began = time.process_time()  # what others do on the machine is not counted
    found = values(hostile.encode() + b'\n{"n": 1}\n{"n": 2}\n', 1 << 18)
    assert objects(found)[-1] == {"n": 2}
    assert time.process_time() - began < 20


# --- files ------------------------------------------------------------------------------------


def zstd(data: bytes) -> bytes:
    """Pack `data` by what this Python has for it."""
    if sys.version_info >= (3, 14):
        from compression import zstd

        return zstd.compress(data)
    packed: bytes = pytest.importorskip("zstandard").compress(data)
    return packed


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}
packed_by = pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)


def test_a_files_type_is_decided_by_its_bytes(tmp_path: Path) -> None:
    text = f"{line(1)}\n{line(2)}\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one.json", line(1))
        archive.writestr("two.gz", gzip.compress(line(2).encode()))
    for data in (text, *(pack(text) for pack in PACKED.values()), packed.getvalue()):
        path = tmp_path / "a file.txt"
        path.write_bytes(data)
        assert keys(pieces(path)) == ["1", "2"]


def test_files_are_named_without_their_paths(tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deep/er/one\n.json", line(1))
    assert [piece.file for piece in pieces(path)] == ["pack.zip/one\ufffd.json"]


@packed_by
@pytest.mark.parametrize("between", [b"", b"\0" * 8])
@pytest.mark.parametrize("after", [b"", b"\0" * 512, b"\0" * 20_000, b"something else"])
def test_concatenated_packed_files_are_read_as_one(
    tmp_path: Path, pack: Callable[[bytes], bytes], between: bytes, after: bytes
) -> None:
    path = tmp_path / "packed"
    first, second = pack(f"{line(1)}\n".encode()), pack(line(2).encode())
    for size in (0, 4000, 4095, 4096):  # wherever in a bite a file ends
        noise = bytes(random.Random(size).randbytes(size)).hex().encode()
        middle = pack(noise + b"\n")
        path.write_bytes(first + between + middle + between + second + after)
        assert keys(pieces(path)) == ["1", "2"]
        assert [words for _, words in troubles(pieces(path))] == ["it isn't a JSON object"] * bool(
            size
        )


@packed_by
def test_a_long_packed_file_is_read_in_full(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    lines = [line(f"{number}-{random.Random(number).random()}") for number in range(30_000)]
    path = tmp_path / "packed"
    path.write_bytes(pack("\n".join(lines).encode()))
    assert keys(pieces(path)) == [json.loads(each)["key"] for each in lines]
    assert troubles(pieces(path)) == []


def test_frames_of_zstd_to_be_skipped_are_skipped(tmp_path: Path) -> None:
    skipped = b"\x53\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    path = tmp_path / "a.zst"
    first, second = zstd(f"{line(1)}\n".encode()), zstd(line(2).encode())
    path.write_bytes(skipped + first + skipped + second + skipped)
    assert (keys(pieces(path)), troubles(pieces(path))) == (["1", "2"], [])


@packed_by
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_truncated_packed_file_yields_its_beginning(
    tmp_path: Path, pack: Callable[[bytes], bytes], share: float
) -> None:
    lines = [line(f"{number}-{random.Random(number).random()}") for number in range(60_000)]
    packed = pack("\n".join(lines).encode())
    path = tmp_path / "packed"
    path.write_bytes(packed[: int(len(packed) * share)])
    found = pieces(path)
    assert troubles(found)[-1] == (0, "It is truncated; everything before that was read.")
    assert keys(found)[:1000] == [
        json.loads(each)["key"] for each in lines[: len(keys(found))][:1000]
    ]
    assert share < 0.1 or len(keys(found)) > 10_000


def test_without_the_package_for_zstd_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd and so on")
    if sys.version_info >= (3, 14):
        pytest.skip("this Python has it built in")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    ((_, words),) = troubles(pieces(path))
    assert "pip install 'twittervotes[zstd]'" in words


def test_a_truncated_gzip_is_read_to_its_end(tmp_path: Path) -> None:
    random.seed(1)
    lines = [line(f"{number}-{random.random()}") for number in range(2000)]
    path = tmp_path / "a.gz"
    packed = gzip.compress("\n".join(lines).encode())
    path.write_bytes(packed[: len(packed) // 2])
    found = pieces(path)
    there = zlib.decompressobj(31).decompress(path.read_bytes())
    whole = there.decode().splitlines()[:-1]
    assert keys(found)[: len(whole)] == [json.loads(each)["key"] for each in whole]
    assert len(whole) > 500
    assert troubles(found)[-1] == (0, "It is truncated; everything before that was read.")


def test_a_damaged_gzip_yields_what_comes_before(tmp_path: Path) -> None:
    random.seed(2)
    packed = bytearray(
        gzip.compress("\n".join(line(random.random()) for _ in range(5000)).encode())
    )
    packed[len(packed) // 2 : len(packed) // 2 + 200] = bytes(200)
    path = tmp_path / "a.gz"
    path.write_bytes(packed)
    found = pieces(path)
    assert len(keys(found)) > 500
    assert "damaged" in troubles(found)[-1][1]


def bomb(path: Path, times: int) -> Path:
    """Make a small file that is `times` MiB of one line when it is unpacked."""
    with gzip.open(path, "wb") as file:
        for _ in range(times):
            file.write(b" " * (1 << 20))
    return path


def test_a_file_that_grows_beyond_all_measure_is_abandoned(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.gz", 200)
    tracemalloc.start()
    found = pieces(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert troubles(found) == [(0, "It grows beyond all measure when it is unpacked.")]
    assert peak < 20_000_000


@packed_by
def test_each_kind_of_packing_is_abandoned_in_little_memory(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "packed"
    path.write_bytes(pack(b" " * (70 << 20)))
    tracemalloc.start()
    found = pieces(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert troubles(found) == [(0, "It grows beyond all measure when it is unpacked.")]
    assert peak < 20_000_000


def test_an_xz_that_needs_gigabytes_is_abandoned(tmp_path: Path) -> None:
    packed = bytearray(lzma.compress(line(1).encode()))
    head = slice(12, 12 + 4 * (packed[12] + 1) - 4)  # of the only block, without its checksum
    packed[packed.index(b"\x21\x01", 12) + 2] = 40  # 4 GB of dictionary
    packed[head.stop : head.stop + 4] = zlib.crc32(packed[head]).to_bytes(4, "little")
    path = tmp_path / "a.xz"
    path.write_bytes(packed)
    assert troubles(pieces(path)) == [(0, "It needs too much memory to be unpacked here.")]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_a_zip_holds_must_be_packed_by_deflate(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.json", line(1))
        archive.writestr("2.json", b" " * (40 << 20), method)
        archive.writestr("3.json", line(3), zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    found = pieces(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert keys(found) == ["1", "3"]
    assert troubles(found) == [
        (0, "It is not packed by deflate, as in most zips; unpack it first.")
    ]
    assert peak < 20_000_000


def test_a_zip_that_grows_beyond_all_measure_is_abandoned(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.json", b" " * (40 << 20))
    found = troubles(pieces(path))
    assert found
    assert {words for _, words in found} == {"It grows beyond all measure when it is unpacked."}


def test_what_packs_well_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FREE", 1 << 20)
    path = tmp_path / "a.gz"
    path.write_bytes(
        gzip.compress("\n".join(line(f"{number:09}") for number in range(50_000)).encode())
    )
    found = pieces(path)
    assert len(keys(found)) == 50_000
    assert troubles(found) == []


def test_one_bad_file_in_a_zip_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.json", line(1))
        archive.writestr("2.json", line("two"))
        archive.writestr("3.json", line(3))
    path.write_bytes(path.read_bytes().replace(b"two", b"2wo", 1))
    found = pieces(path)
    assert keys(found)[0] == "1"
    assert keys(found)[-1] == "3"
    assert [piece.file for piece in found if piece.bad] == ["a.zip/2.json"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 and nothing more", "zip that is cut or damaged"),
        (b"SQLite format 3\0" + bytes(100), "twittervotes merge"),
        (b"\x1f\x8b\x08 no gzip", "damaged"),
        (b"BZh9 no bzip2", "damaged"),
        (b"\xfd7zXZ\0 no xz at all", "damaged"),
        (line(1).encode("utf-16"), "UTF-16"),
        (line(1).encode("utf-16-le"), "UTF-16"),
        (f"[{line(1)}]".encode("utf-16-be"), "UTF-16"),
        (gzip.compress(line(1).encode("utf-16"), mtime=0), "UTF-16"),
        (b"id,text,created_at\r\n1,#debian,2021-06-22\r\n", "CSV"),
        (b'\xef\xbb\xbf"id";"text, long"\n1;#debian\n', "CSV"),
        (b"id\ttext\n1\t[]\n", "CSV"),
        (bz2.compress(b"id,text\n"), "CSV"),
        (b"", None),
    ],
)
def test_a_file_that_isnt_an_archive_is_reported(
    tmp_path: Path, data: bytes, words: str | None
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    found = troubles(pieces(path))
    assert all(words and words in sentence for _, sentence in found)
    assert bool(found) == bool(words)


def test_json_with_commas_is_not_taken_for_a_table(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for first in ("collected 2021-06-22, by us", "a,b\n", 'window.posts = ["a, b",', "<p>a, b</p>"):
        path.write_text(f"{first}\n{line(1)}\n")
        assert keys(pieces(path)) == ["1"], first


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    ((_, words),) = troubles(pieces(tmp_path / "none.json"))
    assert words == "It cannot be read: No such file or directory."


def test_the_reading_is_reported_in_bytes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress("\n".join(map(line, range(20_000))).encode()))
    read: list[int] = []
    list(Archive([plain]).pieces(path, read.append))
    assert sum(read) == path.stat().st_size


# --- posts ------------------------------------------------------------------------------------


def test_an_unknown_value_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'{line(1)}\n{{"n": 1}}\n{line(2)}\n{{"n": NaN,}}\n', "utf-8")

    def reading(value: bytes) -> Read | None:
        return plain(value) if b'"key"' in value else None

    found = pieces(path, reading)
    assert keys(found) == ["1", "2"]
    assert troubles(found) == [
        (2, "it isn't a response or post of an installed network"),
        (4, "it is truncated, or not JSON"),
    ]


def test_a_failing_reader_stops_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(f"{line(1)}\n{line(2)}\n", "utf-8")

    def failing(_: bytes) -> Read | None:
        raise RuntimeError("a stranger's mistake")

    assert keys(list(Archive([failing, plain]).pieces(path, lambda _: None))) == ["1", "2"]


def test_a_post_that_cannot_be_stored_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("\n".join(map(line, (1, "a\ud800b", "a\nb"))), "utf-8")
    found = pieces(path)
    assert keys(found) == ["1", "a\ufffdb"], "half a surrogate pair costs no post"
    assert [number for number, _ in troubles(found)] == [3]


STATUS = {
    "created_at": "Tue Nov 08 21:16:42 +0000 2022",
    "id": 1_590_087_310_565_339_136,
    "id_str": "1590087310565339136",
    "full_text": "#debian",
    "entities": {"hashtags": [{"text": "Debian", "indices": [0, 7]}]},
    "user": {"id_str": "7", "screen_name": "who", "created_at": "Sat Nov 05 10:00:00 +0000 2011"},
}
TOOT = {
    "id": "114870142396314555",
    "created_at": "2025-07-17T19:07:48.000Z",
    "visibility": "public",
    "uri": "https://rstats.me/users/simon/statuses/114870142137562212",
    "url": "https://rstats.me/@simon/114870142137562212",
    "content": "<p>…</p>",
    "reblog": None,
    "edited_at": None,
    "in_reply_to_id": None,
    "account": {"id": "1", "acct": "simon@rstats.me", "uri": "https://rstats.me/users/simon"},
    "tags": [{"name": "debian", "url": "https://mastodon.social/tags/debian"}],
}
FRAME: dict[str, Any] = {
    "did": "did:plc:tn3hni2jpphsgl6amfbb7ja6",
    "time_us": 1_783_175_888_172_335,
    "kind": "commit",
    "commit": {
        "rev": "3mptbypoove2w",
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": "3mptbypfywk2v",
        "record": {
            "$type": "app.bsky.feed.post",
            "createdAt": "2026-07-04T14:38:07.323Z",
            "facets": [
                {
                    "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "Debian"}],
                    "index": {"byteStart": 0, "byteEnd": 7},
                }
            ],
            "text": "#Debian",
        },
        "cid": "bafyrei",
    },
}
FIRST_FRAME = {
    **{name: FRAME[name] for name in ("did", "time_us")},
    "type": "com",
    "commit": {
        "type": "c",
        **{name: value for name, value in FRAME["commit"].items() if name != "operation"},
    },
}
VIEW = {
    "uri": f"at://{FRAME['did']}/app.bsky.feed.post/3mptbypfywk2v",
    "cid": "bafyrei",
    "author": {"did": FRAME["did"], "handle": "who.example"},
    "record": FRAME["commit"]["record"],
    "indexedAt": "2026-07-04T14:38:08.323Z",
}
FORMS_OF_NETWORKS: dict[str, tuple[str, Any, str]] = {
    "v1.1 answer": ("twitter", {"statuses": [STATUS], "search_metadata": {}}, "x"),
    "v1.1 status": ("twitter", STATUS, "x"),
    "v1.1 answer of the premium search": (
        "twitter",
        {"results": [STATUS], "next": "eyJ", "requestParameters": {"maxResults": 100}},
        "x",
    ),
    "Mastodon list": ("mastodon", [TOOT], "mastodon"),
    "Mastodon status": ("mastodon", TOOT, "mastodon"),
    "Mastodon search": (
        "mastodon",
        {"accounts": [], "statuses": [TOOT], "hashtags": [{"name": "debian"}]},
        "mastodon",
    ),
    "Mastodon thread": ("mastodon", {"ancestors": [], "descendants": [TOOT]}, "mastodon"),
    "Mastodon line of the stream": (
        "mastodon",
        {"stream": ["hashtag", "debian"], "event": "update", "payload": json.dumps(TOOT)},
        "mastodon",
    ),
    "Jetstream line": ("bluesky", FRAME, "bluesky"),
    "Jetstream line of 2024": ("bluesky", FIRST_FRAME, "bluesky"),
    "Bluesky search": ("bluesky", {"posts": [VIEW], "cursor": "25"}, "bluesky"),
    "Bluesky feed": ("bluesky", {"feed": [{"post": VIEW}], "cursor": "x"}, "bluesky"),
    "v2 answer": (
        "x",
        {
            "data": [
                {
                    "id": "1440717170493689866",
                    "author_id": "1433267766912557062",
                    "created_at": "2021-09-22T16:38:35.000Z",
                    "text": "#debian",
                    "entities": {"hashtags": [{"start": 0, "end": 7, "tag": "debian"}]},
                }
            ],
            "meta": {"newest_id": "1440717170493689866", "result_count": 1},
        },
        "x",
    ),
    "v2 answer, new names": (
        "x",
        {
            "data": [
                {
                    "id": "1440717170493689867",
                    "edit_history_post_ids": ["1440717170493689866", "1440717170493689867"],
                    "author_id": "1433267766912557062",
                    "created_at": "2021-09-22T16:38:35.000Z",
                    "text": "…",
                    "note_post": {"entities": {"hashtags": [{"tag": "debian"}]}},
                }
            ],
            "includes": {"posts": []},
        },
        "x",
    ),
    "v2 line of the stream": (
        "x",
        {
            "data": {
                "id": "1440717170493689866",
                "author_id": "1433267766912557062",
                "created_at": "2021-09-22T16:38:35.000Z",
                "entities": {"hashtags": [{"tag": "debian"}]},
            },
            "matching_rules": [{"id": "1", "tag": "debian"}],
        },
        "x",
    ),
}


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    return [plugin.reads(CONTEST) for plugin in plugins().values() if plugin.reads]


@pytest.mark.parametrize("form", FORMS_OF_NETWORKS)
@pytest.mark.parametrize("written", ["one line", "many lines"])
def test_every_form_of_every_network_is_known_by_itself(
    form: str, written: str, readings: list[Reading], tmp_path: Path
) -> None:
    name, told, network = FORMS_OF_NETWORKS[form]
    if name not in plugins():
        pytest.skip(f"{name} is not installed")
    path = tmp_path / "a.json"
    path.write_text(json.dumps(told, indent=2 if written == "many lines" else None), "utf-8")
    found = list(Archive(readings).pieces(path, lambda _: None))
    assert troubles(found) == []
    ((post,),) = [piece.posts for piece in found]
    assert (post.network, post.tags.lower()) == (network, "debian")


@pytest.mark.parametrize(
    "empty",
    [
        {"meta": {"result_count": 0}},
        {"data": None, "meta": {"result_count": 0}},
        {"statuses": [], "search_metadata": {}},
        [],
        {"posts": [], "cursor": "25"},
        {"errors": [{"title": "Not Found Error", "resource_type": "tweet", "value": "1"}]},
        {"includes": {"users": [{"id": "1"}]}, "errors": [{"title": "Authorization Error"}]},
        {"errors": [{"title": "operational-disconnect", "disconnect_type": "Upstream"}]},
        {"delete": {"status": {"id": 1, "id_str": "1", "user_id": 2, "user_id_str": "2"}}},
        {"status_withheld": {"id": 1, "user_id": 2, "withheld_in_countries": ["DE"]}},
        {"warning": {"code": "FALLING_BEHIND", "message": "…", "percent_full": 60}},
        {"stream": ["hashtag", "debian"], "event": "delete", "payload": "1"},
    ],
)
def test_an_answer_without_posts_is_an_answer(
    empty: Any, readings: list[Reading], tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(empty), "utf-8")
    found = list(Archive(readings).pieces(path, lambda _: None))
    assert (keys(found), troubles(found)) == ([], [])


def test_all_forms_may_be_in_one_file(readings: list[Reading], tmp_path: Path) -> None:
    told = [each for name, each, _ in FORMS_OF_NETWORKS.values() if name in plugins()]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, told * 3)), "utf-8")
    found = list(Archive(readings).pieces(path, lambda _: None))
    assert troubles(found) == []
    assert len(keys(found)) == 3 * len(told)


def test_deletions_in_a_bluesky_file_are_read(readings: list[Reading], tmp_path: Path) -> None:
    if "bluesky" not in plugins():
        pytest.skip("bluesky is not installed")
    gone = {
        "did": FRAME["did"],
        "time_us": 1_783_175_898_172_335,
        "kind": "commit",
        "commit": {
            "rev": "3mptbypuw3t2q",
            "operation": "delete",
            "collection": "app.bsky.feed.post",
            "rkey": "3mptbypfywk2v",
        },
    }
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(FRAME)}\n{json.dumps(gone)}\n", "utf-8")
    found = list(Archive(readings).pieces(path, lambda _: None))
    ((post,), ()), ((), (news,)) = ((piece.posts, piece.news) for piece in found)
    assert news == Deleted("bluesky", post.key, 1_783_175_887_810_617)


def pieces_of(told: list[Any], readings: list[Reading], path: Path) -> list[Piece]:
    path.write_text("\n".join(map(json.dumps, told)), "utf-8")
    found = list(Archive(readings).pieces(path, lambda _: None))
    assert troubles(found) == []
    return found


@pytest.mark.parametrize("gone", [{"id_str": STATUS["id_str"]}, {"id": STATUS["id"]}])
def test_deletions_in_a_saved_x_stream_are_read(
    readings: list[Reading], tmp_path: Path, gone: dict[str, Any]
) -> None:
    told = [STATUS, {"delete": {"status": {**gone, "user_id_str": "7"}}}]
    new, last = pieces_of(told, readings, tmp_path / "a.jsonl")
    assert last.news == (Deleted("x", new.posts[0].key),)


def test_deletions_in_a_saved_mastodon_stream_are_read(
    readings: list[Reading], tmp_path: Path
) -> None:
    new = {"stream": ["hashtag", "debian"], "event": "update", "payload": json.dumps(TOOT)}
    gone = {**new, "event": "delete", "payload": TOOT["id"]}
    first, last = pieces_of([new, gone], readings, tmp_path / "a.jsonl")
    assert last.news == (Deleted("mastodon", first.ids[0], by_id=True),)


@pytest.mark.parametrize(
    "odd",
    [
        {"delete": {"status": {"id_str": "1x"}}},
        {"delete": {"status": {"id_str": "9" * 30}}},
        {"stream": ["hashtag", "debian"], "event": "delete", "payload": "?"},
        {"stream": ["hashtag", "debian"], "event": "delete", "payload": "1" * 100},
    ],
)
def test_a_deletion_that_names_no_post_is_reported(
    readings: list[Reading], tmp_path: Path, odd: dict[str, Any]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(odd))
    found = list(Archive(readings).pieces(path, lambda _: None))
    assert [(piece.news, len(piece.bad)) for piece in found] == [((), 1)]


def test_news_that_cannot_be_stored_is_reported(tmp_path: Path) -> None:
    post = Post("x", "1", "v", 1, "debian")
    news = (Deleted("x", "a\tb"), Presence("x", "v", -2, active=True), Deleted("x", "2"))
    read = Read(
        (post, post._replace(key="a\tb"), post._replace(key="3")), (), ("5", "6", "7"), news
    )
    path = tmp_path / "a.json"
    path.write_text("{}")
    (found,) = Archive([lambda _: read]).pieces(path, lambda _: None)
    assert ([post.key for post in found.posts], found.ids) == (["1", "3"], ("5", "7"))
    assert (found.news, len(found.bad)) == ((Deleted("x", "2"),), 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [("So #debian it is", True), ("＃デビアン", True), ("We are #1, so a#b", False), ("", False)],
)
def test_x_posts_saved_without_hashtags_are_reported(
    readings: list[Reading], tmp_path: Path, text: str, *, told: bool
) -> None:
    post = {"id": "12", "author_id": "7", "created_at": "2022-10-07T09:36:42.000Z", "text": text}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"data": [post]}))
    found = list(Archive(readings).pieces(path, lambda _: None))
    words = "post 12: its hashtags are missing ('entities' was not requested)"
    assert troubles(found) == [(1, words)] * told
    assert keys(found) == ["12"]


def test_posts_omitted_by_xs_stream_are_reported(readings: list[Reading], tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"limit": {"track": 1234, "timestamp_ms": "1667942202123"}}))
    found = list(Archive(readings).pieces(path, lambda _: None))
    assert troubles(found) == [(1, "X left 1,234 posts out of its stream")]


def damaged(random_: random.Random, told: Any) -> Any:
    """Return `told` with something in it replaced by something else."""
    rubbish = (None, 5, -1, 1.5, "x", [], {}, True, "9" * 30, ["x"], {"a": None})
    if not isinstance(told, dict | list) or not told or random_.random() < 0.2:
        return random_.choice(rubbish)
    copy = told.copy()
    place = random_.choice([*copy] if isinstance(copy, dict) else range(len(copy)))
    copy[place] = damaged(random_, copy[place])
    return copy


def many(told: Any) -> Iterator[Any]:
    random_ = random.Random(7)
    return (damaged(random_, told) for _ in range(150))


@pytest.mark.parametrize("form", FORMS_OF_NETWORKS)
def test_any_value_is_read_or_reported(form: str, readings: list[Reading]) -> None:
    for value in many(FORMS_OF_NETWORKS[form][1]):
        for reading in readings:
            read = reading(json.dumps(value).encode())
            assert read is None or all(isinstance(words, str) for words in read.bad)
