"""The ledger's file: what it keeps, and one clear sentence, and no harm, for each bad one."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import walk
from patience import PATIENCE_S
from samples import CLOSES, OPENS, contest, page, post
from tampering import told

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.columns import PostColumns, columns_of
from twittervotes.core.contest.contest import Choice, Contest, PerAccount, Rules
from twittervotes.core.contest.posts import CUT, LONGEST_VALUE, TIMES_MS, Post, can_be_kept
from twittervotes.core.contest.snapshot import Record
from twittervotes.core.counting.running import Count
from twittervotes.core.errors import LedgerBusyError, LedgerError
from twittervotes.core.ledger import file as ledger_file
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Entry, Ledger

POSTS = tuple(post(str(n)) for n in range(40))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vote.db"


def written(path: Path, pages: int = 4) -> Path:
    """Make a ledger with some pages of ten posts, and close it."""
    with Ledger.create(path, contest(), 1) as ledger:
        for n in range(pages):
            ledger.append([page(POSTS[10 * n : 10 * n + 10], position=n)], n)
    return path


# What it keeps


def test_a_reopened_ledger_is_unchanged(path: Path) -> None:
    laid_down = replace(contest(), title="Qué? 日本 🐧\t\n", choices=(Choice("a", "Ä", "#ff0000"),))
    rules = Rules(per_account=PerAccount.LAST, exclude=("bob",), grace_s=3)
    with Ledger.create(path, laid_down, 1) as ledger:
        ledger.act(Act(ActKind.OPENED, OPENS))
        ledger.append([page(POSTS[:5], position={"newest": "5"})], 2)
        ledger.append([page(POSTS[:7], feed="two", position="b")], 3)
        ledger.append([page(POSTS[:1], source="other", position="c")], 3)
        ledger.append([Entry("failed", "twitter", {"feed": "all", "message": "Away."})], 4)
        ledger.append([Entry("gap", "twitter", {"from_ms": 1, "to_ms": 2, "reason": "r"})], 4)
        ledger.act(Act(ActKind.PAUSED, OPENS + 1))
        ledger.act(Act(ActKind.RULED, OPENS + 2, rules=rules))
        ledger.act(Act(ActKind.EXTENDED, OPENS + 3, until_ms=CLOSES + 5000))
        before = told_by(ledger)
    with Ledger.reopen(path) as again:
        assert told_by(again) == before
        assert again.contest.rules == rules
        assert again.contest.closes_ms == CLOSES + 5000
        assert again.contest.title == laid_down.title
        assert [act.does for act in again.acts] == ["opened", "paused", "ruled", "extended"]
        positions = {where: body["position"] for where, body in again.positions().items()}
        assert positions == {
            ("twitter", "all"): {"newest": "5"},
            ("twitter", "two"): "b",
            ("other", "all"): "c",
        }
        assert again.records() == {
            "twitter": Record(requests=3, failed=1, posts=7, read=12),
            "other": Record(requests=1, posts=1, read=1),
        }
        assert again.gaps() == [("twitter", {"from_ms": 1, "to_ms": 2, "reason": "r"})]
        assert list(again.posts()) != []


def told_by(ledger: Ledger) -> tuple[object, ...]:
    return (
        ledger.contest,
        ledger.acts,
        ledger.digest,
        ledger.positions(),
        ledger.records(),
        ledger.gaps(),
        sorted(ledger.posts(), key=str),
    )


def test_the_digest_continues_after_reopening(path: Path) -> None:
    written(path)
    with Ledger.reopen(path) as ledger:
        before = ledger.digest
        ledger.append([page([post("new")])], 9)
        assert ledger.digest != before
    assert walk.faults(*walk.rows_of(path)) == []


def test_append_returns_the_changes(path: Path) -> None:
    first, better = post("1"), post("1", "arch", revision=1)
    with Ledger.create(path, contest(), 1) as ledger:
        changes = ledger.append([page([first, post("2"), first]), page([better])], 1)
        assert changes.added.numbers.tolist() == [1, 2, 3]
        assert changes.added.key_list() == ["1", "2", "1"]
        assert changes.added.revisions.tolist() == [0, 0, 1]
        assert changes.removed.numbers.tolist() == [1]
        assert changes.new == (2, 1)
        again = ledger.append([page([better, first]), page([first], source="other")], 2)
        assert (len(again.added), len(again.removed), again.new) == (0, 0, (0, 1))
        assert sorted(ledger.posts()) == sorted([better, post("2")])


def test_an_act_or_empty_page_is_one_entry(path: Path) -> None:
    with Ledger.create(path, contest(), 1) as ledger:
        digests = {ledger.digest}
        for _ in range(3):
            ledger.append([page([])], 1)
            digests.add(ledger.digest)
        assert len(digests) == 4


def test_keys_and_accounts_of_any_alphabet_are_found_again(path: Path) -> None:
    keys = ["é", "e\u0301", "🐧", 'a"b', "a\\b", "a'b", "%", "null", "1", "01", "1.0", "", " ", "ß"]
    posts = [post(key, voter=key) for key in keys]
    with Ledger.create(path, contest(), 1) as ledger:
        assert ledger.append([page(posts)], 1).new == (len(keys),)
        assert ledger.append([page(posts)], 2).new == (0,)
        assert list(ledger.posts()) == posts


def test_more_posts_in_one_append_than_are_looked_up_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twittervotes.core.ledger.held_posts.AT_ONCE", 7)
    with Ledger.create(path, contest(), 1) as ledger:
        assert ledger.append([page(POSTS)], 1).new == (40,)
        assert ledger.append([page(POSTS), page(POSTS)], 2).new == (0, 0)


def test_100_000_stored_posts_of_one_account_are_one_vote(path: Path) -> None:
    flood = [post(str(n), voter="ann", at_ms=OPENS + n % 9000) for n in range(100_000)]
    with Ledger.create(path, contest(), 1) as ledger:
        count = Count(contest(), ledger)
        for start in range(0, len(flood), 20_000):
            count.add(ledger.append([page(flood[start : start + 20_000])], 1).added)
        assert sum(1 for _ in ledger.posts()) == count.tally().posts == 100_000
    assert count.tally().votes == (1, 0, 0)


@pytest.mark.parametrize(
    ("unclean", "error"),
    [
        (post("a\tb"), ValueError),
        (post(tags="a\nb"), ValueError),
        (post("a\ud800"), ValueError),
        (post(at_ms=2**63), ValueError),
        (post(revision=-(2**64)), ValueError),
        *(
            (post(**{name: f"a{sign}b"}), ValueError)
            for name in ("network", "key", "voter", "tags", "kind")
            for sign in "\x00\x7f\x85\u2028\u2029"
        ),
        (post(tags="a" * (LONGEST_VALUE + 1)), ValueError),
        (post(at_ms=TIMES_MS.stop), ValueError),
        (post(born_ms=TIMES_MS.start - 1), ValueError),
        (post(revision=CUT - 1), ValueError),
    ],
)
def test_an_unhashable_value_is_refused(path: Path, unclean: Post, error: type[Exception]) -> None:
    assert not can_be_kept(unclean)
    with Ledger.create(path, contest(), 1) as ledger:
        before = ledger.digest
        with pytest.raises(error):
            ledger.append([page(POSTS[:5]), page([unclean])], 1)
        with contextlib.suppress(error):
            columns = columns_of([unclean], ledger.salt)
            with pytest.raises(error):
                ledger.append([Entry("page", "twitter", {"feed": "all"}, columns)], 1)
        assert ledger.digest == before
        assert list(ledger.posts()) == []
        assert ledger.append([page(POSTS[:5])], 2).new == (5,)
    assert walk.faults(*walk.rows_of(path)) == []


@pytest.mark.parametrize("sign", "\t\x00\x7f\x85\u2028\ud800")
def test_an_entry_of_a_source_with_control_characters_is_not_written(path: Path, sign: str) -> None:
    with Ledger.create(path, contest(), 1) as ledger:
        before = ledger.digest
        for kind, source in ((f"a{sign}b", "twitter"), ("gap", f"a{sign}b")):
            with pytest.raises(ValueError, match="control character"):
                ledger.append([Entry(kind, source, {})], 1)
        assert ledger.digest == before


@pytest.mark.parametrize("sign", "\t\n\x00\x7f\x85\u2028\u2029\ud800")
def test_any_text_in_an_entry_is_stored_and_proved(path: Path, sign: str) -> None:
    """A server's message of failure is a stranger's text; it must not spoil the proof."""
    text = f"a{sign}b"
    kept = text.replace("\ud800", "\ufffd")  # half a pair has no UTF-8
    laid_down = replace(contest(exclude=(kept,)), title=text)
    with Ledger.create(path, laid_down, OPENS) as ledger:
        ledger.append([Entry("failed", "twitter", {"feed": "all", "message": text})], OPENS)
        ledger.append([Entry("gap", "twitter", {"from_ms": 1, "to_ms": 2, "reason": text})], OPENS)
        ledger.act(Act(ActKind.ADJUSTED, OPENS, by=text, tag="arch", votes=1, reason=text))
    with Ledger.reopen(path) as again:
        assert again.contest.title == kept
        assert again.acts[0].reason == kept
    assert verify(path).finding is None
    code, words = told(path)
    assert code == 0, words


# Making one


def test_a_new_ledger_makes_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "über" / "a b#c?d%20" / "vote.db"
    Ledger.create(path, contest(), 1).close()
    with Ledger.reopen(path) as ledger:
        assert ledger.contest == contest()


@pytest.mark.parametrize("is_there", [False, True])
def test_no_file_and_an_empty_one_count_as_new(path: Path, is_there: bool) -> None:
    if is_there:
        path.touch()
    assert ledger_file.is_new(path)
    Ledger.create(path, contest(), 1).close()
    assert not ledger_file.is_new(path)


def test_a_file_that_holds_anything_is_never_made_a_ledger(path: Path) -> None:
    path.write_bytes(b"\n")
    assert not ledger_file.is_new(path)
    with pytest.raises(LedgerError, match=r"already exists. No changes were made."):
        Ledger.create(path, contest(), 1)
    assert path.read_bytes() == b"\n"
    path.unlink()
    written(path)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="already exists"):
        Ledger.create(path, contest(), 1)
    assert path.read_bytes() == before


def test_a_failed_creation_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(LedgerError, match="No space left on device"):
        Ledger.create(path, contest(), 1)
    assert ledger_file.is_new(path)
    monkeypatch.undo()
    Ledger.create(path, contest(), 1).close()


def test_files_of_a_deleted_ledger_are_not_applied(path: Path) -> None:
    left = {}
    with Ledger.create(path, contest(), 1) as old:
        old.append([page(POSTS)], 1)
        left = {end: Path(f"{path}{end}").read_bytes() for end in ("-wal", "-shm")}
    path.unlink()
    for end, data in left.items():
        Path(f"{path}{end}").write_bytes(data)
    with Ledger.create(path, contest(), 1) as ledger:
        assert list(ledger.posts()) == []
    assert walk.faults(*walk.rows_of(path)) == []


def test_a_link_leads_to_the_one_ledger_and_its_one_lock(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with Ledger.create(link, contest(), 1) as ledger:
        assert link.is_symlink()
        ledger.append([page(POSTS)], 1)
        with pytest.raises(LedgerBusyError):
            Ledger.reopen(path)
    with Ledger.reopen(path) as ledger:
        assert sum(1 for _ in ledger.posts()) == 40


# Bad files: a sentence, and the file as it was


def edited(change: Callable[[bytearray], None]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        data = bytearray(written(path).read_bytes())
        change(data)
        path.write_bytes(data)

    return edit


def put(at: int, data: bytes) -> Callable[[Path], None]:
    def change(file: bytearray) -> None:
        file[at : at + len(data)] = data

    return edited(change)


def cut(at: int) -> Callable[[Path], None]:
    def change(file: bytearray) -> None:
        del file[at:]

    return edited(change)


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE entries (n)")


def sql(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        written(path)
        with closing(sqlite3.connect(path)) as db:
            db.execute(statement)
            db.commit()

    return change


BAD: list[tuple[Callable[[Path], object], str]] = [
    (
        lambda path: path.write_text("title: a vote\n" * 99),
        "is not a ledger, or .* No changes were made",
    ),
    (lambda path: path.write_bytes(b""), "is not a ledger. No changes were made"),
    (lambda path: path.write_bytes(b"SQLite format 3\0"), "is not a ledger. No changes were made"),
    (lambda path: path.mkdir(), "is not a file. Give the path of a ledger."),
    (lambda path: None, "There is no ledger .*vote.db"),
    (other_database, "is a database, but not a ledger. No changes were made"),
    (put(60, b"\0\0\0\3"), r"newer version \(format 3, this one knows 2\). Install"),
    (put(100, bytes(4000)), "is damaged: .*malformed.* use a backup"),
    (put(18, b"\xff\xff"), "its beginning is damaged. No changes were made"),
    (cut(100), "is damaged"),
    (cut(4096), "is damaged"),
    (cut(-1), "is damaged: its end is missing"),
    (cut(-512), "is damaged: its end is missing"),
    (cut(-4096), "is damaged"),
    (sql("DROP TABLE pages"), "is damaged: The ledger.s pages is missing. No changes were made"),
    (sql("DELETE FROM entries WHERE kind = 'contest'"), "is damaged: it does not say what the"),
    (sql("UPDATE entries SET body = '{' WHERE kind = 'contest'"), "is damaged: it does not say"),
    (sql("DELETE FROM entries WHERE kind = 'salt'"), "is damaged: its salt is missing"),
    (sql("UPDATE entries SET private = '[' WHERE kind = 'salt'"), "damaged: its salt is missing"),
]


@pytest.mark.parametrize(("make", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_a_bad_file_is_refused_and_unchanged(
    path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    held = []
    for _ in range(2):  # no lock is left behind, even while somebody still holds the error
        with pytest.raises(LedgerError, match=sentence) as told:
            Ledger.reopen(path)
        held.append(told)
        assert "\n" not in str(told.value)
        assert str(told.value).endswith(".")
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_byte_changed_anywhere_gives_a_sentence_or_no_trouble(path: Path) -> None:
    random = Random(5)
    whole = written(path).read_bytes()
    sentences = 0
    for _ in range(300):
        data = bytearray(whole)
        data[random.randrange(len(data))] ^= random.randrange(1, 256)
        path.write_bytes(data)
        try:
            with Ledger.reopen(path) as ledger:
                told_by(ledger)
        except LedgerError:
            sentences += 1
    assert 20 < sentences < 280


UNPRIVILEGED = """
import os, sys, tempfile, pathlib, shutil
from samples import contest
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.writer import Ledger
folder = pathlib.Path(tempfile.mkdtemp())
try:
    folder.chmod(0o755)
    path = folder / "vote.db"
    Ledger.create(path, contest(), 1).close()
    path.chmod(int(sys.argv[1], 8))
    folder.chmod(int(sys.argv[2], 8))
    before = path.read_bytes() if os.geteuid() == 0 else None
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        Ledger.reopen(path)
    except LedgerError as error:
        print(error)
    if before is not None:
        os.seteuid(0)
        assert path.read_bytes() == before
