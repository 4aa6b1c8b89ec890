"""The verifier that is given out: alone, by its own count, and against whatever it may be given."""

from __future__ import annotations

import ast
import csv
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
from patience import PATIENCE_S
from samples import NETWORKS, OPENS, VOTERS, contest, page, random_post, random_rules
from tampering import (
    REWRITTEN,
    STANDALONE,
    TABLES,
    Tamper,
    anew,
    cells,
    loosely,
    others,
    put,
    rich,
    swapped,
    tampered,
    told,
)

from twittervotes.core.acts import Act, Does
from twittervotes.core.contest import Adjustment, Rules, Tie, Withdrawn
from twittervotes.core.folding import fold
from twittervotes.core.ledger import Entry, Ledger
from twittervotes.core.model import Post
from twittervotes.core.reader import Reader
from twittervotes.export import pack
from twittervotes.export.given import Given

PROGRAM = Path(str(files("twittervotes.standalone").joinpath("verify.py")))
VECTORS = Path(__file__).parent.parent / "vectors" / "mastodon_normalise.json"
MEMBERS = ("chain.jsonl", "result.json", "votes.csv")
CONFIRMED, DIFFERS, UNREADABLE = 0, 1, 2


def packed(ledger: Path, out: Path, *, with_accounts: bool = False) -> Path:
    with Reader(ledger) as reader, out.open("wb") as file:
        pack.write(Given(reader, with_accounts=with_accounts), file)
    return out


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rich(tmp_path_factory.mktemp("rich") / "vote.votes")


@pytest.fixture(scope="module")
def results(ledger: Path) -> Path:
    return packed(ledger, ledger.with_name("pack.zip"))


@pytest.fixture(scope="module")
def named_results(ledger: Path) -> Path:
    return packed(ledger, ledger.with_name("named.zip"), with_accounts=True)


def digest_of(ledger: Path, n: int = 24) -> str:
    with closing(sqlite3.connect(ledger)) as db:
        return str(db.execute("SELECT hex(digest) FROM entries WHERE n = ?", (n,)).fetchone()[0])


