"""Posts in files as other tools write them, in `tests/cases`, with the right results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from counted import Run

CASES = Path(__file__).parents[1] / "cases"


def result(run: Run, out: Path) -> dict[str, int]:
    """Return the votes in a ledger, by hashtag."""
    told: dict[str, Any] = json.loads(run("result", out).out)
    return {row["choice"]: row["votes"] for row in told["tally"]}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.glob("nothing-*")))
def test_any_kind_of_nothing_leaves_the_post_a_vote(run: Run, tmp_path: Path, case: str) -> None:
    out = tmp_path / "out.votes"
    told = run("import", CASES / case, "--ledger", out, "--hashtags", "debian", "ubuntu")
    assert (told.code, told.err) == (0, "")
    assert result(run, out) == {"debian": 1, "ubuntu": 0}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.glob("surrogate-*")))
def test_half_a_surrogate_pair_costs_no_post(run: Run, tmp_path: Path, case: str) -> None:
    out = tmp_path / "out.votes"
    told = run("import", CASES / case, "--ledger", out, "--hashtags", "debian", "ubuntu")
    assert (told.code, told.err) == (0, "")
    assert result(run, out) == {"debian": 2, "ubuntu": 0}


@pytest.mark.parametrize("order", [("cut", "whole"), ("whole", "cut")])
@pytest.mark.parametrize("runs", [1, 2])
def test_of_two_readings_the_whole_one_decides(
    run: Run, tmp_path: Path, order: tuple[str, ...], runs: int
) -> None:
    out = tmp_path / "out.votes"
    files = [CASES / f"readings-{name}.json" for name in order]
    for some in [files] if runs == 1 else [[file] for file in files]:
        run("import", *some, "--ledger", out, "--hashtags", "zebra", "ant")
    assert result(run, out) == {"zebra": 0, "ant": 0}
    again = json.loads(run("recount", out, "--rule", "several=each", "--json").out)["recount"]
    assert [row["votes"] for row in again["tally"]] == [1, 1]
    assert run("verify", out).code == 0


def test_posts_that_the_network_cut_are_named_and_counted(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.votes"
    case = CASES / "truncated-v1.jsonl"
    told = run("import", case, "--ledger", out, "--hashtags", "debian", "ubuntu")
    assert told.err.splitlines() == [
        f"truncated-v1.jsonl, line {line}: post 8181129780337131{line + 52} is cut:"
        " hashtags may be missing"
        for line in (2, 3, 4, 5)
    ]
    assert result(run, out) == {"debian": 2, "ubuntu": 0}


def flattened(number: int, *tags: str, **original: Any) -> dict[str, Any]:
    """Return a repost as `twarc2 flatten` writes it: with what it repeats inside."""
    return {
        "id": str(10**18 + number),
        "author_id": str(number),
        "created_at": "2021-06-22T10:00:00.000Z",
        "text": "RT @them: a long text that is cut before its hashtags…",
        **({"entities": {"hashtags": [{"tag": tag} for tag in tags]}} if tags else {}),
        "referenced_tweets": [{"type": "retweeted", "id": "5", **original}],
    }


def test_what_a_flattened_repost_repeats_has_its_hashtags(run: Run, tmp_path: Path) -> None:
    entities = {"hashtags": [{"tag": "debian"}]}
    lines = [
        flattened(1, text="#debian", entities=entities),
        flattened(2, "arch", text="#debian", entities=entities),
        flattened(3, text="long", note_tweet={"entities": entities}),
        flattened(4, "debian"),
        flattened(5, "debian", text="it names nothing"),
    ]
    file, out = tmp_path / "flat.jsonl", tmp_path / "out.votes"
    file.write_text("\n".join(map(json.dumps, lines)))
    options = ("--hashtags", "debian", "arch", "--rule", "reposts=count")
    assert run("import", file, "--ledger", out, *options).code == 0
    assert result(run, out) == {"debian": 4, "arch": 0}


def test_uncounted_turkish_capitals_are_reported_with_the_alias(run: Run, tmp_path: Path) -> None:
    case, out = CASES / "turkish-x.jsonl", tmp_path / "out.votes"
    told = run("import", case, "--ledger", out, "--hashtags", "istanbul", "ankara")
    assert told.code == 0
    assert told.err.splitlines() == [
        "In Turkish #istanbul is also #İstanbul, which does not count for it on X: 2 posts have it."
        " To count both, import into a new ledger with istanbul=İstanbul."
    ]
    assert result(run, out) == {"istanbul": 3, "ankara": 1}
    refused = run("import", case, "--ledger", out, "--hashtags", "istanbul=İstanbul", "ankara")
    assert refused.code == 2
    assert "holds another vote" in refused.err
    both = tmp_path / "both.votes"
    told = run("import", case, "--ledger", both, "--hashtags", "istanbul=İstanbul", "ankara")
    assert (told.code, told.err) == (0, "")
    assert result(run, both) == {"istanbul": 5, "ankara": 1}


def cut_and_whole(tag: str, *, old: bool) -> list[dict[str, Any]]:
    """Return two readings of one post: cut with one other hashtag or none, and whole with `tag`."""
    if old:
        cut = json.loads((CASES / "readings-cut.json").read_text())
        return [cut, {**cut, "extended_tweet": {"entities": {"hashtags": [{"text": tag}]}}}]
    untold = {
        "id": "818112978033713153",
        "author_id": "5",
        "created_at": "2017-01-08T15:11:01.000Z",
        "text": "#zebra and so on",
    }
    return [untold, {**untold, "entities": {"hashtags": [{"tag": tag}]}}]


@pytest.mark.parametrize("old", [True, False], ids=["v1.1", "v2"])
@pytest.mark.parametrize("backwards", [True, False])
def test_a_complete_reading_beats_a_truncated_one(
    run: Run, tmp_path: Path, old: bool, backwards: bool
) -> None:
    lines = cut_and_whole("ant", old=old)
    file, out = tmp_path / "both.jsonl", tmp_path / "out.votes"
    file.write_text("\n".join(map(json.dumps, reversed(lines) if backwards else lines)))
    run("import", file, "--ledger", out, "--hashtags", "zebra", "ant")
    assert result(run, out) == {"zebra": 0, "ant": 1}