finally:
    folder.chmod(0o700)
    shutil.rmtree(folder)
"""


def program(source: str, *arguments: object) -> subprocess.Popen[str]:
    """Start another process that knows what this one knows."""
    return subprocess.Popen(
        [sys.executable, "-c", source, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("of_file", "of_folder", "sentence"),
    [
        ("000", "777", "can't be read or written. Check its permissions"),
        ("444", "777", "cannot be opened for writing. Check its permissions and its folder's."),
        ("444", "555", "can't be read or written. Check its permissions"),
        ("644", "000", "can't be read or written. Check its permissions"),
    ],
)
def test_without_permission_a_sentence_says_so(of_file: str, of_folder: str, sentence: str) -> None:
    told, _ = program(UNPRIVILEGED, of_file, of_folder).communicate(timeout=PATIENCE_S)
    assert sentence in told


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the folder is Linux's")
def test_an_unwritable_folder_is_not_reported_as_busy() -> None:
    with pytest.raises(LedgerError, match="can't be created in that folder"):
        Ledger.create(Path("/proc/vote.votes"), contest(), 1)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_new_ledger_is_not_written_through_a_link_beside_it(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    for end in (".new", ".lock", "-wal", "-shm", "-journal"):
        link(target, tmp_path / f"one.votes{end}")
    with contextlib.suppress(LedgerError):
        Ledger.create(tmp_path / "one.votes", contest(), 1).close()
    assert target.read_text() == "mine"


# Other programs, full disks


HOLDER = """
import sys, pathlib
from samples import page, post
from twittervotes.core.ledger.writer import Ledger
ledger = Ledger.reopen(pathlib.Path(sys.argv[1]))
ledger.append([page([post("of the other")])], 9)
print("holds", flush=True)
sys.stdin.read()
"""


def test_a_ledger_is_busy_until_its_writer_is_killed(path: Path) -> None:
    written(path)
    with program(HOLDER, path) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "holds\n"
            before = path.read_bytes()
            with pytest.raises(LedgerBusyError, match="Another program is counting into"):
                Ledger.reopen(path)
            with pytest.raises(LedgerBusyError, match="Close it first, or choose another"):
                Ledger.create(path, contest(), 1)
            assert path.read_bytes() == before
        finally:
            other.kill()
    with Ledger.reopen(path) as ledger:
        assert sum(1 for _ in ledger.posts()) == 41


def test_another_thread_may_close_a_ledger(path: Path) -> None:
    ledger = Ledger.create(path, contest(), 1)
    thread = threading.Thread(target=ledger.close)
    thread.start()
    thread.join()
    with pytest.raises(LedgerError):
        ledger.append([page(POSTS)], 1)
    with Ledger.reopen(path) as again:
        assert again.digest == ledger.digest, "the lock was given back, and nothing was lost"
    ledger.close()


def test_a_closed_ledger_says_so_and_does_not_write(path: Path) -> None:
    ledger = Ledger.create(path, contest(), 1)
    ledger.close()
    for use in (lambda: ledger.append([page(POSTS)], 1), ledger.positions, ledger.records):
        with pytest.raises(LedgerError, match="closed"):
            use()


def test_a_lock_by_another_program_costs_nothing(
    path: Path,
) -> None:
    with Ledger.create(path, contest(), 1) as ledger:
        ledger._db.execute("PRAGMA busy_timeout = 1")
        with closing(sqlite3.connect(path, isolation_level=None)) as browser:
            browser.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerError, match=r"locked by another program. Close it and try"):
                ledger.append([page(POSTS)], 1)
        assert ledger.append([page(POSTS)], 1).new == (40,)
    assert walk.faults(*walk.rows_of(path)) == []


def test_a_full_disk_loses_nothing(path: Path) -> None:
    with Ledger.create(path, contest(), 1) as ledger:
        ledger.append([page(POSTS)], 1)
        before = told_by(ledger)
        ledger._db.execute("PRAGMA max_page_count = 8")
        flood = [post(f"flood {n}", tags=f"{n}" * 500) for n in range(200)]
        with pytest.raises(LedgerError, match=r"The disk is full\. Make room.* is kept in"):
            ledger.append([page(flood)], 2)
        assert told_by(ledger) == before
        ledger._db.execute("PRAGMA max_page_count = 100000")
        assert ledger.append([page(flood)], 3).new == (200,)
    assert walk.faults(*walk.rows_of(path)) == []


LIMITED = """
import pathlib, resource, sys
from samples import page, post
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.writer import Ledger
with Ledger.reopen(pathlib.Path(sys.argv[1])) as ledger:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    for n in range(1000):
        try:
            ledger.append([page([post(f"{n} {m}") for m in range(20)], position=n)], n)
        except LedgerError as error:
            print(n, error)
            break
