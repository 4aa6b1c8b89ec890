"""The verifier that is given out: alone, by its own count, and against whatever it may be given."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
from format2 import (
    REWRITTEN,
    Tamper,
    cells,
    chain_of,
    loosely,
    others,
    put,
    rechained,
    rows_of,
    swapped,
    written,
)
from hypothesis import given
from hypothesis import strategies as st
from packs import (
    CONFIRMED,
    DERIVED,
    DIFFERS,
    UNPROVED,
    UNREADABLE,
    in_format_2,
    lines,
    members,
    packed,
    zipped,
)
from patience import PATIENCE_S
from samples import NETWORKS, OPENS, VOTERS, contest, page, random_post, random_rules
from tampering import STANDALONE, rich, tampered, told

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Adjustment, Choice, Rules, Tie, Withdrawn
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.posts import LONGEST_VALUE, Post
from twittervotes.core.counting import result
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger

PROGRAM = Path(str(files("twittervotes.standalone").joinpath("verify.py")))
VECTORS = Path(__file__).parent.parent / "vectors" / "mastodon_normalise.json"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_format_2(rich(tmp_path_factory.mktemp("rich") / "vote.votes"))


@pytest.fixture(scope="module")
def results(ledger: Path) -> Path:
    return packed(ledger, ledger.with_name("pack.zip"))


@pytest.fixture(scope="module")
def named_results(ledger: Path) -> Path:
    return packed(ledger, ledger.with_name("named.zip"), with_accounts=True)


def digest_of(ledger: Path, n: int = 24) -> str:
    with closing(sqlite3.connect(ledger)) as db:
        return str(db.execute("SELECT hex(digest) FROM entries WHERE n = ?", (n,)).fetchone()[0])


def run(*arguments: object, folder: Path, python: str = sys.executable) -> tuple[int, str]:
    """Run the verifier as a stranger would: a copy of the one file, in an empty folder."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [python, "-I", "-S", "-W", "error", shutil.copy(PROGRAM, folder), *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8",
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.stderr == "" or done.returncode == UNREADABLE
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


# Alone


def test_it_runs_alone_in_an_empty_folder_and_confirms_a_pack_and_a_ledger(
    ledger: Path, results: Path, named_results: Path, tmp_path: Path
) -> None:
    for file in (ledger, named_results, results):
        code, words = run(file, "--digest", digest_of(ledger), folder=tmp_path / "empty")
        assert code == CONFIRMED, words
        assert words.endswith("\nCONFIRMED\n")
        assert "#arch  4 (+2 by hand)" in words
        assert digest_of(ledger).lower() in words
    assert [each.name for each in (tmp_path / "empty").iterdir()] == [PROGRAM.name]


def test_exit_codes_distinguish_differences_from_damage(ledger: Path, tmp_path: Path) -> None:
    code, words = run(ledger, "--digest", "0" * 64, folder=tmp_path / "empty")
    assert (code, words.count("\n")) == (DIFFERS, 1)
    assert run(tmp_path / "nothing", folder=tmp_path / "empty")[0] == UNREADABLE
    assert run(ledger, "--digest", "abc", folder=tmp_path / "empty")[0] == UNREADABLE
    assert run(folder=tmp_path / "empty")[0] == UNREADABLE


