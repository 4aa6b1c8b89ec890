"""Packs that lie: every change is found, or named as something that the chain can't prove."""

from __future__ import annotations

import csv
import hashlib
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
    in_format_2,
    joined,
    lines,
    members,
    packed,
    zipped,
)
from samples import OPENS, contest
from tampering import told

from twittervotes.core.ledger.writer import Ledger

# What no chain can prove: only the list of sums vouches for it, which a forger writes anew.
NOT_DERIVED = ["README.txt", "report.html", "verify.py"]
KINDS = ("whole", "sealed", "named")  # nobody is left out; one is, and has a seal; or is named


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packs")
    whole = in_format_2(everything(folder / "whole.votes", exclude=False))
    other = in_format_2(everything(folder / "other.votes"))
    return {
        "whole": packed(whole, folder / "whole.zip"),
        "sealed": packed(other, folder / "sealed.zip"),
        "named": packed(other, folder / "named.zip", with_accounts=True),
    }


@pytest.fixture(params=KINDS)
def results(request: pytest.FixtureRequest, packs: dict[str, Path]) -> Path:
    return packs[request.param]


def rechained(entries: list[dict[str, Any]], posts: bytes) -> list[dict[str, Any]]:
    """Recompute all digests, like somebody who forges a whole record."""
    digest, begin = bytes(32), 0
    for entry in entries:
        values = [entry[name] for name in ("n", "kind", "source", "at_ms", "body")]
        line = ("\t".join(map(str, values)) + "\n").encode()
        hidden = bytes.fromhex(entry.get("private_sha256", "00" * 32))
        if entry.get("private"):
            hidden = hashlib.sha256(entry["private"].encode()).digest()
        chunk = b"0 0 0 0 0 0 0 0 0\n"
        if entry["posts"]:
            head = posts[begin : posts.index(b"\n", begin) + 1]
            size = len(head) + sum(map(int, head.split()[1:]))
            chunk, begin = posts[begin : begin + size], begin + size
        sums = hashlib.sha256(line).digest() + hidden + hashlib.sha256(chunk).digest()
        digest = hashlib.sha256(digest + sums).digest()
        entry["digest"] = digest.hex()
    return entries


def digest_of(results: Path) -> str:
    return str(lines(results)[-1]["digest"])


def checked(path: Path, digest: str = "") -> int:
    return told(path, digest or digest_of(path))[0]


def test_packs_that_do_not_lie_are_confirmed(results: Path) -> None:
    code, words = told(results, digest_of(results))
    assert code == CONFIRMED, words
    assert "NOT PROVED" not in words


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


def test_a_duplicate_name_is_refused(results: Path, tmp_path: Path) -> None:
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
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


# The files


def test_every_changed_removed_or_added_file_is_found(results: Path, tmp_path: Path) -> None:
    right, digest = members(results), digest_of(results)
    assert sorted({*right} - {*DERIVED, SUMS}) == NOT_DERIVED
    for name, data in right.items():
        others = [{**right, name: changed} for changed in (data + b" ", data[:-1], b"")]
        others.append({each: right[each] for each in right if each != name})
        for files in others if name != SUMS else others[:-1]:
            code = checked(zipped(tmp_path / "copy.zip", files), digest)
            assert code in (DIFFERS, UNREADABLE), (name, code)
    assert checked(zipped(tmp_path / "copy.zip", {**right, "more.txt": b""}), digest) == DIFFERS


def test_only_unverifiable_files_can_lie(results: Path, tmp_path: Path) -> None:
    right, digest = members(results), digest_of(results)
    for name, data in right.items():
        if name in (*DERIVED, SUMS):
            continue
        files = {**right, name: data + b"It is all a lie."}
        code, words = told(zipped(tmp_path / "copy.zip", files, redone=True), digest)
        assert code == CONFIRMED
        assert f"not checked otherwise: {', '.join(NOT_DERIVED)}." in words
    files = {**right, "more.txt": b"Arch won."}
    code, words = told(zipped(tmp_path / "copy.zip", files, redone=True), digest)
    assert code == CONFIRMED
    assert "more.txt" in words


@pytest.mark.parametrize("line", ["", "a line\n", f"{'0' * 64}  verify.py\n", f"{'0' * 64} x\n"])
def test_an_invalid_list_of_sums_is_found(line: str, results: Path, tmp_path: Path) -> None:
    files = members(results)
    files[SUMS] = (files[SUMS].decode() + line).encode() if line else b""
    assert checked(zipped(tmp_path / "copy.zip", files)) == DIFFERS


# Forged entries


def forged(results: Path, place: int, copy: Path, **values: object) -> Path:
    """Return a pack whose chain has other values in an entry, and all digests made to fit."""
    files, entries = members(results), lines(results)
    entry = entries[place]
    entry.update(values)
    for name, value in values.items():
        if value is None:
            del entry[name]
    files["chain.jsonl"] = joined(rechained(entries, files["posts.bin"]))
    return zipped(copy, files, redone=True)


def secret(**body: object) -> dict[str, object]:
    """Return what a pack shows of an entry that hides `body`."""
    text = json.dumps({"nonce": "00" * 16, **body})
    return {"private_sha256": hashlib.sha256(text.encode()).hexdigest()}


def test_no_entry_that_names_no_account_can_hide_anything(
    packs: dict[str, Path], tmp_path: Path
) -> None:
    """Not even somebody who recomputes all digests, and publishes the last, can do so."""
    for results in packs.values():
        tried = 0
        for place, entry in enumerate(lines(results)):
            if {*entry} & {"private", "private_sha256"} or entry["kind"] == "page":
                continue
            tried += 1
            copy = forged(results, place, tmp_path / "forged.zip", **secret(voter="x:ann"))
            code, words = told(copy)
            assert (code, words) == (
                DIFFERS,
                f"Entry {place + 1} hides something, though it names no account.",
            )
        assert tried > 7