"""


def test_a_file_that_may_not_grow_loses_nothing_that_was_written(path: Path) -> None:
    written(path)
    told, _ = program(LIMITED, path).communicate(timeout=PATIENCE_S)
    number, sentence = told.strip().split(" ", 1)
    assert int(number) > 3
    assert str(path) in sentence
    assert sentence.endswith(".")
    with Ledger.reopen(path) as ledger:
        assert sum(1 for _ in ledger.posts()) == 40 + 20 * int(number)
        assert ledger.positions()["twitter", "all"]["position"] == int(number) - 1
    assert walk.faults(*walk.rows_of(path)) == []


def test_a_reader_never_writes_and_never_makes_the_writer_wait(path: Path) -> None:
    with Ledger.create(path, contest(), 1) as ledger:
        ledger.append([page(POSTS[:10])], 1)
        with closing(ledger_file.reader(path)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT sum(size) FROM pages").fetchone() == (10,)
            ledger.append([page(POSTS)], 2)
            assert reader.execute("SELECT sum(size) FROM pages").fetchone() == (10,)
            with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
                reader.execute("DELETE FROM pages")


def test_the_schema_says_what_the_digest_needs(path: Path) -> None:
    with closing(sqlite3.connect(written(path))) as db:
        columns = [
            [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            for table in ("entries", "pages")
        ]
        strict = dict(db.execute("SELECT name, strict FROM pragma_table_list WHERE schema='main'"))
    assert columns[0][:-1] == ["n", "kind", "source", "at_ms", "body", "private"]
    assert columns[1] == ["n", "first", *PostColumns._fields, "marks"]
    assert strict["entries"] == strict["pages"] == 1


def test_a_contest_of_an_earlier_version_is_readable(path: Path) -> None:
    odd = Contest("", (Choice("a"),), opens_ms=-5000, closes_ms=None, pauses=((1, None),))
    with Ledger.create(path, odd, -1):
        pass
    with Ledger.reopen(path) as ledger:
        assert ledger.contest == odd


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pages SET times = x'00'",
        "UPDATE pages SET keys = x'00'",
        "UPDATE pages SET first = 2 WHERE first = 1",
        "UPDATE pages SET tag_sets = x'ff'",
    ],
)
def test_a_page_that_cannot_be_read_gets_one_sentence(path: Path, statement: str) -> None:
    sql(statement)(path)
    with pytest.raises(LedgerError) as told, Ledger.reopen(path) as ledger:
        list(ledger.posts())
    assert re.fullmatch(
        rf"{path} is damaged: the posts of entry \d+ .*\. Use a backup\.", str(told.value)
    )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM pages WHERE n = (SELECT min(n) FROM pages)",
        "UPDATE pages SET first = 2 WHERE first = 1",
        "UPDATE pages SET (size, tag_set_index, keys, key_texts, seals, times, voters,"
        " voters_are_text, births, revisions) = (1, x'0000', zeroblob(8), x'', zeroblob(16),"
        " zeroblob(8), zeroblob(8), 0, x'', x'') WHERE first = 1",
    ],
)
def test_a_page_changed_after_opening_is_reported(path: Path, statement: str) -> None:
    with Ledger.reopen(written(path)) as ledger:
        with closing(sqlite3.connect(path)) as db, db:
            assert db.execute(statement).rowcount == 1
        with pytest.raises(LedgerError, match=r"not those that were there before\. Use a backup\."):
            ledger.at(np.array([2], np.uint32))


def test_posts_of_no_entry_get_one_sentence(path: Path) -> None:
    sql("UPDATE pages SET n = 100 WHERE n = (SELECT max(n) FROM pages)")(path)
    with pytest.raises(LedgerError, match=r"it has posts that belong to no entry\. Use a backup\."):
        Ledger.reopen(path)