def test_it_needs_only_an_old_python() -> None:
    tree = ast.parse(PROGRAM.read_text("utf-8"), feature_version=(3, 8))
    imported = [
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    ]
    imported += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imported
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_a_read_only_ledger_is_read_without_a_trace(ledger: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    copy = shutil.copy(ledger, folder)
    before = Path(copy).read_bytes()
    assert run(copy, folder=tmp_path / "empty")[0] == CONFIRMED
    assert [each.name for each in folder.iterdir()] == [ledger.name]
    assert Path(copy).read_bytes() == before


# Ledgers that were tampered with


def test_a_changed_byte_is_found_with_its_row(ledger: Path, tmp_path: Path) -> None:
    """All but the marks, which prove nothing: the program uses them to name the post."""
    tried = 0
    for table, row, column, was in cells(ledger):
        for value in others(was) if column != "marks" else ():
            tried += 1
            copy = tampered(ledger, tmp_path / "copy", put(table, row, column, value, was))
            code, words = told(copy)
            assert code == DIFFERS, (column, value)
            assert re.search(f"([Ee]ntry {row}\\b|[Pp]ost )", words), words
    assert tried > 900


def test_what_prints_alike_and_is_of_another_type_is_found(ledger: Path, tmp_path: Path) -> None:
    for table, row, column, was in cells(ledger):
        if row in (1, 6):
            other = was.encode() if isinstance(was, str) else str(was)
            copy = tampered(
                ledger, tmp_path / "copy", loosely(put(table, row, column, other, None))
            )
            assert told(copy)[0] == DIFFERS


def sql(query: str) -> Tamper:
    return lambda db: db.execute(query)


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (sql("DELETE FROM pages WHERE n = 7"), "Entry 7 was changed or moved"),
        (sql("DELETE FROM pages WHERE n = 20"), "Entry 20 was changed or moved"),
        (sql("DELETE FROM entries WHERE n = 8"), "Entry 8 is missing"),
        (sql("DELETE FROM entries WHERE n >= 20"), "posts that belong to no entry"),
        (swapped("pages", 6, 7), "Post 1 is missing"),
        (swapped("entries", 8, 9), "Entry 8"),
        (sql("CREATE TABLE extra (x)"), "'extra'"),
        (sql("CREATE VIEW seen AS SELECT 1"), "'seen'"),
        (sql("ALTER TABLE pages ADD COLUMN more TEXT"), "'pages'"),
        (sql("DROP TABLE pages"), "'pages' is missing"),
        (sql("PRAGMA user_version = 3"), "user_version"),
        (sql("PRAGMA application_id = 2"), "application_id"),
        (sql("INSERT INTO entries VALUES (0, 'act', '', 1, '{}', '', x'00')"), "Entry 1 is miss"),
    ],
)
def test_dropped_added_and_moved_rows_are_reported(
    tamper: Tamper, words: str, ledger: Path, tmp_path: Path
) -> None:
    code, said = told(tampered(ledger, tmp_path / "copy", tamper))
    assert code == DIFFERS
    assert words in said


def test_a_ledger_cut_short_is_found_by_the_published_digest_alone(
    ledger: Path, tmp_path: Path
) -> None:
    copy = tampered(ledger, tmp_path / "copy", sql("DELETE FROM entries WHERE n > 20"))
    digest = digest_of(ledger).lower()
    assert told(copy)[0] == CONFIRMED
    assert told(copy, digest)[0] == DIFFERS
    code, words = told(ledger, digest_of(copy, 20).lower())
    assert code == DIFFERS
    assert "stands for entries 1 to 20; there are 24" in words


SEEN = "$.seen"  # what the plain reading need not look at


@pytest.mark.parametrize("query", [query for query in REWRITTEN if SEEN not in query])
def test_invalid_values_are_found_despite_recomputed_digests(
    query: str, ledger: Path, tmp_path: Path
) -> None:
    def tamper(db: sqlite3.Connection) -> None:
        db.execute(query)
        rechained(db)

    code, words = told(tampered(ledger, tmp_path / "copy", tamper))
    assert code == DIFFERS
    assert f"Entry {query.rsplit('= ', 1)[1]} " in words


@pytest.mark.parametrize(
    "change",
    [
        {"tags": "ж" * (LONGEST_VALUE + 1)},
        *({name: "a" * (LONGEST_VALUE + 1)} for name in ("key", "voter", "network", "kind")),
        *(
            {column: f"a{sign}b"}
            for column in ("tags", "key", "voter")
            for sign in "\x00\x7f\x85\u2028\u2029"
        ),
        {"at_ms": 2**60},
        {"born_ms": -(2**60)},
        {"revision": -2},
    ],
    ids=lambda change: ascii(change)[:25],
)
def test_invalid_values_are_refused_despite_matching_digests(
    change: dict[str, Any], ledger: Path, tmp_path: Path
) -> None:
    rows = rows_of(ledger)
    first, *more = rows[5].posts
    rows[5] = rows[5]._replace(posts=(first._replace(**change), *more))
    code, words = told(written(tmp_path / "copy", rows))
    assert code == DIFFERS
    assert "entry 6" in words or "post 1 " in words


def test_a_key_that_does_not_fit_its_hash_is_found(tmp_path: Path) -> None:
    """With two numbers for one key, a post could be counted twice."""
    rows = rows_of(in_format_2(rich(tmp_path / "vote.votes")))
    keys = ("https://m.example/1", "17")
    for key in keys:
        rows[5] = rows[5]._replace(posts=(rows[5].posts[0]._replace(key=key), rows[5].posts[1]))
        copy = written(tmp_path / "copy", rows)
        with closing(sqlite3.connect(copy, isolation_level=None)) as db:
            db.execute(
                "UPDATE pages SET keys = CAST(x'1100000000000080' || substr(keys, 9) AS BLOB),"
                " key_texts = CAST(? AS BLOB) WHERE n = 6",
                (f"{key}\n",),
            )
            rechained(db)
        code, words = told(copy)
        assert (code, words) == (DIFFERS, "The key of post 1 does not fit its hash.")


