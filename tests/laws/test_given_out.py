"""Law 5 for exports: a pack, or the events, give the same result as the ledger."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import OPENS, VOTERS, contest, page, post
from strategies import acts, contests, fails, law, pages
from test_engines import more_pages

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest
from twittervotes.core.counting.parallel import recounted
from twittervotes.core.counting.result import document
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.rebuilt import GivenEntry
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.engines import duckdb_engine, inputs
from twittervotes.engines.inputs import PostsFile
from twittervotes.events import rebuilding
from twittervotes.events.ledger_events import events
from twittervotes.export import export, pack_chain, vote_facts
from twittervotes.export.redaction import Given

GivenOut = Callable[[Path, Path], Iterable[GivenEntry]]


def of_pack(path: Path, folder: Path) -> Iterable[GivenEntry]:
    with Reader(path) as reader:
        export(reader, folder / "pack.zip")
    return pack_chain.entries(folder / "pack.zip")


def of_pack_with_accounts(path: Path, folder: Path) -> Iterable[GivenEntry]:
    with Reader(path) as reader:
        export(reader, folder / "named-pack.zip", with_accounts=True)
    return pack_chain.entries(folder / "named-pack.zip")


def of_events(path: Path, folder: Path) -> Iterable[GivenEntry]:
    return rebuilding.entries(bodies(path), "the topic")


def of_events_that_came_twice(path: Path, folder: Path) -> Iterable[GivenEntry]:
    found = bodies(path)
    again = [body for n in range(0, len(found), 3) for body in found[max(0, n - 2) : n + 3]]
    return rebuilding.entries(again, "the topic")


WAYS = (of_pack, of_pack_with_accounts, of_events, of_events_that_came_twice)


def bodies(path: Path) -> list[bytes]:
    with Reader(path) as reader:
        return [event.body.encode() for event in events(Given(reader))]


def written(path: Path, laid_down: Contest, seen: Iterable[Entry], done: Iterable[Act]) -> Path:
    with Ledger.create(path, laid_down, 1) as ledger:
        about = {"network": "x", "complete": True, "queries": ["all"]}
        ledger.append([Entry("source", "twitter", about)], 1)
        for n, each in enumerate(seen):
            ledger.append([each], n)
        for act in done:
            ledger.act(act)
    return path


def owned(entry: Entry) -> Entry:
    """Return a page whose posts have one account each, in all their versions, as real ones do."""
    posts = [post._replace(voter=VOTERS[sum(map(ord, post.key)) % 3]) for post in entry.posts]
    return replace(entry, posts=tuple(posts))


def sealed(ruled: Contest, reader: Reader, voters: Iterable[tuple[str, str]]) -> Contest:
    """Return a contest that excludes the same accounts by their seals."""
    names = {*ruled.rules.exclude}
    out = {reader.seal(*each) for each in voters if names & {each[1], ":".join(each)}}
    return replace(ruled, rules=replace(ruled.rules, exclude=tuple(sorted(out))))


def counted(
    way: GivenOut,
    seen: Sequence[Entry],
    laid_down: Contest,
    done: Sequence[Act],
    others: Sequence[Contest],
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = written(folder / "vote.votes", laid_down, seen, done)
        file = inputs.of_given(way(path, folder), folder)
        with Reader(path) as reader:
            stands = Given(reader).outcome()
            assert file.facts.contest == stands.contest
            assert document_of(file, folder) == document(stands)
            voters = {post[:3:2] for entry in seen for post in entry.posts}
            for other in others:
                found = duckdb_engine.tally(
                    file.path, sealed(other, reader, voters), folder, is_named=False
                )
                assert found == recounted(reader, other, (), None)


def document_of(file: PostsFile, folder: Path) -> object:
    laid_down = file.facts.contest
    found = duckdb_engine.tally(file.path, laid_down, folder, is_named=file.is_named)
    return document(vote_facts.snapshot(file.facts, laid_down, found, ""))


def holds(way: GivenOut) -> None:
    seen = st.lists(st.one_of(pages, more_pages).map(owned), max_size=6)

    @settings(law, max_examples=15)
    @given(seen, contests, st.lists(acts, max_size=4), st.lists(contests, max_size=2))
    def law_of(
        found: list[Entry], laid_down: Contest, done: list[Act], others: list[Contest]
    ) -> None:
        counted(way, found, laid_down, done, others)

    law_of()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_exports_count_like_the_ledger(way: GivenOut) -> None:
    holds(way)


def test_forgetting_an_excluded_account_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs.Given, "contest", lambda self: self.reader.contest)
    fails(lambda: holds(of_pack))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_two_accounts_that_claim_a_post_are_reported(way: GivenOut, tmp_path: Path) -> None:
    first, later = post("1", voter="ann"), post("1", "arch", voter="bob")
    seen = [page([first, later])]
    path = written(tmp_path / "vote.votes", contest(), seen, ())
    with pytest.raises(LedgerError, match=r"^Two accounts claim the post x 1, "):
        inputs.of_given(way(path, tmp_path), tmp_path)
    seen = [page([first, later._replace(revision=1)])]  # now it doesn't depend on the names
    counted(way, seen, contest(), [Act(ActKind.EXCLUDED, OPENS, voter="ann")], [contest()])


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    seen = [page([post("1"), post("2", "arch")]), page([post("3", "ubuntu")])]
    return written(tmp_path / "vote.votes", contest(), seen, ())


def test_missing_events_are_reported(ledger: Path) -> None:
    found = bodies(ledger)
    for n in range(len(found) - 1):
        with pytest.raises(LedgerError, match=r"^evening lacks the event \d+\.\d+: "):
            list(rebuilding.entries([*found[:n], *found[n + 1 :]], "evening"))


def test_an_entry_with_events_still_to_come_is_left_out(ledger: Path) -> None:
    found = bodies(ledger)
    whole = [row.n for row, _ in rebuilding.entries(found, "evening")]
    assert [row.n for row, _ in rebuilding.entries(found[:-1], "evening")] == whole[:-1]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "3.x"},
        {"digest": "zz"},
        {"time": "yesterday"},
        {"data": {}},
        {"data": {"kind": "page", "source": "x", "posts": 7, "body": {}}},
        {"data": {"kind": "page", "source": "x", "posts": 2, "body": None}},
    ],
    ids=str,
)
def test_a_foreign_event_is_reported(change: dict[str, object], ledger: Path) -> None:
    found = [json.loads(body) for body in bodies(ledger)]
    strange = [json.dumps(each | change if each["id"] == "4.3" else each) for each in found]
    with pytest.raises(LedgerError, match=r"^evening holds an event that can't be read: "):
        list(rebuilding.entries((each.encode() for each in strange), "evening"))


def test_a_topic_without_events_is_reported() -> None:
    with pytest.raises(LedgerError, match=r"^evening holds no events of a ledger"):
        list(rebuilding.entries([], "evening"))


def changed(pack: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    out = pack.with_name("changed.zip")
    with zipfile.ZipFile(pack) as before, zipfile.ZipFile(out, "w") as after:
        for each in before.namelist():
            data = before.read(each)
            after.writestr(each, change(data) if each == name else data)
    return out


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("posts.bin", lambda data: data[:-8] + bytes(8), "entry 5 is not as it was written"),
        ("posts.bin", lambda data: data[:-8], "entry 5 is not as it was written"),
        ("posts.bin", lambda data: data + b"1", "posts.bin continues"),
        ("posts.bin", lambda data: b"", "posts are missing"),
        ("posts.bin", lambda data: b"9" * 10 + data, "posts are missing"),
        ("chain.jsonl", lambda data: data[: data.rindex(b'{"n"')], "posts.bin continues"),
        ("chain.jsonl", lambda data: data.replace(b"twitter", b"bird"), "entry 3 is not as"),
        ("chain.jsonl", lambda data: data[data.index(b"\n") + 1 :], "entry 1 is not as"),
        ("chain.jsonl", lambda data: data.replace(b'"posts":2', b'"posts":3'), "entry 4 is not"),
        ("chain.jsonl", lambda data: b"[]\n" + data, "can't be read"),
        ("chain.jsonl", lambda data: data.replace(b'"n":2', b'"n":"2"'), "can't be read"),
        ("chain.jsonl", lambda data: data.replace(b'"kind"', b'"kinds"'), "can't be read"),
    ],
)
def test_a_changed_pack_is_refused(
    name: str, change: Callable[[bytes], bytes], words: str, ledger: Path, tmp_path: Path
) -> None:
    list(of_pack(ledger, tmp_path))
    with pytest.raises(LedgerError, match=words):
        list(pack_chain.entries(changed(tmp_path / "pack.zip", name, change)))


def test_other_zip_files_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "other.zip"
    for names, words in (
        (("a",), "isn't a results pack"),
        (("chain.jsonl",), "of an earlier format"),
        (("chain.jsonl", "posts.bin", "posts.bin"), "isn't a results pack"),
    ):
        with zipfile.ZipFile(out, "w") as archive, pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *_, **__: None)  # of the same name twice
            for each in names:
                archive.writestr(each, "x")
        assert pack_chain.is_pack(out)
        with pytest.raises(LedgerError, match=words):
            list(pack_chain.entries(out))
    out.write_bytes(out.read_bytes()[:-30])
    with pytest.raises(LedgerError, match="can't be read as a results pack"):
        list(pack_chain.entries(out))


def test_an_oversized_pack_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "large.zip"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chain.jsonl", bytes(20_000_000))
        archive.writestr("posts.bin", b"")
    with pytest.raises(LedgerError, match="unpacks to an absurd size"):
        list(pack_chain.entries(out))
