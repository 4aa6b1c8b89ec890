"""Packs that lie: whatever is changed in one is found, or named as what the chain cannot prove."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packs import (
    CONFIRMED,
    DERIVED,
    DIFFERS,
    SUMS,
    UNPROVED,
    UNREADABLE,
    everything,
    hide,
    joined,
    lines,
    members,
    packed,
    zipped,
)
from samples import OPENS, contest
from tampering import told

from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger

# What no chain can prove: only the list of sums vouches for it, which a forger writes anew.
NOT_DERIVED = ["README.txt", "report.html", "verify.py"]
KINDS = ("whole", "sealed", "named")  # nobody is left out; one is, and has a seal; or is named


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packs")
    whole = everything(folder / "whole.votes", exclude=False)
    other = everything(folder / "other.votes")
    return {
        "whole": packed(whole, folder / "whole.zip"),
        "sealed": packed(other, folder / "sealed.zip"),
        "named": packed(other, folder / "named.zip", with_accounts=True),
    }


@pytest.fixture(params=KINDS)
def results(request: pytest.FixtureRequest, packs: dict[str, Path]) -> Path:
    return packs[request.param]


def digest_of(results: Path) -> str:
    return str(lines(results)[-1]["digest"])


def checked(path: Path, digest: str = "") -> int:
    return told(path, digest or digest_of(path))[0]


def usual(results: Path) -> int:
    return UNPROVED if results.stem == "sealed" else CONFIRMED


def test_packs_that_do_not_lie_are_confirmed(results: Path) -> None:
    code, words = told(results, digest_of(results))
    assert code == usual(results), words
    assert ("NOT PROVED: what is shown of entries 11 (excluded)" in words) == (code == UNPROVED)


# The result


def changed(value: Any) -> Iterator[Any]:
    """Return a JSON value with one thing in it changed, taken out or put in, in every way."""
    match value:
        case dict():
            for name in value:
                yield from ({**value, name: other} for other in changed(value[name]))
                yield {key: value[key] for key in value if key != name}
        case list():
            for place, each in enumerate(value):
                for other in changed(each):
                    yield [*value[:place], other, *value[place + 1 :]]
            yield [*value, *value[:1]] if value else ["more"]
            if value:
                yield value[1:]
            if len(value) > 1:
                yield value[::-1]
        case bool():
            yield not value
            yield int(value)
        case int() | float():
            yield value + 1
            yield str(value)
            yield float(value) if isinstance(value, int) else round(value + 0.1, 1)
        case None:
            yield "2026-11-21T20:00:00Z"
        case str():
            yield value + "x"
            yield ""
            yield None


def leaves(value: Any, place: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name in value:
            yield from leaves(value[name], f"{place}.{name}")
    elif isinstance(value, list) and value:
        yield from leaves(value[0], f"{place}[]")
    else:
        yield place


@pytest.mark.parametrize("redone", [False, True])
def test_every_value_of_the_result_that_is_changed_is_found(
    redone: bool, results: Path, tmp_path: Path
) -> None:
    files, digest, tried = members(results), digest_of(results), 0
    right = json.loads(files["result.json"])
    for other in changed(right):
        if other == right and json.dumps(other) == json.dumps(right):
            continue  # "" for ""
        tried += 1
        files["result.json"] = json.dumps(other).encode()
        copy = zipped(tmp_path / "copy.zip", files, redone=redone)
        code, words = told(copy, digest)
        assert code == DIFFERS, (other, words)
        assert words.startswith("result.json"), words
    assert tried > 250
    assert len({*leaves(right)}) > 40


def test_what_the_verifier_does_not_know_of_a_result_is_named(
    results: Path, tmp_path: Path
) -> None:
    files = members(results)
    result = json.loads(files["result.json"])
    result["sources"][0]["praise"] = "The best."
    files["result.json"] = json.dumps(result).encode()
    assert checked(zipped(tmp_path / "copy.zip", files)) == DIFFERS
    code, words = told(zipped(tmp_path / "copy.zip", files, redone=True), digest_of(results))
    assert code == UNPROVED
    assert "NOT PROVED: result.json: what it says of sources[0].praise." in words


def test_a_name_that_stands_twice_is_refused(results: Path, tmp_path: Path) -> None:
    """Of two values programs may choose either."""
    files = members(results)
    text = files["result.json"].decode()
    files["result.json"] = text.replace('"total":', '"total": 99,\n  "total":').encode()
    assert checked(zipped(tmp_path / "copy.zip", files, redone=True)) == UNREADABLE
    files = members(results)
    first, *rest = files["chain.jsonl"].decode().split("\n")
    twice = first.replace('"n":1', '"n":2,"n":1')
    files["chain.jsonl"] = "\n".join([twice, *rest]).encode()
    assert checked(zipped(tmp_path / "copy.zip", files, redone=True), digest_of(results)) != 0


# The votes


@pytest.mark.parametrize("redone", [False, True])
def test_every_cell_of_the_votes_that_is_changed_is_found(
    redone: bool, results: Path, tmp_path: Path
) -> None:
    files, digest = members(results), digest_of(results)
    rows = list(csv.reader(io.StringIO(files["votes.csv"].decode())))
    verdicts = {row[4] for row in rows[1:]}
    assert len(verdicts) == 11 + (results.stem != "whole")
    for place, row in enumerate(rows):
        for column, was in enumerate(row):
            for value in (was + "x", was[1:], f"'{was}", "excluded"):
                if value == was:
                    continue
                other = [list(each) for each in rows]
                other[place][column] = value
                files["votes.csv"] = written(other)
                copy = zipped(tmp_path / "copy.zip", files, redone=redone)
                assert checked(copy, digest) == DIFFERS, (place, column, value)
    wider = [[*row, "more"] for row in rows]
    for other in (wider, rows[:-1], [*rows, rows[-1]], [*rows, []], rows[1:]):
        files["votes.csv"] = written(other)
        assert checked(zipped(tmp_path / "copy.zip", files, redone=redone), digest) == DIFFERS


def written(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


# The files


def test_every_file_that_is_changed_taken_out_or_put_in_is_found(
    results: Path, tmp_path: Path
) -> None:
    right, digest = members(results), digest_of(results)
    assert sorted({*right} - {*DERIVED, SUMS}) == NOT_DERIVED
    for name, data in right.items():
        others = [{**right, name: changed} for changed in (data + b" ", data[:-1], b"")]
        others.append({each: right[each] for each in right if each != name})
        for files in others if name != SUMS else others[:-1]:
            code = checked(zipped(tmp_path / "copy.zip", files), digest)
            assert code in (DIFFERS, UNREADABLE), (name, code)
    assert checked(zipped(tmp_path / "copy.zip", {**right, "more.txt": b""}), digest) == DIFFERS


def test_of_files_whose_sums_are_redone_only_the_ones_for_reading_can_lie_and_are_named(
    results: Path, tmp_path: Path
) -> None:
    right, digest = members(results), digest_of(results)
    for name, data in right.items():
        if name in (*DERIVED, SUMS):
            continue
        files = {**right, name: data + b"It is all a lie."}
        code, words = told(zipped(tmp_path / "copy.zip", files, redone=True), digest)
        assert code == usual(results)
        assert f"not checked otherwise: {', '.join(NOT_DERIVED)}." in words
    files = {**right, "more.txt": b"Arch won."}
    code, words = told(zipped(tmp_path / "copy.zip", files, redone=True), digest)
    assert code == usual(results)
    assert "more.txt" in words


@pytest.mark.parametrize("line", ["", "a line\n", f"{'0' * 64}  verify.py\n", f"{'0' * 64} x\n"])
def test_a_list_of_sums_that_is_none_is_found(line: str, results: Path, tmp_path: Path) -> None:
    files = members(results)
    files[SUMS] = (files[SUMS].decode() + line).encode() if line else b""
    assert checked(zipped(tmp_path / "copy.zip", files)) == DIFFERS


@pytest.mark.parametrize("gap", [False, True])
def test_a_pack_of_an_older_version_is_not_proved_in_what_it_lacks(
    gap: bool, results: Path, tmp_path: Path
) -> None:
    files = members(results)
    del files[SUMS]
    result = json.loads(files["result.json"])
    for source in result["sources"]:
        del source["unread"]
    if gap:  # they told the time of day, in the zone of whoever counted
        result["sources"][1]["completeness"] = "gap 14:03:00–14:05:00"
    files["result.json"] = json.dumps(result).encode()
    code, words = told(zipped(tmp_path / "copy.zip", files), digest_of(results))
    assert code == UNPROVED
    assert f"NOT PROVED: {', '.join(NOT_DERIVED)}: the pack is an older one" in words
    assert ("what it says of sources[1].completeness" in words) == gap
    assert words.endswith("CONFIRMED, but for what is not proved\n")


# Forged entries


def forged(results: Path, place: int, public: Any, tmp_path: Path) -> Path:
    """Return a pack in which an entry is hidden, and says something else."""
    files, entries = members(results), lines(results)
    hide(entries[place], public)
    files["chain.jsonl"] = joined(entries)
    return zipped(tmp_path / "forged.zip", files, redone=True)


def test_no_entry_that_names_no_account_can_be_hidden(
    packs: dict[str, Path], tmp_path: Path
) -> None:
    for results in packs.values():
        for place, entry in enumerate(lines(results)):
            if "body" not in entry or entry["kind"] == "salt":
                continue
            body = json.loads(entry["body"])
            code, words = told(forged(results, place, body, tmp_path), digest_of(results))
            assert code == DIFFERS
            assert "hides what it says" in words or '"excluded"' in entry["body"], words


def test_votes_by_hand_that_nobody_added_are_not_confirmed(
    packs: dict[str, Path], tmp_path: Path
) -> None:
    results = packs["whole"]
    place = next(i for i, row in enumerate(lines(results)) if '"adjusted"' in row.get("body", ""))
    public = {**json.loads(lines(results)[place]["body"]), "votes": 5000}
    code, words = told(forged(results, place, public, tmp_path), digest_of(results))
    assert code == DIFFERS
    assert words == f"Entry {place + 1} hides what it says, though such an entry names no account."


def test_a_hidden_contest_is_proved_by_nothing_and_that_is_said(
    packs: dict[str, Path], tmp_path: Path
) -> None:
    results = packs["whole"]
    public = json.loads(lines(results)[0]["body"])
    public["contest"]["title"] = "Whom do you hate?"
    public["contest"]["rules"]["exclude"] = ["0" * 32]  # an account that never posted
    copy = forged(results, 0, public, tmp_path)
    files = members(copy)
    result = json.loads(files["result.json"])
    result["contest"]["title"] = "Whom do you hate?"
    result["contest"]["rules"]["exclude"] = ["0" * 32]
    files["result.json"] = json.dumps(result).encode()
    code, words = told(zipped(copy, files, redone=True), digest_of(results))
    assert code == UNPROVED
    assert "NOT PROVED: what is shown of entries 1 (contest)" in words
    public["contest"]["rules"]["exclude"] = ["ann"]
    code, words = told(forged(results, 0, public, tmp_path), digest_of(results))
    assert (code, words) == (DIFFERS, "Entry 1 shows accounts without their seals.")


def test_an_account_that_never_posted_is_left_out_and_has_a_seal(tmp_path: Path) -> None:
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(exclude=("x:nobody", "did:plc:none", "7")), OPENS):
        pass
    results = packed(path, tmp_path / "pack.zip")
    with Reader(path) as reader:
        code, words = told(results, reader.digest)
    assert code == UNPROVED
    assert "entries 1 (contest)" in words
    assert len(lines(results)[0]["public"]["contest"]["rules"]["exclude"]) == 3


# What is said


def test_without_a_published_digest_it_says_no_more_than_is_known(results: Path) -> None:
    code, words = told(results)
    assert code == usual(results)
    assert "CONFIRMED" not in words
    assert "CONSISTENT IN ITSELF" in words
    assert "without\nthat, all of this could have been written anew." in words