def run(*arguments: object, folder: Path) -> tuple[int, str]:
    """Run the verifier as a stranger would: a copy of the one file, in an empty folder."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", shutil.copy(PROGRAM, folder), *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8",
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.stderr == "" or done.returncode == UNREADABLE
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


# Alone


def test_it_runs_alone_in_an_empty_folder_and_confirms_a_pack_and_a_ledger(
    ledger: Path, results: Path, tmp_path: Path
) -> None:
    for file in (ledger, results):
        code, words = run(file, "--digest", digest_of(ledger), folder=tmp_path / "empty")
        assert code == CONFIRMED, words
        assert words.endswith("CONFIRMED\n")
        assert "#arch  4 (+2 by hand)" in words
        assert digest_of(ledger).lower() in words
    assert [each.name for each in (tmp_path / "empty").iterdir()] == ["verify.py"]


def test_it_ends_with_one_when_something_differs_and_with_two_when_it_cannot_read(
    ledger: Path, tmp_path: Path
) -> None:
    code, words = run(ledger, "--digest", "0" * 64, folder=tmp_path / "empty")
    assert (code, words.count("\n")) == (DIFFERS, 1)
    assert run(tmp_path / "nothing", folder=tmp_path / "empty")[0] == UNREADABLE
    assert run(ledger, "--digest", "abc", folder=tmp_path / "empty")[0] == UNREADABLE
    assert run(folder=tmp_path / "empty")[0] == UNREADABLE


def test_it_imports_the_standard_library_alone_and_is_written_for_old_pythons() -> None:
    tree = ast.parse(PROGRAM.read_text("utf-8"), feature_version=(3, 8))
    imported = [
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    ]
    imported += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imported
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_a_ledger_is_read_without_a_trace_where_nothing_may_be_written(
    ledger: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    copy = shutil.copy(ledger, folder)
    before = Path(copy).read_bytes()
    assert run(copy, folder=tmp_path / "empty")[0] == CONFIRMED
    assert [each.name for each in folder.iterdir()] == [ledger.name]
    assert Path(copy).read_bytes() == before


# Ledgers that were tampered with


def test_a_changed_byte_in_any_cell_is_found_and_its_row_named(
    ledger: Path, tmp_path: Path
) -> None:
    tried = 0
    for table, column, row, was in cells(ledger):
        for value in others(was):
            try:
                copy = tampered(ledger, tmp_path / "copy", put(table, column, row, value, was))
            except sqlite3.IntegrityError:  # another row has that number
                continue
            tried += 1
            code, words = told(copy)
            number = value if column == TABLES[table][0] else row
            name = "Entry" if table == "entries" else "Post"
            assert code == DIFFERS
            assert f"{name} {number}" in words or f"{name.lower()} {number} stands" in words, words
    assert tried > 900


def test_what_prints_alike_and_is_of_another_kind_is_found(ledger: Path, tmp_path: Path) -> None:
    for table, column, row, was in cells(ledger):
        if row == 3 and column != TABLES[table][0]:
            other = was.encode() if isinstance(was, str) else str(was)
            copy = tampered(
                ledger, tmp_path / "copy", loosely(put(table, column, row, other, None))
            )
            assert told(copy)[0] == DIFFERS


def sql(query: str) -> Tamper:
    return lambda db: db.execute(query)


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (sql("DELETE FROM posts WHERE seq = 4"), "Post 4 is missing"),
        (sql("DELETE FROM posts WHERE seq = 10"), "Entry 20, or one of its posts 9 to 9"),
        (sql("DELETE FROM entries WHERE n = 8"), "Entry 8 is missing"),
        (sql("DELETE FROM entries WHERE n >= 20"), "Post 9 does not belong"),
        (swapped("posts", 1, 2), "Post 1 was changed or moved"),
        (swapped("posts", 3, 9), "Post 3 was changed or moved"),
        (swapped("entries", 8, 9), "Entry 8"),
        (sql("CREATE TABLE extra (x)"), "'extra'"),
        (sql("CREATE VIEW seen AS SELECT 1"), "'seen'"),
        (sql("ALTER TABLE posts ADD COLUMN more TEXT"), "'posts'"),
        (sql("DROP INDEX posts_by_key"), "'posts_by_key'"),
        (sql("PRAGMA user_version = 2"), "user_version"),
        (sql("PRAGMA application_id = 2"), "application_id"),
        (sql("INSERT INTO entries VALUES (0, 'act', '', 1, '{}', x'00')"), "Entry 1 is missing"),
    ],
)
def test_dropped_added_and_moved_rows_and_other_tables_are_told(
    tamper: Tamper, words: str, ledger: Path, tmp_path: Path
) -> None:
    code, said = told(tampered(ledger, tmp_path / "copy", tamper))
    assert code == DIFFERS
    assert words in said


def test_an_index_that_disagrees_with_the_posts_is_found(ledger: Path, tmp_path: Path) -> None:
    def tamper(db: sqlite3.Connection) -> None:
        db.execute("UPDATE posts SET key = 'elsewhere' WHERE seq = 4")
        row = db.execute("SELECT * FROM sqlite_master WHERE type = 'index'").fetchone()
        db.execute("PRAGMA writable_schema = ON")
        db.execute("DELETE FROM sqlite_master WHERE type = 'index'")
        with closing(sqlite3.connect(tmp_path / "copy", isolation_level=None)) as other:
            other.execute("UPDATE posts SET key = '3' WHERE seq = 4")
        db.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)

    code, words = told(tampered(ledger, tmp_path / "copy", tamper))
    assert code == DIFFERS
    assert "index" in words


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


OFF_BY_ONE = ("seen", "seq = 11")  # what the plain reading need not look at, or names otherwise


@pytest.mark.parametrize(
    ("query", "row"),
    [each for each in REWRITTEN if not any(part in each[0] for part in OFF_BY_ONE)],
)
def test_what_no_ledger_writes_is_found_though_all_digests_were_computed_anew(
    query: str, row: tuple[str, int, str], ledger: Path, tmp_path: Path
) -> None:
    code, words = told(tampered(ledger, tmp_path / "copy", anew(query)))
    assert code == DIFFERS
    assert f" {row[1]} " in words


WRITER = """
import sys
from pathlib import Path
from twittervotes.core.ledger import Entry, Ledger
from twittervotes.core.model import Post
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