def test_the_public_part_of_an_entry_is_proved(packs: dict[str, Path], tmp_path: Path) -> None:
    for results in packs.values():
        for place, entry in enumerate(lines(results)):
            for name in {*entry} - {"posts"}:
                value = entry[name]
                other = value + 1 if isinstance(value, int) else another(str(value))
                files, entries = members(results), lines(results)
                entries[place][name] = other
                files["chain.jsonl"] = joined(entries)
                copy = zipped(tmp_path / "copy.zip", files, redone=True)
                code, words = told(copy, digest_of(results))
                assert code in (DIFFERS, UNREADABLE), (entry["kind"], name)
                assert code == DIFFERS or name in ("digest", "private_sha256"), words


def another(text: str) -> str:
    """Return a text with one character changed, which stays JSON and hexadecimal."""
    if not text:
        return "x"
    place = text.find("n") if "n" in text else 0
    return text[:place] + ("e" if text[place] != "e" else "f") + text[place + 1 :]


def test_a_hidden_part_cannot_be_swapped_for_another(
    packs: dict[str, Path], tmp_path: Path
) -> None:
    results = packs["sealed"]
    files, entries = members(results), lines(results)
    hidden = [entry for entry in entries if "private_sha256" in entry]
    assert [entry["kind"] for entry in hidden] == ["salt", "act"]
    one, other = (entry["private_sha256"] for entry in hidden)
    hidden[0]["private_sha256"], hidden[1]["private_sha256"] = other, one
    files["chain.jsonl"] = joined(entries)
    code, words = told(zipped(tmp_path / "copy.zip", files, redone=True), digest_of(results))
    assert code == DIFFERS
    assert words == "Entry 2 was changed or moved: its digest does not fit."
    for entry in hidden:
        text = members(packs["named"])["chain.jsonl"].decode().splitlines()[entry["n"] - 1]
        private = json.loads(text)["private"]
        for values in ({"private_sha256": None}, {"private": private + " "}):
            copy = forged_as(results, entry["n"] - 1, values, tmp_path / "copy.zip")
            assert told(copy, digest_of(results))[0] == DIFFERS


def forged_as(results: Path, place: int, values: dict[str, object], copy: Path) -> Path:
    """Return a pack with other values in an entry, and the digests as they were."""
    files, entries = members(results), lines(results)
    for name in ("private", "private_sha256"):
        entries[place].pop(name, None)
    entries[place].update({name: value for name, value in values.items() if value is not None})
    files["chain.jsonl"] = joined(entries)
    return zipped(copy, files, redone=True)


@pytest.mark.parametrize("kind", ["sealed", "named"])
@pytest.mark.parametrize(
    ("seals", "words"),
    [
        ([], "hides something, though it names no account"),
        (["ann"], "shows accounts without their seals"),
        (["0" * 32], "excluded by name or by seal only"),
        (["F" * 32], "shows accounts without their seals"),
    ],
)
def test_forged_seals_are_found(
    kind: str, seals: list[str], words: str, packs: dict[str, Path], tmp_path: Path
) -> None:
    results = packs[kind]
    place = next(i for i, row in enumerate(lines(results)) if '"excluded"' in row["body"])
    body = json.loads(lines(results)[place]["body"]) | {"exclude": seals}
    copy = forged(results, place, tmp_path / "forged.zip", body=json.dumps(body))
    code, said = told(copy)
    assert code == DIFFERS
    if kind == "sealed" and seals == ["0" * 32]:
        words = "result.json: contest.rules.exclude"  # it is what the entry shows that counts
    assert words in said


def test_an_exclusion_without_a_hidden_name_is_refused(
    packs: dict[str, Path], tmp_path: Path
) -> None:
    results = packs["sealed"]
    place = next(i for i, row in enumerate(lines(results)) if '"excluded"' in row["body"])
    copy = forged(results, place, tmp_path / "forged.zip", private_sha256=None)
    assert told(copy) == (
        DIFFERS,
        f"Entry {place + 1} excludes accounts that it does not name.",
    )


def test_a_salt_that_is_shown_must_be_the_one_that_sealed(
    packs: dict[str, Path], tmp_path: Path
) -> None:
    results = packs["named"]
    private = json.dumps({"salt": "00" * 16, "nonce": "00" * 16})
    code, words = told(forged(results, 1, tmp_path / "forged.zip", private=private))
    assert code == DIFFERS
    assert "excluded by name or by seal only" in words or "voter is another account" in words
    for other in ("", json.dumps({"salt": "", "nonce": ""}), json.dumps({"salt": "00", "more": 1})):
        copy = forged(results, 1, tmp_path / "forged.zip", private=other or None)
        assert told(copy)[0] == DIFFERS


def test_an_excluded_account_without_posts_has_a_seal(tmp_path: Path) -> None:
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(exclude=("x:nobody", "did:plc:none", "7")), OPENS):
        pass
    results = packed(in_format_2(path), tmp_path / "pack.zip")
    code, words = told(results, digest_of(results))
    assert code == CONFIRMED, words
    shown = json.loads(lines(results)[0]["body"])["contest"]["rules"]["exclude"]
    assert len(shown) > 3


# What is said


def test_without_a_published_digest_it_says_no_more_than_is_known(results: Path) -> None:
    code, words = told(results)
    assert code == CONFIRMED
    assert "CONFIRMED" not in words
    assert "CONSISTENT IN ITSELF" in words
    assert "without\nthat, all of this could have been rewritten." in words
