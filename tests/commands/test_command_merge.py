"""What a merge makes of several ledgers, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from counted import MIRRORED, POSTS, Run, Told, made
from format2 import with_tags_of
from samples import CHOICES, CLOSES, OPENS, contest, page, post
from tampering import tampered

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Choice, PerAccount, Rules
from twittervotes.core.contest.posts import Gap
from twittervotes.core.contest.snapshot import State
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.merge import merge
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts
from twittervotes.core.ledger.writer import Entry, Ledger

READ = {"cursor": "9", "read_ms": CLOSES + 60_000}


def test_two_machines_ledgers_become_the_ledger_of_one(tmp_path: Path, run: Run) -> None:
    one, two = (made(tmp_path / f"{n}.votes", POSTS[n : n + 5]) for n in (0, 3))
    whole = made(tmp_path / "whole.votes")
    before = [path.read_bytes() for path in (one, two)]
    told = run("merge", tmp_path / "out.votes", two, one)
    assert (told.code, told.err) == (0, "")
    with Reader(tmp_path / "out.votes") as merged, Reader(whole) as right:
        assert sorted(current_posts(merged)) == sorted(current_posts(right))
        assert outcome(merged).tally == outcome(right).tally
        assert outcome(merged).state is State.PROVISIONAL
        assert [s.completeness for s in outcome(merged).sources] == ["exact", "exact"]
        assert f"digest {merged.digest}" in told.out
        assert merged.at_ms == right.at_ms
    assert [path.read_bytes() for path in (one, two)] == before
    assert run("verify", tmp_path / "out.votes").code == 0


def test_a_merged_ledger_says_what_it_was_made_of(tmp_path: Path) -> None:
    files = [made(tmp_path / f"{n}.votes", POSTS[:n]) for n in (1, 2)]
    merge(tmp_path / "out.votes", files)
    digests = []
    for file in files:
        with Reader(file) as reader:
            digests.append(reader.digest)
    with Reader(tmp_path / "out.votes") as merged:
        origins = [row.body for row in merged.chain() if row.kind == "merged"]
    assert len(origins) == 2
    assert all(any(digest in body for body in origins) for digest in digests)


def test_a_ledger_given_twice_is_merged_once(vote: Path, tmp_path: Path, run: Run) -> None:
    copy = tmp_path / "copy.votes"
    copy.write_bytes(vote.read_bytes())
    told = run("merge", tmp_path / "out.votes", vote, copy)
    assert f"{copy} is a duplicate of another file; it is merged once." in told.out
    with Reader(tmp_path / "out.votes") as merged, Reader(vote) as right:
        assert merged.records() == right.records()


def test_a_merged_vote_continues_from_the_furthest_ledger(tmp_path: Path) -> None:
    files = []
    for n, read in enumerate(([10, 30, 50], [20, 40])):
        files.append(tmp_path / f"{n}.votes")
        with Ledger.create(files[-1], contest(), 1) as ledger:
            for step, read_ms in enumerate(read):
                at = {"cursor": f"{n}.{read_ms}", "read_ms": read_ms}
                ledger.append([page(POSTS[step : step + 1], position=at)], 100 * step + 150 * n)
    for order in (files, files[::-1]):
        out = tmp_path / f"{order[0].stem}.out"
        merge(out, order)
        with Ledger.reopen(out) as ledger:
            assert ledger.positions()["twitter", "all"]["position"] == {
                "cursor": "0.50",
                "read_ms": 50,
            }


def test_acts_of_all_are_kept_each_once(tmp_path: Path) -> None:
    pause = Act(ActKind.PAUSED, OPENS + 2000)
    adjusted = Act(ActKind.ADJUSTED, CLOSES, "Ada", tag="arch", votes=7, reason="jury")
    files = []
    for n, acts in enumerate(([pause, adjusted], [pause, Act(ActKind.RESUMED, OPENS + 4000)])):
        files.append(tmp_path / f"{n}.votes")
        with Ledger.create(files[-1], contest(), 1) as ledger:
            for act in acts:
                ledger.act(act)
    merge(tmp_path / "out.votes", files)
    with Reader(tmp_path / "out.votes") as merged:
        assert [act.does for act in merged.acts] == [
            ActKind.PAUSED,
            ActKind.RESUMED,
            ActKind.ADJUSTED,
        ]
        assert merged.contest.pauses == ((OPENS + 2000, OPENS + 4000),)
        assert outcome(merged).tally.votes == (0, 0, 7)


def test_a_merged_ledger_is_not_certified(vote: Path, tmp_path: Path, run: Run) -> None:
    assert run("certify", vote, "--by", "Ada").code == 0
    assert run("merge", tmp_path / "out.votes", vote).code == 0
    with Reader(tmp_path / "out.votes") as merged:
        assert outcome(merged).state is State.PROVISIONAL
    assert run("certify", tmp_path / "out.votes", "--by", "Ada").code == 0


def asked(path: Path, gaps: list[Gap], read_ms: int, opens_ms: int = OPENS) -> Path:
    """Make the ledger of a machine that read the source, but for some gaps."""
    with Ledger.create(path, contest(opens_ms=opens_ms), opens_ms) as ledger:
        at = {"cursor": "", "read_ms": read_ms}
        ledger.append([page([], position=at)], read_ms)
        for gap in gaps:
            body = {"from_ms": gap.from_ms, "to_ms": gap.to_ms, "reason": gap.reason}
            ledger.append([Entry("gap", "twitter", body)], read_ms)
    return path


def test_a_gap_remains_only_if_no_ledger_has_read_it(tmp_path: Path) -> None:
    one = asked(tmp_path / "1", [Gap(OPENS + 100, OPENS + 400, "away")], OPENS + 900)
    two = asked(tmp_path / "2", [Gap(OPENS + 300, OPENS + 700, "down")], OPENS + 900)
    other = tmp_path / "3"
    with Ledger.create(other, contest(), OPENS) as ledger:
        ledger.append([page([], source="mirror", position=READ)], OPENS)
    merge(tmp_path / "out", [one, two, other])
    with Reader(tmp_path / "out") as merged:
        assert set(merged.gaps()) == {
            ("twitter", Gap(OPENS + 300, OPENS + 400, "away")),
            ("twitter", Gap(OPENS + 300, OPENS + 400, "down")),
        }


def test_what_no_machine_read_is_a_gap(tmp_path: Path) -> None:
    one = asked(tmp_path / "1", [], OPENS + 2000)
    two = asked(tmp_path / "2", [], OPENS + 9000, opens_ms=OPENS + 5000)
    merge(tmp_path / "out", [two, one])
    with Reader(tmp_path / "out") as merged:
        words = "None of the ledgers covers it."
        assert merged.gaps() == (("twitter", Gap(OPENS + 2000, OPENS + 5000, words)),)
        assert merged.contest.opens_ms == OPENS


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (contest(rehearsal=True), "one is a rehearsal and one is real"),
        (contest(choices=CHOICES[:2]), "the choices are #debian #ubuntu (or #ubunut) #arch, and"
                                       " #debian #ubuntu (or #ubunut)"),
        (contest(choices=(*CHOICES[:2], Choice("arch", aliases=("archlinux",)))),
         "the choices are #debian #ubuntu (or #ubunut) #arch, and #debian #ubuntu (or #ubunut)"
         " #arch (or #archlinux)"),
        (contest(per_account=PerAccount.LAST), "the rule per_account is first in one, and last in"
                                               " the other"),
        (contest(opens_ms=CLOSES, closes_ms=CLOSES + 5000), "one had closed before the other"
                                                            " opened"),
    ],
)  # fmt: skip
def test_two_votes_are_not_merged(
    other: object, words: str, vote: Path, tmp_path: Path, run: Run
) -> None:
    path = tmp_path / "other.votes"
    Ledger.create(path, other, OPENS + 1).close()  # type: ignore[arg-type]
    told = run("merge", tmp_path / "out.votes", vote, path)
    assert told == Told(2, "", f"{vote} and {path} hold different votes: {words}.\n")
    assert not (tmp_path / "out.votes").exists()


def test_labels_and_the_order_of_choices_do_not_make_two_votes(vote: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.votes"
    renamed = tuple(replace(choice, label="x") for choice in CHOICES[::-1])
    with Ledger.create(path, contest(choices=renamed, opens_ms=OPENS + 1000), OPENS) as ledger:
        ledger.append([page([post("77", "arch")], position=READ)], OPENS)
    merge(tmp_path / "out.votes", [path, vote])
    with Reader(tmp_path / "out.votes") as merged:
        assert merged.contest.choices == CHOICES
        assert outcome(merged).tally.votes == (2, 1, 2)


def test_what_is_there_is_never_written_over(vote: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out.votes"
    out.write_text("mine")
    words = f"{out} already exists. No changes were made; choose another name.\n"
    assert run("merge", out, vote) == Told(2, "", words)
    assert out.read_text() == "mine"
    assert run("merge", vote, vote).code == 2


def test_a_ledger_that_was_changed_is_not_merged(vote: Path, tmp_path: Path, run: Run) -> None:
    changed = tampered(vote, tmp_path / "changed.votes", with_tags_of(6, 2, 4))
    told = run("merge", tmp_path / "out.votes", changed)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert told.err.startswith(f"{changed} was altered: Post 3 ")
    assert not (tmp_path / "out.votes").exists()


def test_a_merged_contest_has_the_changed_rules(tmp_path: Path) -> None:
    files = [made(tmp_path / f"{n}.votes", POSTS[n:]) for n in (0, 1)]
    rules = Rules(per_account=PerAccount.LAST)
    with Ledger.reopen(files[1]) as ledger:
        ledger.act(Act(ActKind.RULED, CLOSES + 1, rules=rules))
    merge(tmp_path / "out.votes", files)
    with Reader(tmp_path / "out.votes") as merged:
        assert merged.contest.rules == rules
        assert outcome(merged).tally.votes == (1, 2, 1)


def test_every_row_that_a_source_saw_is_kept(tmp_path: Path) -> None:
    edited = POSTS[0]._replace(tags="arch", revision=1)
    one = made(tmp_path / "1.votes", (POSTS[0],))
    two = made(tmp_path / "2.votes", (edited,))
    assert merge(tmp_path / "out.votes", [one, two]).posts == 2 + len(MIRRORED)
    with Reader(tmp_path / "out.votes") as merged:
        assert edited in set(current_posts(merged))
        assert POSTS[0] not in set(current_posts(merged))


OLD, NEW = "https://m.example/@bert", "https://m.example/users/bert"


def test_a_merge_unites_accounts_of_earlier_versions(tmp_path: Path, run: Run) -> None:
    toots = [
        post("1", "debian", network="mastodon", voter=NEW),
        post("2", "arch", network="mastodon", voter=OLD, at_ms=OPENS + 2000),
        post("2", "arch", network="mastodon", voter=NEW, at_ms=OPENS + 2000),  # by another server
        post("3", "arch", network="guestbook", voter=OLD),
    ]
    before = tmp_path / "before.votes"
    with Ledger.create(before, contest(), OPENS) as ledger:
        ledger.append([page(toots[:2]), page(toots[2:], "other")], OPENS)
    assert run("merge", tmp_path / "out.votes", before).code == 0
    with Reader(tmp_path / "out.votes") as reader:
        assert outcome(reader).tally.votes == (1, 0, 1)
        assert {(post.network, post.voter) for post in current_posts(reader)} == {
            ("mastodon", NEW),
            ("guestbook", OLD),
        }


@pytest.mark.parametrize("name", [OLD, f"mastodon:{OLD}", NEW])
def test_an_account_excluded_by_its_old_address_stays_excluded(
    name: str, tmp_path: Path, run: Run
) -> None:
    toot = post("1", "debian", network="mastodon", voter=OLD)
    by_act, by_rule = tmp_path / "act.votes", tmp_path / "rule.votes"
    with Ledger.create(by_act, contest(), OPENS) as ledger:
        ledger.append([page([toot])], OPENS)
        ledger.act(Act(ActKind.EXCLUDED, OPENS, "Ada", voter=name, reason="a robot"))
    with Ledger.create(by_rule, contest(exclude=(name,)), OPENS) as ledger:
        ledger.append([page([toot])], OPENS)
    for path in (by_act, by_rule):
        out = path.with_name(f"{path.stem}-merged.votes")
        assert run("merge", out, path).code == 0
        with Reader(out) as reader:
            assert outcome(reader).tally.votes == (0, 0, 0)
            assert reader.contest.rules.exclude[0].removeprefix("mastodon:") == NEW


@pytest.mark.parametrize("by_act", [False, True])
def test_an_account_stays_excluded_without_its_networks_plugin(
    by_act: bool, tmp_path: Path, run: Run
) -> None:
    one, out = tmp_path / "one.votes", tmp_path / "out.votes"
    about = Entry("source", "forum", {"network": "forum", "complete": True, "queries": ["all"]})
    laid_down = contest(exclude=() if by_act else ("ann",))
    with Ledger.create(one, laid_down, OPENS, ["forum"]) as ledger:
        ledger.append([about], OPENS)
        if by_act:
            ledger.act(Act(ActKind.EXCLUDED, OPENS, voter="ann"))
        posts = [post("1", voter="ann", network="forum"), post("2", network="forum")]
        ledger.append([page(posts, source="forum")], OPENS)
    merge(out, [one])
    told = run("verify", out)
    assert told.code == 0, told
    with Reader(out) as reader:
        assert outcome(reader).tally.votes == (1, 0, 0)
