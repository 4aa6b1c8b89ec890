"""The import: files become a ledger, once, and the vote is from the first post to the last."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from counted import Run
from patience import until
from samples import contest

from twittervotes.commands import intake
from twittervotes.core.contest import acts
from twittervotes.core.contest.acts import Act, ActKind, State
from twittervotes.core.contest.contest import PerAccount
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger

FIRST_MS = 1_667_942_202_000  # Tue Nov 08 21:16:42 +0000 2022
OPTIONS = ("--hashtags", "debian", "ubuntu")


def status(number: int, tag: str, second: int = 42, **values: Any) -> dict[str, Any]:
    return {
        "created_at": f"Tue Nov 08 21:16:{second:02} +0000 2022",
        "id_str": str(10**18 + number),
        "entities": {"hashtags": [{"text": tag, "indices": [0, 1]}]},
        "user": {"id_str": str(number + 1)},
        **values,
    }


def toot(number: int, tag: str, edited_at: str | None = None) -> dict[str, Any]:
    return {
        "id": str(number),
        "created_at": "2022-11-08T21:16:45.000Z",
        "edited_at": edited_at,
        "visibility": "public",
        "uri": f"https://a.example/statuses/{number}",
        "account": {"uri": f"https://a.example/users/{number}"},
        "tags": [{"name": tag}],
    }


def lines(path: Path, *told: object) -> Path:
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in told))
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.votes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with four votes for debian and two for ubuntu, and much beside them."""
    return lines(
        tmp_path / "posts.jsonl",
        *(status(number, "Debian", 42 + number) for number in range(4)),
        "no JSON at all",
        *(status(number, "ubuntu", 50) for number in (5, 6)),
        status(7, "cats", 59),
        '{"cut": "he',
    )


def votes(out: Path) -> tuple[int, ...]:
    with Reader(out) as reader:
        return outcome(reader).tally.votes


def test_files_become_a_ledger_with_a_result(run: Run, file: Path, out: Path) -> None:
    told = run("import", file, "--ledger", out, *OPTIONS, "--title", "Which one?")
    assert told.code == 3, "something could not be read"
    assert told.err.splitlines() == [
        "posts.jsonl, line 5: it isn't a JSON object",
        "posts.jsonl, line 9: it is truncated",
    ]
    first, second, third = told.out.splitlines()
    assert first == "posts.jsonl: 7 posts, 6 of the vote, 2 could not be read in full"
    assert second == f"{out}: Which one?"
    assert third.startswith("6 new posts, digest ")
    assert votes(out) == (4, 2)


def test_a_single_post_is_singular(run: Run, out: Path, tmp_path: Path) -> None:
    file = lines(tmp_path / "one.jsonl", status(1, "debian"))
    first, _, third = run("import", file, "--ledger", out, *OPTIONS).out.splitlines()
    assert first == "one.jsonl: 1 post, 1 of the vote"
    assert third.startswith("1 new post, digest ")
    assert "provisional, 1 post seen" in run("recount", out).out


def test_an_imported_vote_lasts_from_first_to_last_post(run: Run, file: Path, out: Path) -> None:
    run("import", file, "--ledger", out, *OPTIONS)
    with Reader(out) as reader:
        assert reader.contest.opens_ms == FIRST_MS
        assert reader.contest.closes_ms == FIRST_MS + 9000
        assert acts.state(reader.contest, reader.acts, FIRST_MS + 8000) is State.PROVISIONAL
    assert "provisional, 6 posts seen" in run("recount", out).out


def test_an_import_is_a_source_that_promises_nothing(
    run: Run, file: Path, out: Path, tmp_path: Path
) -> None:
    toots = lines(tmp_path / "toots.json", json.dumps([toot(1, "ubuntu")]))
    run("import", file, toots, "--ledger", out, *OPTIONS)
    with Reader(out) as reader:
        found = {source.name: source for source in outcome(reader).sources}
        rows = [json.loads(row.body) for row in reader.chain() if row.kind == "page"]
    assert found["archive:x"].votes == 6
    assert found["archive:mastodon"].votes == 1
    assert {source.completeness for source in found.values()} == {"at least"}
    assert [(row["feed"], row["position"]) for row in rows] == [
        ("posts.jsonl", {"file": "posts.jsonl", "line": 9}),
        ("toots.json", {"file": "toots.json", "line": 1}),
    ]
    assert str(tmp_path) not in out.read_bytes().decode("utf-8", "replace")