def rewritten(original: Path, copy: Path, **members: bytes) -> Path:
    """Return a copy of a pack with other members: `chain` is chain.jsonl."""
    names = {name: members.get(name.split(".")[0]) for name in MEMBERS}
    with zipfile.ZipFile(original) as was, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as now:
        for name, data in names.items():
            now.writestr(name, was.read(name) if data is None else data)
    return copy


def member(original: Path, name: str) -> bytes:
    with zipfile.ZipFile(original) as file:
        return file.read(name)


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


def test_dropped_and_moved_lines_of_the_chain_are_found(results: Path, tmp_path: Path) -> None:
    lines = member(results, "chain.jsonl").splitlines(keepends=True)
    for place in range(len(lines)):
        dropped = [*lines[:place], *lines[place + 1 :]]
        twice = [*lines[:place], lines[place], *lines[place:]]
        moved = [*lines[:place][:-1], lines[place], *lines[:place][-1:], *lines[place + 1 :]]
        for changed in [dropped, twice, moved][: 3 if place else 2]:
            copy = rewritten(results, tmp_path / "copy", chain=b"".join(changed))
            assert told(copy)[0] == DIFFERS, place


def test_bytes_that_come_back_by_another_way_do_not_pass_for_a_text(
    named_results: Path, tmp_path: Path
) -> None:
    """Half a surrogate pair could stand for a byte: other tags would have the same digest."""
    chain = member(named_results, "chain.jsonl").decode()
    for text in ("日", "é"):
        halves = "".join(f"\\udc{byte:02x}" for byte in text.encode())
        assert text in chain
        copy = rewritten(
            named_results, tmp_path / "copy", chain=chain.replace(text, halves).encode()
        )
        assert told(copy)[0] != CONFIRMED


@pytest.mark.parametrize(
    "change",
    [
        lambda result: result["tally"][0].update(votes=9),
        lambda result: result["tally"].reverse(),
        lambda result: result.update(total=9),
        lambda result: result.update(leader=["debian"]),
        lambda result: result.update(winner=[]),
        lambda result: result["verdicts"].update(counted=9),
        lambda result: result["verdicts"].update(unheard=1),
        lambda result: result.update(digest="0" * 64),
    ],
)
def test_any_number_of_the_result_that_is_not_so_is_told(
    change: Callable[[dict[str, Any]], object], results: Path, tmp_path: Path
) -> None:
    result = json.loads(member(results, "result.json"))
    change(result)
    copy = rewritten(results, tmp_path / "copy", result=json.dumps(result).encode())
    code, words = told(copy)
    assert code == DIFFERS
    assert words.startswith("result.json: ")


def test_any_row_of_the_votes_that_is_not_so_is_told(named_results: Path, tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(member(named_results, "votes.csv").decode())))
    head = rows[0]
    assert [*head[:5], *head[6:]] == [
        *("network", "key", "time", "choice", "verdict", "account", "voter")
    ]
    tried = 0
    for place in range(1, len(rows)):
        for column, name in enumerate(head):
            if name == "reason":
                continue
            changed = [list(row) for row in rows]
            changed[place][column] += "x"
            tried += told_of(named_results, tmp_path, changed)
        tried += told_of(named_results, tmp_path, [*rows[:place], *rows[place + 1 :]])
        tried += told_of(named_results, tmp_path, [*rows, rows[place]])
    assert tried == (len(rows) - 1) * 9


def told_of(results: Path, folder: Path, rows: list[list[str]]) -> bool:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    copy = rewritten(results, folder / "copy", votes=text.getvalue().encode())
    code, words = told(copy)
    return code == DIFFERS and words.startswith("votes.csv")


def test_what_was_not_given_out_is_told(results: Path, named_results: Path) -> None:
    assert "entries [15, 16]" in told(results)[1]
    assert "Not given out" not in told(named_results)[1]