WRITER = """
import sys
from pathlib import Path
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.posts import LONGEST_VALUE, Post
with Ledger.reopen(Path(sys.argv[1])) as ledger:
    for number in range(100_000):
        if number == 5:
            print("writing", flush=True)
        posts = tuple(Post("net", f"{number}.{i}", "v", 1, "debian") for i in range(20))
        ledger.append([Entry("page", "one", {"feed": "all", "position": 0}, posts)], number)
"""


def test_a_ledger_that_another_process_is_writing_is_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "vote.votes"
    Ledger.create(path, contest(), 1).close()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True
    ) as writer:
        try:
            assert writer.stdout
            assert writer.stdout.readline() == "writing\n"
            seen = [told(path) for _ in range(5)]
        finally:
            writer.kill()
    assert [code for code, _ in seen] == [CONFIRMED] * 5
    assert seen[0] != seen[-1]


# Packs that were tampered with


def rewritten(original: Path, copy: Path, **others: bytes) -> Path:
    """Return a pack with other members, and a matching list of sums."""
    names = {name.split(".")[0]: name for name in DERIVED}
    changed = {names[short]: data for short, data in others.items()}
    return zipped(copy, {**members(original), **changed}, redone=True)


def member(original: Path, name: str) -> bytes:
    return members(original)[name]


def test_a_changed_byte_of_the_posts_is_found(results: Path, tmp_path: Path) -> None:
    posts = member(results, "posts.bin")
    for place in range(0, len(posts), 3):
        changed = posts[:place] + bytes([posts[place] ^ 1 << place % 8]) + posts[place + 1 :]
        copy = rewritten(results, tmp_path / "copy", posts=changed)
        assert told(copy)[0] == DIFFERS, place
    for other in (posts[:-1], posts + b"a", b"", posts + posts):
        assert told(rewritten(results, tmp_path / "copy", posts=other))[0] == DIFFERS


def test_any_changed_value_in_a_line_of_the_chain_is_found(
    named_results: Path, tmp_path: Path
) -> None:
    lines = member(named_results, "chain.jsonl").decode().splitlines()
    tried = 0
    for place, line in enumerate(lines):
        entry = json.loads(line)
        for changed in changes(entry):
            tried += 1
            text = json.dumps(changed, ensure_ascii=False)
            chain = "\n".join([*lines[:place], text, *lines[place + 1 :]]).encode()
            assert told(rewritten(named_results, tmp_path / "copy", chain=chain))[0] != CONFIRMED
    assert tried > 200