def test_every_result_shows_the_number_of_unreadable_posts(
    run: Run, file: Path, out: Path, tmp_path: Path
) -> None:
    more = lines(tmp_path / "more.jsonl", status(9, "debian"), "{", status(10, "debian"))
    run("import", file, more, "--ledger", out, *OPTIONS)
    assert run("import", file, more, "--ledger", out).code == 3, "they are not counted twice"
    result = json.loads(run("result", out).out)
    assert [(source["name"], source["unread"]) for source in result["sources"]] == [
        ("archive:x", 3)
    ]
    recounted = json.loads(run("recount", out, "--json").out)
    assert [source["unread"] for source in recounted["recount"]["sources"]] == [3]
    assert "3 posts could not be read in full." in run("recount", out).out.splitlines()
    pack = tmp_path / "pack.zip"
    assert run("export", out, "--to", pack).code == 0
    with zipfile.ZipFile(pack) as members:
        assert b"at least; 3 posts could not be read in full" in members.read("report.html")
        assert json.loads(members.read("result.json"))["sources"][0]["unread"] == 3


def test_the_same_files_again_change_nothing(run: Run, file: Path, out: Path) -> None:
    run("import", file, "--ledger", out, *OPTIONS)
    before = run("result", out).out
    told = run("import", file, file, "--ledger", out, *OPTIONS)
    assert told.code == 3
    assert "No new posts" in told.out
    assert run("result", out).out == before


def test_the_same_posts_in_other_files_change_no_vote(
    run: Run, file: Path, out: Path, tmp_path: Path
) -> None:
    packed = tmp_path / "other.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    run("import", file, "--ledger", out, *OPTIONS)
    run("import", packed, "--ledger", out)
    assert votes(out) == (4, 2)


def test_more_files_may_come_later_and_stretch_the_vote(
    run: Run, file: Path, out: Path, tmp_path: Path
) -> None:
    run("import", file, "--ledger", out, *OPTIONS)
    more = lines(tmp_path / "more", status(20, "debian", 1), status(21, "debian", 59))
    assert run("import", more, "--ledger", out).code == 0
    assert votes(out) == (6, 2)
    with Reader(out) as reader:
        assert (reader.contest.opens_ms, reader.contest.closes_ms) == (
            FIRST_MS - 41_000,
            FIRST_MS + 18_000,
        )


def test_all_at_once_is_what_one_after_the_other_is(run: Run, tmp_path: Path) -> None:
    files = [
        lines(tmp_path / f"{number}", status(number, "debian", 10 + number)) for number in range(3)
    ]
    one, three = tmp_path / "one.votes", tmp_path / "three.votes"
    run("import", *files, "--ledger", one, *OPTIONS)
    for each in reversed(files):
        run("import", each, "--ledger", three, *OPTIONS)
    with Reader(one) as at_once, Reader(three) as by_and_by:
        assert at_once.contest.opens_ms == by_and_by.contest.opens_ms
        assert at_once.contest.closes_ms == by_and_by.contest.closes_ms
        assert outcome(at_once).tally == outcome(by_and_by).tally


def test_a_given_period_is_kept(run: Run, file: Path, out: Path, tmp_path: Path) -> None:
    period = ("opens=2022-11-08T21:16:43Z", "closes=2022-11-08T21:16:45Z")
    run("import", file, "--ledger", out, *OPTIONS, "--rule", *period, "per_account=last")
    assert votes(out) == (2, 0)
    more = lines(tmp_path / "more", status(20, "debian", 1), status(21, "debian", 59))
    run("import", more, "--ledger", out)
    assert votes(out) == (2, 0)
    with Reader(out) as reader:
        assert reader.contest.rules.per_account is PerAccount.LAST


def test_with_an_end_alone_the_vote_begins_with_the_first_post(
    run: Run, file: Path, out: Path
) -> None:
    run("import", file, "--ledger", out, *OPTIONS, "--rule", "closes=2022-11-08T21:16:45Z")
    assert votes(out) == (3, 0)


def test_two_readers_of_the_ledger_agree(run: Run, file: Path, out: Path, tmp_path: Path) -> None:
    run("import", file, "--ledger", out, *OPTIONS)
    run("import", lines(tmp_path / "earlier", status(20, "debian", 1)), "--ledger", out)
    told = run("verify", out)
    assert told.code == 0
    assert "#debian  5" in told.out
    assert "#ubuntu  2" in told.out


