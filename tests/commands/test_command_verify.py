"""Verify and export, as an operator runs them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from counted import Run
from format2 import with_tags_of
from tampering import tampered

from twittervotes.commands import verify
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader


def test_a_ledger_as_it_was_written_is_proved_twice(vote: Path, run: Run) -> None:
    with Reader(vote) as reader:
        digest = reader.digest
        first = f"{reader.entries} entries, {reader.posts} posts, digest {digest}"
    told = run("verify", vote, "--digest", digest.upper())
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"{first}\nNo row was changed: ")
    assert "The result of entries 1 to 11 is what was counted again:" in told.out
    assert "  CONFIRMED" in told.out


def test_without_a_published_digest_nobody_says_more_than_is_known(vote: Path, run: Run) -> None:
    told = run("verify", vote)
    assert (told.code, told.err) == (0, "")
    assert "self-consistent" in told.out
    assert "CONSISTENT IN ITSELF" in told.out
    assert "as it was written" not in told.out
    assert "CONFIRMED" not in told.out


def test_differing_counts_are_reported(
    vote: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def miscounted(reader: Reader, **given: object) -> Snapshot:
        snapshot = outcome(reader)
        return replace(snapshot, tally=replace(snapshot.tally, votes=(2, 1, 2)))

    monkeypatch.setattr(verify, "outcome", miscounted)
    told = run("verify", vote)
    assert told.code == 1
    assert "NOT CONFIRMED: result.json: tally[0].percent is 40.0, counted: 50.0." in told.out


def test_a_changed_post_is_named(vote: Path, tmp_path: Path, run: Run) -> None:
    told = run("verify", tampered(vote, tmp_path / "changed.votes", with_tags_of(6, 2, 4)))
    first, second = told.out.split("Read and counted a second time")
    assert (told.code, told.err) == (1, "")
    assert "Post 3 " in first
    assert "NOT CONFIRMED: Entry 6, or one of its posts 1 to 8, was changed" in second
    assert "CONFIRMED" not in first


def test_another_digest_than_the_one_made_public_is_found(vote: Path, run: Run) -> None:
    told = run("verify", vote, "--digest", "0" * 64)
    assert told.code == 1
    assert "don't match the published digest" in told.out
    assert "NOT CONFIRMED" in told.out


@pytest.mark.parametrize("name", ["result.json", "result.csv", "votes.csv", "report.html"])
def test_an_export_is_named_by_what_it_holds(
    name: str, vote: Path, tmp_path: Path, run: Run
) -> None:
    out = tmp_path / name
    told = run("export", vote, "--to", out)
    assert (told.code, told.out, told.err) == (0, f"Saved: {out}\n", "")
    assert out.stat().st_size > 100
    if name == "result.json":
        assert out.read_text("utf-8") == run("result", vote).out


def test_accounts_are_named_only_on_request(vote: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "votes.csv"
    run("export", vote, "--to", out)
    sealed = out.read_text("utf-8-sig")
    run("export", vote, "--to", out, "--with-accounts")
    named = out.read_text("utf-8-sig")
    assert "hal" not in sealed
    assert "hal" in named
    assert "An earlier vote of the account counts" in sealed


def test_an_export_of_an_unknown_name_is_refused(vote: Path, tmp_path: Path, run: Run) -> None:
    told = run("export", vote, "--to", tmp_path / "result.pdf")
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert not (tmp_path / "result.pdf").exists()


def test_a_recount_is_the_same_document_for_a_program(vote: Path, run: Run) -> None:
    assert json.loads(run("recount", vote, "--json").out)["recount"] == json.loads(
        run("result", vote).out
    )