def changes(value: Any) -> list[Any]:
    """Return a JSON value with one thing in it changed, in every way."""
    if isinstance(value, dict):
        return [{**value, name: other} for name in value for other in changes(value[name])]
    if isinstance(value, list):
        inner = [
            [*value[:place], other, *value[place + 1 :]]
            for place, each in enumerate(value)
            for other in changes(each)
        ]
        return [*inner, value[1:]] if value else [[7]]
    if isinstance(value, int):
        return [value + 1, str(value)]
    return [value[: len(value) // 2] + chr(ord("a") + len(value) % 7) + value[len(value) // 2 :]]


@pytest.mark.parametrize("with_accounts", [False, True])
def test_a_pack_equals_one_written_by_the_tests(
    with_accounts: bool, ledger: Path, tmp_path: Path
) -> None:
    files = members(packed(ledger, tmp_path / "pack.zip", with_accounts=with_accounts))
    for name, data in chain_of(ledger, with_accounts=with_accounts).items():
        assert files[name] == data


def test_dropped_and_moved_lines_of_the_chain_are_found(results: Path, tmp_path: Path) -> None:
    lines = member(results, "chain.jsonl").splitlines(keepends=True)
    for place in range(len(lines)):
        dropped = [*lines[:place], *lines[place + 1 :]]
        twice = [*lines[:place], lines[place], *lines[place:]]
        moved = [*lines[:place][:-1], lines[place], *lines[:place][-1:], *lines[place + 1 :]]
        for changed in [dropped, twice, moved][: 3 if place else 2]:
            copy = rewritten(results, tmp_path / "copy", chain=b"".join(changed))
            assert told(copy)[0] == DIFFERS, place


def test_invalid_utf8_is_not_taken_for_text(named_results: Path, tmp_path: Path) -> None:
    """Half a surrogate pair could stand for a byte: other tags would have the same digest."""
    chain = member(named_results, "chain.jsonl").decode()
    for text in ("—", "é"):
        halves = "".join(f"\\udc{byte:02x}" for byte in text.encode())
        assert text in chain
        copy = rewritten(
            named_results, tmp_path / "copy", chain=chain.replace(text, halves).encode()
        )
        assert told(copy)[0] != CONFIRMED


# Packs from strangers


def bomb(size: int) -> bytes:
    return b"0" * size


def hostile(name: str, results: Path, path: Path) -> Path:
    chain = member(results, "chain.jsonl")
    first = json.loads(chain.splitlines()[0])
    deep = b'{"n":' + b"[" * 100_000
    members: dict[str, dict[str, bytes]] = {
        "no text": {"chain": b"\xff\xfe"},
        "no JSON": {"chain": b"Dear diary\n"},
        "no object": {"chain": b"[1]\n"},
        "nothing": {"chain": b""},
        "deep": {"chain": deep},
        "deep body": {"chain": json.dumps({**first, "body": deep.decode()}).encode()},
        "long number": {"chain": b'{"n":' + b"1" * 1_000_000 + b"}"},
        "wrong kinds": {"chain": json.dumps({**first, "n": "1"}).encode()},
        "true is no number": {"chain": json.dumps({**first, "n": True}).encode()},
        "no posts": {"chain": json.dumps({**first, "posts": {}}).encode()},
        "posts of nothing": {"posts": b""},
        "posts without end": {"posts": bomb(70_000_000)},
        "endless columns": {"posts": b"2 " + b"999999999 " * 7 + b"9\n"},
        "odd hex": {"chain": json.dumps({**first, "digest": "zz"}).encode()},
        "result is a list": {"result": b"[]"},
        "result of nothing": {"result": b"{}"},
        "result is deep": {"result": deep},
        "votes of nothing": {"votes": b"network,key\nnet,1\n"},
        "votes with zeros": {"votes": b"network,key\0\n"},
        "a field without end": {"votes": b'network,key\n"' + b"a" * 1_000_000},
        "a line without end": {"chain": bomb(70_000_000)},
        "a table without end": {"votes": bomb(70_000_000)},
        "a result without end": {"result": bomb(70_000_000)},
        "a wide line": {"chain": b'{"n":1,"more":[' + b"[]," * 300_000 + b"[]]}"},
    }
    if name in members:
        return rewritten(results, path, **members[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        if name == "bomb":
            with file.open("chain.jsonl", "w") as big:
                for _ in range(110):
                    big.write(bomb(1024 * 1024))
        for each in DERIVED:
            if name not in (f"no {each}", "bomb") or (name == "bomb" and each != "chain.jsonl"):
                file.writestr(each, member(results, each))
        if name in ("bzip2", "LZMA"):
            method = zipfile.ZIP_BZIP2 if name == "bzip2" else zipfile.ZIP_LZMA
            file.writestr("README.txt", b"0" * 1000, method)
        if name == "many members":
            for number in range(100):
                file.writestr(str(number), b"")
        if name == "twice":
            with pytest.warns(UserWarning, match="Duplicate"):
                file.writestr("chain.jsonl", chain)
        if name.startswith("path "):
            file.writestr(name.removeprefix("path "), b"")
    if name == "cut short":
        path.write_bytes(path.read_bytes()[:-40])
    if name == "damaged":
        data = bytearray(path.read_bytes())
        data[200:400] = bytes(200)
        path.write_bytes(data)
    if name == "no ZIP":
        path.write_bytes(b"PK\x03\x04 and nothing more")
    if name == "empty":
        path.write_bytes(b"")
    if name == "a ledger's beginning":
        path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    if name == "another database":
        path.unlink()
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE entries (x)")
    return path


@pytest.mark.parametrize(("name", "words"), [("", "it is a folder"), ("none.zip", "No such file")])
def test_a_missing_file_is_reported_plainly(tmp_path: Path, name: str, words: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-I", "-S", PROGRAM, tmp_path / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == UNREADABLE
    assert ran.stdout.startswith("CANNOT BE READ: ")
    assert words in ran.stdout
    assert "Error" not in ran.stdout
    assert ran.stderr == ""


PYTHONIC = re.compile("Error|NoneType|invalid literal|codec|subscript|attribute")  # no sentences

HOSTILE = (
    *("no text", "no JSON", "no object", "deep", "long number"),
    *("wrong kinds", "true is no number", "no posts", "odd hex", "no posts.bin"),
    *("result is a list", "result is deep", "a line without end", "a result without end"),
    *("bzip2", "LZMA", "a wide line", "many members"),
    *("bomb", "no chain.jsonl", "no result.json", "no votes.csv", "twice"),
    *("path ../../evil", "path C:evil", "path sub/chain.jsonl", "path a\\b"),
    *("cut short", "damaged", "no ZIP", "empty", "a ledger's beginning"),
)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_strangers_may_send_gets_one_sentence(
    name: str, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, words = told(hostile(name, results, tmp_path / "pack.zip"))
    assert code == UNREADABLE
    assert words.startswith("CANNOT BE READ: ")
    assert len("CANNOT BE READ: ") < len(words) < 400
    assert not PYTHONIC.search(words), words
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "name",
    [
        "a table without end",
        "a field without end",
        "result of nothing",
        "votes of nothing",
        "votes with zeros",
        "deep body",
        "another database",
        "nothing",
        "posts of nothing",
        "posts without end",
        "endless columns",
    ],
)
def test_what_strangers_may_send_is_not_confirmed(name: str, results: Path, tmp_path: Path) -> None:
    path = hostile(name, results, tmp_path / "pack.zip")
    assert run(path, folder=tmp_path / "empty")[0] in (DIFFERS, UNREADABLE)


def test_names_from_strangers_do_not_steer_the_terminal(results: Path, tmp_path: Path) -> None:
    code, words = told(hostile("path \x1b[2J/evil", results, tmp_path / "pack.zip"))
    assert code == UNREADABLE
    assert "evil" in words
    assert "\x1b" not in words


def test_random_bytes_in_a_pack_never_confirm_another_count(results: Path, tmp_path: Path) -> None:
    random, data = Random(3), results.read_bytes()
    right = told(results)
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(random.randrange(1, 4)):
            changed[random.randrange(len(changed))] = random.randrange(256)
        path = tmp_path / "pack.zip"
        path.write_bytes(changed)
        said = told(path)
        assert said[0] != CONFIRMED or said == right
        assert not PYTHONIC.search(said[1]), said


# The count


@pytest.mark.parametrize("seed", range(60))
def test_it_counts_any_contest_as_the_program_does(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    ledger = in_format_2(any_ledger(random, tmp_path / "vote.votes"))
    code, words = told(ledger)
    assert code == CONFIRMED, words
    for with_accounts in (False, True):
        results = packed(ledger, tmp_path / "pack.zip", with_accounts=with_accounts)
        code, words = told(results)
        assert code == CONFIRMED, words


def any_ledger(random: Random, path: Path) -> Path:
    """Make a ledger of any rules, posts and acts."""
    rules = replace(
        random_rules(random),
        withdrawn=random.choice(tuple(Withdrawn)),
        tie=random.choice(tuple(Tie)),
    )
    laid_down = replace(contest(), rules=rules, seed=random.choice(("", "snow")))
    if random.random() < 0.3:
        hands = Adjustment("debian", random.randrange(-2, 3), "a show of hands", "Ada", OPENS)
        laid_down = replace(laid_down, adjustments=(hands,))
    with Ledger.create(path, laid_down, 1) as ledger:
        for _ in range(random.randrange(2, 9)):
            posts = [any_post(random) for _ in range(random.randrange(6))]
            ledger.append([page(posts, source=random.choice(("one", "two")))], OPENS)
            if random.random() < 0.5:
                ledger.act(any_act(random, [begin for begin, _ in ledger.contest.pauses]))
        ledger.append([Entry("gap", "one", {"from_ms": 1, "to_ms": 2, "reason": "away"})], OPENS)
    return path


def any_post(random: Random) -> Post:
    post = random_post(random)
    if random.random() < 0.15:
        post = post._replace(kind="withdrawn")
    if random.random() < 0.2:
        post = post._replace(tags=random.choice(("Débian vote", "ＵＢＵＮＴＵ", "ar-ch vote", "")))
    if random.random() < 0.2:
        post = post._replace(born_ms=post.at_ms - 100_000 + random.randrange(2))
    return post._replace(voter=VOTERS[int(post.key) % len(VOTERS)])  # a post has one account


def any_act(random: Random, pauses: list[int]) -> Act:
    at_ms = OPENS + random.randrange(-3000, 12_000)
    does = random.choice(tuple(ActKind)[:-2])
    if pauses and random.random() < 0.3:
        does = ActKind.UNPAUSED
    return Act(
        does, at_ms,
        until_ms=at_ms + 2500,
        rules=random_rules(random) if does is ActKind.RULED else None,
        voter=random.choice(("ann", "x:bob", "nobody")) if does is ActKind.EXCLUDED else "",
        tag="arch" if does is ActKind.ADJUSTED else "",
        votes=random.randrange(-1, 3) if does is ActKind.ADJUSTED else 0,
        seed="rain" if does is ActKind.DRAWN else "",
        pause_ms=random.choice([*pauses, OPENS]) if does is ActKind.UNPAUSED else None,
    )  # fmt: skip


@pytest.mark.parametrize("rule", ["earliest", "draw", "declare"])
def test_ties_are_decided_as_the_program_decides_them(rule: str, tmp_path: Path) -> None:
    for seed in ("a", "b", "c", "d"):
        laid_down = replace(contest(), rules=Rules(tie=Tie(rule)), seed=seed)
        path = tmp_path / f"{seed}.votes"
        with Ledger.create(path, laid_down, 1) as ledger:
            tags = ("ubuntu", "debian", "arch")
            posts = [
                Post("x", str(number), str(number), OPENS + number * 1000, tag)
                for number, tag in enumerate(tags)
            ]
            ledger.append([page(posts)], 2)
        code, words = told(packed(in_format_2(path), tmp_path / "pack.zip"))
        assert code == CONFIRMED, words


@given(st.lists(st.integers(0, 9) | st.integers(0, 10**9), max_size=60))
def test_percentages_are_those_of_the_program(votes: list[int]) -> None:
    assert tuple(STANDALONE.percentages(votes)) == percentages(votes)


def claimed(path: Path, **other: str) -> Path:
    """Make a ledger in which two accounts claim a post that has a formula for a key."""
    one = Post("x", '="1"', "ann", OPENS, "debian")
    later = Post("x", "2", "ann", OPENS + 1000, "debian")
    with Ledger.create(path, contest(), 1) as ledger:
        posts = [one, one._replace(**other), later]
        ledger.append([page([each], str(n)) for n, each in enumerate(posts)], 2)
    assert told(path)[0] == CONFIRMED
    return path


@pytest.mark.parametrize("with_accounts", [False, True])
@pytest.mark.parametrize("tags", ["debian", "arch"])
def test_a_post_claimed_by_two_accounts_is_not_proved(
    tags: str, with_accounts: bool, tmp_path: Path
) -> None:
    """Whoever runs a server can make two accounts claim one post; that must not spoil a pack."""
    ledger = claimed(tmp_path / "vote.votes", voter="bob", tags=tags)
    results = packed(ledger, tmp_path / "pack.zip", with_accounts=with_accounts)
    code, words = told(results)
    assert code == UNPROVED
    assert words.count("NOT PROVED") == 1
    assert 'NOT PROVED: whose post 1 (="1") is: several accounts claim it.' in words
    assert f"#{tags}  {1 if tags == 'arch' else 2}\n" in words


def test_a_pack_may_not_give_a_post_to_an_account_that_does_not_claim_it(tmp_path: Path) -> None:
    ledger = claimed(tmp_path / "vote.votes", voter="bob")
    results = packed(ledger, tmp_path / "pack.zip")
    votes = members(results)["votes.csv"].decode().splitlines(keepends=True)
    seal = votes[1].split('","')[-1]
    for other in ("".join(votes[:1] + votes[2:]), "".join(votes).replace(seal, f'{"0" * 32}"\n')):
        copy = rewritten(results, tmp_path / "copy", votes=other.encode())
        code, words = told(copy)
        assert (code, words) == (
            DIFFERS, 'votes.csv: post ="1" is of an account that does not claim it, or missing.'
        )  # fmt: skip


@pytest.mark.parametrize("key", ["", "0", "00", str(2**63 - 1), str(2**63), "=1", "k" * 10_000])
def test_a_pack_proves_posts_of_any_key(key: str, tmp_path: Path) -> None:
    path = tmp_path / "vote.votes"
    posts = [Post("x", each, "ann", OPENS, "debian") for each in (key, "7")]
    with Ledger.create(path, contest(), 1) as ledger:
        ledger.append([page(posts)], 2)
    assert told(path)[0] == CONFIRMED
    code, words = told(packed(path, tmp_path / "pack.zip"))
    assert code == CONFIRMED, words


# Folding


def test_tags_are_folded_as_mastodon_does() -> None:
    for typed, normal in json.loads(VECTORS.read_text("utf-8"))["vectors"]:
        assert STANDALONE.fold(typed, "mastodon") == normal


@pytest.mark.parametrize("network", ["", *NETWORKS])
def test_every_character_is_folded_alike_or_flagged(network: str) -> None:
    signs = [chr(code) for code in range(0x40000) if not 0xD800 <= code < 0xE000]
    sure = [sign for sign in signs if not STANDALONE.is_doubtful(sign)]
    assert len(sure) > 150_000
    for sign in sure:
        assert STANDALONE.fold(f"a{sign}b", network) == fold(f"a{sign}b", network), ascii(sign)


class Older:
    """The tables of a Python that knows nothing from `since` on: in their place stands nothing."""

    unidata_version = "older"

    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known

    def category(self, sign: str) -> str:
        return unicodedata.category(sign) if self._known(sign) else "Cn"

    def combining(self, sign: str) -> int:
        return unicodedata.combining(sign) if self._known(sign) else 0

    def normalize(self, form: str, text: str) -> str:
        known = "".join(sign if self._known(sign) else "\0" for sign in text)
        kept = iter([sign for sign in text if not self._known(sign)])
        normal = unicodedata.normalize(form, known)  # type: ignore[arg-type]
        return "".join(next(kept) if sign == "\0" else sign for sign in normal)


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the verifier run as by Python 3.8, as far as it goes: without letters of later planes."""
    monkeypatch.setattr(STANDALONE, "unicodedata", Older(lambda sign: sign < "\U0001df00"))
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    for name in ("is_doubtful", "without_case", "on_mastodon", "apart", "sign_on_mastodon"):
        getattr(STANDALONE, name).cache_clear()


def of_tags(path: Path, choice: str, *tags: str) -> Path:
    """Make a pack of a vote on Mastodon in which each account posts one of `tags`."""
    with Ledger.create(path, contest(choices=(Choice(choice), Choice("arch"))), 1) as ledger:
        posts = [
            Post("mastodon", str(number), f"v{number}", OPENS + 1000, tag)
            for number, tag in enumerate(tags)
        ]
        ledger.append([page(posts)], 2)
    return packed(in_format_2(path), path.with_suffix(".zip"))


def test_letters_that_came_after_the_verifier_s_python_are_counted(
    older: None, tmp_path: Path
) -> None:
    new = "\U00031350"
    assert STANDALONE.unicodedata.category(new) == "Cn"
    code, words = told(of_tags(tmp_path / "vote", f"日{new}", f"日{new}", f"{new}日", "日", "arch"))
    assert code == CONFIRMED, words
    assert re.search("#日.  1\n", words) or "#??  1\n" in words


# Python 3.12 has Unicode 15, and with it a raised Cyrillic а.
COUNTS_RAISED = unicodedata.normalize("NFKC", "\U0001e030") == "а"


def test_ambiguous_characters_are_reported(older: None, tmp_path: Path) -> None:
    """U+1E030 is a Cyrillic а, raised, to programs that know it, and itself to others."""
    results = of_tags(tmp_path / "vote", "абв", "абв", "\U0001e030бв", "arch")
    code, words = told(results)
    assert code == UNPROVED, words
    if COUNTS_RAISED:
        assert "CANNOT TELL: result.json: tally[0].votes is 2, counted: 1." in words
    else:
        assert "NOT PROVED: the verdicts on 1 post, 2 (U+1E030): " in words
    assert "NOT PROVED" not in told(of_tags(tmp_path / "other", "абв", "абв"))[1]


def test_a_difference_by_a_flagged_character_proves_nothing(tmp_path: Path) -> None:
    results = of_tags(tmp_path / "vote", "абв", "абв", "\U0001e030бв", "arch")
    files = members(results)
    result = json.loads(files["result.json"])
    result["tally"][0]["votes"] += 1
    code, words = told(rewritten(results, tmp_path / "copy", result=json.dumps(result).encode()))
    assert code == UNPROVED
    counted = 1 + COUNTS_RAISED
    assert (
        f"CANNOT TELL: result.json: tally[0].votes is {counted + 1}, counted: {counted}." in words
    )
    result["contest"]["title"] = "Another?"
    copy = rewritten(results, tmp_path / "copy", result=json.dumps(result).encode())
    assert told(copy)[0] == DIFFERS


def other_pythons() -> list[str]:
    """Find one Python of each version: among those of pyenv, else on the PATH."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = []
    for name in (f"python3.{minor}" for minor in range(8, 20)):
        kept = sorted(pyenv.glob(f"versions/*/bin/{name}"))
        python = str(kept[-1]) if kept else shutil.which(name)
        if python and Path(python).resolve() != Path(sys.executable).resolve():
            found.append(python)
    return found


@pytest.fixture(params=other_pythons(), ids=lambda path: Path(path).name)
def other_python(request: pytest.FixtureRequest) -> str:
    """Return the path of another Python, each that this machine has."""
    python: str = request.param
    command = [python, "-c", "pass"]
    if subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False).returncode:
        pytest.skip("it is only a name for a Python that is not there")
    return python


def test_every_python_here_confirms_a_ledger_and_a_pack(
    other_python: str, ledger: Path, named_results: Path, tmp_path: Path
) -> None:
    for file in (ledger, named_results):
        code, words = run(
            file, "--digest", digest_of(ledger), folder=tmp_path / "empty", python=other_python
        )
        assert code == CONFIRMED, words
        assert "#arch  4 (+2 by hand)" in words


def test_every_python_here_finds_what_was_changed(
    other_python: str, results: Path, tmp_path: Path
) -> None:
    result = json.loads(members(results)["result.json"])
    result["tally"][0]["votes"] += 1
    copy = rewritten(results, tmp_path / "copy", result=json.dumps(result).encode())
    code, words = run(copy, folder=tmp_path / "empty", python=other_python)
    assert code == DIFFERS
    assert "tally[0].votes" in words


def test_every_python_here_reads_the_signs_of_all_alphabets_alike(
    other_python: str, tmp_path: Path
) -> None:
    known = [chr(code) for code in range(0xA1, 0x32000) if chr(code).isalpha()]
    random = Random(5)
    tags = ["".join(random.choices(known, k=2)) for _ in range(2000)]
    tags = [tag for tag in tags if not any(map(STANDALONE.is_doubtful, tag))]
    pack = of_tags(tmp_path / "vote", "\U00031350", "\U00031350", *tags)
    digest = lines(pack)[-1]["digest"]
    code, words = run(pack, "--digest", digest, folder=tmp_path / "empty", python=other_python)
    assert code == CONFIRMED, words


# What takes long


def test_combining_marks_are_sorted_like_python() -> None:
    random = Random(1)
    signs = [*map(chr, range(0x300, 0x370)), *"aeßが゛ｶﾞ\u0f73\u0f71\u0344\u1e9b\uac00\u1100\u1161"]
    for _ in range(2000):
        text = "".join(random.choices(signs, k=random.randrange(90, 150)))
        assert STANDALONE.nfkc(text) == unicodedata.normalize("NFKC", text)


def test_a_post_number_far_off_is_found_at_once(ledger: Path, tmp_path: Path) -> None:
    code, words = told(tampered(ledger, tmp_path / "copy", put("pages", 20, "first", 2**62)))
    assert (code, words) == (DIFFERS, f"Post 9 is missing: entry 20 begins with post {2**62}.")


# Ledgers, as strangers may make them


def test_a_journal_beside_a_ledger_is_never_obeyed(ledger: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(ledger, tmp_path / "vote.votes"))
    journal = tmp_path / "vote.votes-journal"
    journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")
    code, words = told(copy)
    assert code == UNREADABLE
    assert "vote.votes-journal lies beside it" in words
    assert journal.exists()


def test_a_trigger_with_the_name_of_a_table_is_found(ledger: Path, tmp_path: Path) -> None:
    def tamper(db: sqlite3.Connection) -> None:
        db.execute("CREATE TRIGGER pages AFTER INSERT ON pages BEGIN SELECT 1; END")

    code, words = told(tampered(ledger, tmp_path / "copy", tamper))
    assert (code, words) == (DIFFERS, "The trigger 'pages' was changed or added.")


# A ledger beside a result


def result_of(ledger: Path) -> str:
    with Reader(ledger) as reader:
        return result.text(outcome(reader))


def test_a_ledger_is_compared_with_a_result(ledger: Path, tmp_path: Path) -> None:
    text = result_of(ledger)
    path = tmp_path / "result.json"
    for old, new, right in (("", "", CONFIRMED), ('"total": 4', '"total": 5', DIFFERS)):
        path.write_text(text.replace(old, new), "utf-8")
        code, words = run(ledger, "--result", path, folder=tmp_path / "empty")
        assert code == right, words
    assert "result.json: total is 5, counted: 4." in words
    path.write_text("{}")
    assert run(ledger, "--result", path, folder=tmp_path / "empty")[0] == UNREADABLE


def test_a_result_of_the_first_entries_is_compared_with_these(ledger: Path, tmp_path: Path) -> None:
    """A vote goes on while it is verified."""
    shorter = tampered(ledger, tmp_path / "copy", sql("DELETE FROM entries WHERE n > 20"))
    (tmp_path / "result.json").write_text(result_of(shorter), "utf-8")
    code, words = run(ledger, "--result", tmp_path / "result.json", folder=tmp_path / "empty")
    assert code == CONFIRMED, words
    assert "The result of entries 1 to 20 is what was counted again:" in words