def test_an_edit_that_takes_the_hashtag_away_counts_in_any_order(run: Run, tmp_path: Path) -> None:
    before, after = toot(1, "debian"), toot(1, "cats", "2022-11-08T21:17:00.000Z")
    for name, told in (("a", (before, after)), ("b", (after, before))):
        out = tmp_path / f"{name}.votes"
        run("import", lines(tmp_path / name, *told), "--ledger", out, *OPTIONS)
        assert votes(out) == (0, 0)


def test_posts_of_no_choice_are_not_kept(run: Run, file: Path, out: Path) -> None:
    run("import", file, "--ledger", out, *OPTIONS)
    with Reader(out) as reader:
        assert reader.posts == 6


def test_no_ledger_is_created_without_posts(run: Run, file: Path, out: Path) -> None:
    told = run("import", file, "--ledger", out, "--hashtags", "arch")
    assert told.code == 1
    assert told.out.splitlines()[-1] == f"No post with #arch was found. {out} was not created."
    assert not out.exists()


def test_problems_of_files_without_votes_are_recorded(
    run: Run, file: Path, out: Path, tmp_path: Path
) -> None:
    bad = lines(tmp_path / "bad", "nothing", "but rubbish")
    run("import", bad, file, "--ledger", out, *OPTIONS)
    with Reader(out) as reader:
        assert len(reader.records()["archive"].bad) == 2
        digest = reader.digest
    run("import", bad, file, "--ledger", out)
    with Reader(out) as reader:
        assert reader.digest == digest


def live(path: Path) -> Path:
    """Make the ledger of a vote that is open, counted from the network."""
    with Ledger.create(path, contest(opens_ms=FIRST_MS, closes_ms=None), FIRST_MS) as ledger:
        ledger.act(Act(ActKind.OPENED, FIRST_MS))
        ledger.append(
            [Entry("source", "twitter", {"network": "x", "complete": False, "queries": ["all"]})],
            FIRST_MS,
        )
    return path


def test_posts_join_a_vote_that_was_counted_live_and_leave_it_open(
    run: Run, file: Path, out: Path
) -> None:
    live(out)
    assert run("import", file, "--ledger", out).code == 3
    assert votes(out) == (4, 2, 0)
    with Reader(out) as reader:
        assert [act.does for act in reader.acts] == [ActKind.OPENED]


def test_a_certified_ledger_takes_nothing_in(
    run: Run, file: Path, out: Path, tmp_path: Path
) -> None:
    run("import", file, "--ledger", out, *OPTIONS)
    run("certify", out, "--by", "Ada")
    more = lines(tmp_path / "more", status(20, "debian"))
    told = run("import", more, "--ledger", out)
    assert told.code == 2
    assert "is certified: nothing more is written to it." in told.err


def test_no_real_post_gets_into_a_rehearsal(run: Run, file: Path, out: Path) -> None:
    Ledger.create(out, replace(contest(), rehearsal=True), FIRST_MS).close()
    told = run("import", file, "--ledger", out)
    assert (told.code, told.out) == (2, "")
    assert "rehearsal" in told.err


def test_what_cannot_begin_is_reported_in_one_sentence(
    run: Run, file: Path, out: Path, tmp_path: Path
) -> None:
    Ledger.create(tmp_path / "other.votes", contest(), FIRST_MS).close()
    for argv, sentence in (
        ((tmp_path / "none", "--ledger", out, *OPTIONS), "There is no file"),
        ((tmp_path, "--ledger", out, *OPTIONS), "isn't a file"),
        ((file, "--ledger", file, *OPTIONS), "can't be both input and output"),
        ((file, "--ledger", out), "at least one hashtag"),
        ((file, "--ledger", tmp_path / "other.votes", *OPTIONS), "holds another vote"),
        ((file, "--ledger", out, *OPTIONS, "--rule", "per_acount=last"), "did you mean"),
        ((file, "--ledger", out, *OPTIONS, "--rule", "opens=soon"), "opens"),
        (("-", "--ledger", out, *OPTIONS), "There is no file -."),
    ):
        told = run("import", *argv)
        assert (told.code, told.out) == (2, ""), argv
        assert sentence in told.err
        assert not out.exists()


def test_choices_that_a_files_network_equates_are_refused(
    run: Run, out: Path, tmp_path: Path
) -> None:
    toots = lines(tmp_path / "toots", toot(1, "cafe"))
    told = run("import", toots, "--ledger", out, "--hashtags", "cafe", "café")
    assert told.code == 2
    assert "same hashtag" in told.err