def test_a_page_that_is_not_given_out_is_refused(results: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in member(results, "chain.jsonl").splitlines()]
    page = next(line for line in lines if line["kind"] == "page")
    body = page.pop("body")
    values = (page["n"], page["kind"], page["source"], page["at_ms"], body)
    page["line_sha256"] = STANDALONE.hashlib.sha256(STANDALONE.line(*values)).hexdigest()
    page["public"] = json.loads(body)
    chain = "\n".join(map(json.dumps, lines)).encode()
    code, words = told(rewritten(results, tmp_path / "copy", chain=chain))
    assert code == DIFFERS
    assert "was not given out" in words


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
        "posts of nothing": {"chain": json.dumps({**first, "posts": [None]}).encode()},
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
    }
    if name in members:
        return rewritten(results, path, **members[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        if name == "bomb":
            with file.open("chain.jsonl", "w") as big:
                for _ in range(110):
                    big.write(bomb(1024 * 1024))
        for each in MEMBERS:
            if name not in (f"no {each}", "bomb") or (name == "bomb" and each != "chain.jsonl"):
                file.writestr(each, member(results, each))
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
def test_what_is_no_file_is_told_without_words_of_the_language(
    tmp_path: Path, name: str, words: str
) -> None:
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


HOSTILE = (
    *("no text", "no JSON", "no object", "nothing", "deep", "long number"),
    *("wrong kinds", "true is no number", "no posts", "posts of nothing", "odd hex"),
    *("result is a list", "result of nothing", "result is deep"),
    *("a field without end", "a line without end", "a result without end"),
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
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "name",
    [
        "a table without end",
        "votes of nothing",
        "votes with zeros",
        "deep body",
        "another database",
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


# The count


@pytest.mark.parametrize("seed", range(60))
def test_it_counts_any_contest_as_the_program_does(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    ledger = any_ledger(random, tmp_path / "vote.votes")
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
                ledger.act(any_act(random))
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


def any_act(random: Random) -> Act:
    at_ms = OPENS + random.randrange(-3000, 12_000)
    does = random.choice(tuple(Does)[:-2])
    return Act(
        does, at_ms,
        until_ms=at_ms + 2500,
        rules=random_rules(random) if does is Does.RULED else None,
        voter=random.choice(("ann", "x:bob", "nobody")) if does is Does.EXCLUDED else "",
        tag="arch" if does is Does.ADJUSTED else "",
        votes=random.randrange(-1, 3) if does is Does.ADJUSTED else 0,
        seed="rain" if does is Does.DRAWN else "",
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
        code, words = told(packed(path, tmp_path / "pack.zip"))
        assert code == CONFIRMED, words


def test_two_accounts_that_claim_one_post_are_ordered_by_the_ledger_and_not_by_a_pack(
    tmp_path: Path,
) -> None:
    path = tmp_path / "vote.votes"
    one = Post("x", "1", "ann", OPENS, "debian")
    with Ledger.create(path, contest(), 1) as ledger:
        ledger.append([page([one]), page([one._replace(voter="bob", tags="arch")], "two")], 2)
    assert told(path)[0] == CONFIRMED
    code, words = told(packed(path, tmp_path / "pack.zip"))
    assert code == UNREADABLE
    assert "Two accounts" in words


# Folding


def test_tags_are_folded_as_mastodon_does() -> None:
    for typed, normal in json.loads(VECTORS.read_text("utf-8"))["vectors"]:
        assert STANDALONE.fold(typed, "mastodon") == normal


@pytest.mark.parametrize("network", ["", *NETWORKS])
def test_every_sign_is_folded_as_the_program_does(network: str) -> None:
    """Tables of newer signs differ from one Python to the other, so those it knows are compared."""
    signs = [chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000]
    known = [sign for sign in signs if unicodedata.category(sign) != "Cn"]
    differ = [
        sign
        for sign in known
        if STANDALONE.fold(f"a{sign}b", network) != fold(f"a{sign}b", network)
    ]
    assert len(known) > 60_000
    if sys.version_info[:2] == (3, 11):
        assert differ == []
    else:
        assert len(differ) < 100