def test_bad_lines_are_reported_up_to_a_number_and_counted_beyond(
    run: Run, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_BAD", 30)
    path = lines(tmp_path / "a", *["rubbish"] * 50, status(1, "debian"))
    told = run("import", path, "--ledger", out, *OPTIONS)
    assert len(told.err.splitlines()) == 21
    assert told.err.splitlines()[-1] == "And 30 more like these."
    assert "50 could not be read" in told.out
    with Reader(out) as reader:
        assert len(reader.records()["archive:x"].bad) == 30
        digest = reader.digest
    run("import", path, "--ledger", out)
    with Reader(out) as reader:
        assert reader.digest == digest


def test_a_name_that_would_steer_a_terminal_is_shown_as_signs(
    run: Run, out: Path, tmp_path: Path
) -> None:
    path = lines(tmp_path / "a\x1b[2J", "rubbish", status(1, "debian"))
    told = run("import", path, "--ledger", out, *OPTIONS)
    assert "\x1b" not in told.out + told.err


def test_many_transactions_give_the_same_ledger_posts(
    run: Run, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "AT_ONCE", 7)
    path = lines(tmp_path / "a", *(status(number, "debian") for number in range(100)))
    run("import", path, "--ledger", out, *OPTIONS)
    assert votes(out) == (100, 0)
    before = run("result", out).out
    run("import", path, "--ledger", out)
    assert run("result", out).out == before


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")
@pytest.mark.long
def test_after_a_kill_the_same_import_makes_the_ledger_whole(
    run: Run, out: Path, tmp_path: Path
) -> None:
    path = lines(
        tmp_path / "a", *(status(number, "debian", number % 60) for number in range(20_000))
    )
    argv = ["import", str(path), "--ledger", str(out), *OPTIONS]
    process = subprocess.Popen([sys.executable, "-m", "twittervotes", *argv])
    until(lambda: out.exists() or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run(*argv)
    assert votes(out) == (20_000, 0)
    assert run("verify", out).code == 0


def test_in_a_merge_an_import_is_no_gap(run: Run, file: Path, out: Path, tmp_path: Path) -> None:
    other, merged = tmp_path / "other.votes", tmp_path / "merged.votes"
    period = ("--rule", "opens=2022-11-08T21:16:00Z", "closes=2022-11-08T21:17:00Z")
    run("import", file, "--ledger", out, *OPTIONS, *period)
    more = lines(tmp_path / "more", status(30, "debian", 44))
    run("import", more, "--ledger", other, *OPTIONS, *period)
    assert run("merge", merged, out, other).code == 0
    with Reader(merged) as reader:
        assert outcome(reader).tally.votes == (5, 2)
        assert reader.gaps() == ()


def test_imports_of_different_hours_merge_into_the_import_of_both(
    run: Run, out: Path, tmp_path: Path
) -> None:
    first = lines(tmp_path / "first", status(1, "debian", 1), status(2, "ubuntu", 2))
    last = lines(tmp_path / "last", status(3, "ubuntu", 50), status(4, "ubuntu", 59))
    for file in (first, last):
        run("import", file, "--ledger", file.with_suffix(".votes"), *OPTIONS)
    for order in ((first, last), (last, first)):
        out.unlink(missing_ok=True)
        told = run("merge", out, *(file.with_suffix(".votes") for file in order))
        assert told.code == 0
        assert votes(out) == (1, 3)
        with Reader(out) as reader:
            period = reader.contest.opens_ms, reader.contest.closes_ms
        assert period == (FIRST_MS - 41_000, FIRST_MS + 18_000)


def test_merging_an_import_keeps_a_live_votes_period(
    run: Run, file: Path, out: Path, tmp_path: Path
) -> None:
    vote, merged = live(tmp_path / "live.votes"), tmp_path / "merged.votes"
    early = lines(tmp_path / "early", status(20, "debian", 1))
    run("import", file, early, "--ledger", vote)
    with Reader(vote) as reader:
        right = outcome(reader).tally, reader.contest, acts.state(reader.contest, reader.acts, 0)
    live(out)
    imports = tmp_path / "imports.votes"
    config = tmp_path / "config.yaml"
    config.write_text(
        "contest:\n  title: Which one?\n  choices:\n    - tag: debian\n"
        "    - {tag: ubuntu, aliases: [ubunut]}\n    - {tag: arch, label: Arch Linux}\n"
    )
    told = run("import", file, early, "--ledger", imports, "--config", config)
    assert told.code == 3
    assert run("merge", merged, imports, out).code == 0
    with Reader(merged) as reader:
        found = outcome(reader).tally, reader.contest, acts.state(reader.contest, reader.acts, 0)
    assert found == right
