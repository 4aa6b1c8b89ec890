"""Law 5 on engines: what the compiled rules count is the recount, under any rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CLOSES, NETWORKS, OPENS, TIMES, VOTERS, contest, page, post
from strategies import contests, fails, law, pages, rounds
from test_mergeable import acts, shares, written

from twittervotes.core.contest.acts import Act
from twittervotes.core.contest.contest import (
    Adjustment,
    Contest,
    PerAccount,
    Policy,
    Several,
    Tie,
    Withdrawn,
)
from twittervotes.core.contest.posts import Kind, Post, Tally
from twittervotes.core.contest.rules import RULES
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.counting.parallel import recounted
from twittervotes.core.counting.result import document
from twittervotes.core.ledger.merge import merge
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.engines import duckdb_engine, inputs, rule_compiler
from twittervotes.engines.rule_compiler import compiled
from twittervotes.export import export, vote_facts
from twittervotes.export.post_rows import PostRows, RowPage

EngineCount = Callable[..., Tally]

# More accounts and times than `strategies.posts` has, and tags that networks fold differently.
VALUES: dict[str, tuple[object, ...]] = {
    "network": (*NETWORKS, "bluesky"),
    "key": tuple("0123456789aBcé"),
    "voter": VOTERS,
    "at_ms": (*TIMES, *(10 * [OPENS + 1000]), -1, -1, OPENS + 7_300_000),
    "tags": (
        "debian",
        "DEBIAN vote",
        "ubunut",
        "arch Vote",
        "arch debian vote",
        "ｄebian ubuntu",
        "cats vote",
        "",
        "word:2 vote",
        "debian debian",
        "déb·ian vote·",
    ),
    "kind": ("post", "post", "post", *(kind.value for kind in Kind)),
    "revision": (-1, 0, 1, 2),
    "born_ms": (0, OPENS - 5000, -1),
}
posts = st.builds(Post, **{name: st.sampled_from(each) for name, each in VALUES.items()})
more_pages = st.builds(
    lambda found, source: Entry("page", source, {"feed": "all", "position": 0}, tuple(found)),
    st.lists(posts, max_size=25),
    st.sampled_from(("twitter", "mirror")),
)
seen_pages = st.lists(st.one_of(pages, more_pages), max_size=6)
adjustments = st.lists(
    st.builds(
        Adjustment,
        st.sampled_from(("arch", "debian")),
        st.integers(-3, 3),
        st.just("jury"),
        st.just("Ada"),
        st.just(OPENS),
    ),
    max_size=2,
)


@st.composite
def any_contests(draw: st.DrawFn) -> Contest:
    """Return a contest under any rules, with votes added by hand."""
    found = draw(contests)
    rules = replace(
        found.rules,
        quotes=draw(st.sampled_from(Policy)),
        replies=draw(st.sampled_from(Policy)),
        tie=draw(st.sampled_from((Tie.DECLARE, Tie.EARLIEST))),
        exclude=draw(st.sampled_from(((), ("ann",), ("x:bob", "bluesky:cem"), ("it's", "nobody")))),
    )
    refused = {rule.field: rule.usual for rule in RULES if rule.spec.ignores}
    rules = replace(rules, **refused)
    closes_ms = draw(st.sampled_from((None, CLOSES, OPENS + 8_000_000)))
    by_hand = tuple(draw(adjustments))
    opens_ms = draw(st.sampled_from((OPENS, OPENS, -10_000)))
    return replace(found, rules=rules, opens_ms=opens_ms, closes_ms=closes_ms, adjustments=by_hand)


def ledger_of(path: Path, laid_down: Contest, seen: Sequence[Entry]) -> Path:
    with Ledger.create(path, laid_down, 1) as ledger:
        for entry in seen:
            ledger.append([entry], 1)
    return path


@settings(law, max_examples=25)
@given(
    seen_pages,
    st.lists(any_contests(), min_size=2, max_size=4),
    st.sampled_from(((), (), ("mirror",))),
)
def counted(
    count: EngineCount, seen: list[Entry], rules: list[Contest], without: tuple[str, ...]
) -> None:
    with TemporaryDirectory() as folder:
        path = ledger_of(Path(folder, "vote.votes"), rules[0], seen)
        named = inputs.of_ledgers([path], Path(folder, "named"))
        sealed = Path(folder, "posts.parquet")
        with Reader(path) as reader:
            export(reader, sealed)
            kept = [post for entry in seen for post in entry.posts if entry.source not in without]
            for ruled in rules:
                found = count(named.path, ruled, Path(folder), without=without, is_named=True)
                assert reference.numbers(found) == reference.count(kept, ruled)
                right = recounted(reader, ruled, without, None)
                assert found == right
                if ruled.rules.tie is Tie.EARLIEST:
                    assert found.latest == right.latest
                hidden = with_seals(ruled, kept, reader)
                again = count(sealed, hidden, Path(folder), without=without, is_named=False)
                assert again == found


def with_seals(ruled: Contest, posts: Sequence[Post], reader: Reader) -> Contest:
    """Return a contest that excludes the same accounts by their seals."""
    names = {*ruled.rules.exclude}
    seals = {
        reader.seal(post.network, post.voter)
        for post in posts
        if names & {post.voter, f"{post.network}:{post.voter}"}
    }
    return replace(ruled, rules=replace(ruled.rules, exclude=tuple(sorted(seals))))


def test_duckdb_counts_what_a_recount_counts() -> None:
    counted(duckdb_engine.tally)


@pytest.mark.parametrize("per_account", PerAccount)
def test_the_key_decides_between_simultaneous_ballots(per_account: PerAccount) -> None:
    seen = [page([post(key, tags, voter="ann") for key, tags in (("2", "arch"), ("10", "debian"))])]
    laid_down = contest(per_account=per_account, tie=Tie.EARLIEST)
    with TemporaryDirectory() as folder:
        path = ledger_of(Path(folder, "vote.votes"), laid_down, seen)
        file = inputs.of_ledgers([path], Path(folder, "posts"))
        found = duckdb_engine.tally(file.path, laid_down, Path(folder), is_named=True)
    assert reference.numbers(found) == reference.count(seen[0].posts, laid_down)
    right = {"first": (1, 0, 0), "last": (0, 0, 1)}.get(per_account, (1, 0, 1))
    assert found.votes == right


def crowd(random: Random) -> list[Entry]:
    """Return pages of more posts than a law draws, so that rare things happen in each."""
    names = [str(number) for number in range(200)]
    fields = {**VALUES, "key": names, "voter": names[:40]}
    found = [
        Post(**{name: random.choice(each) for name, each in fields.items()})  # type: ignore[arg-type]
        for _ in range(600)
    ]
    return [page(found[:400]), page([*found[400:], *found[:50]], source="mirror")]


CROWD_RULES = (
    contest(min_account_age_s=6, pauses=((OPENS + 2000, OPENS + 3000),), exclude=("x:1", "2")),
    contest(per_account=PerAccount.LAST, several=Several.EACH, closes_ms=None),
    contest(per_account=PerAccount.PER_CHOICE, several=Several.EACH, required=("vote",)),
    contest(per_account=PerAccount.ALL, opens_ms=-10_000, withdrawn=Withdrawn.KEEP),
)


def counted_crowd(count: EngineCount = duckdb_engine.tally) -> None:
    seen = crowd(Random(1))
    everyone = [each for entry in seen for each in entry.posts]
    with TemporaryDirectory() as folder:
        path = ledger_of(Path(folder, "vote.votes"), CROWD_RULES[0], seen)
        file = inputs.of_ledgers([path], Path(folder, "posts"))
        for ruled in CROWD_RULES:
            found = count(file.path, ruled, Path(folder), is_named=True)
            assert reference.numbers(found) == reference.count(everyone, ruled)


def test_a_crowd_is_counted_under_each_rule() -> None:
    counted_crowd()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # Spark's own
def test_spark_counts_a_crowd_under_each_rule() -> None:
    pytest.importorskip("pyspark")  # too large for the lock
    from twittervotes.engines import spark_engine

    def count(path: Path, ruled: Contest, _: Path, *, is_named: bool) -> Tally:
        return spark_engine.tally(path, ruled, spark, is_named=is_named)

    with spark_engine.session("local[2]") as spark:
        counted_crowd(count)


MUTANTS = {
    "a post for each source": ("WHERE place = 1", "WHERE place >= 1"),
    "any version": ("version DESC, seq", "seq"),
    "ballots of all accounts": ("PARTITION BY account, ", "PARTITION BY "),
    "the first key": ("ORDER BY at_ms ASC, key ASC", "ORDER BY at_ms ASC, key DESC"),
    "an open end": ("at_ms >= 1", "at_ms > 1"),
    "accounts of any age": ("epoch_ms(born) < ", "epoch_ms(born) < 0 * "),
    "minutes cut towards zero": (" + 60000) % 60000", ") % 60000"),
    "spoilt posts": ("len(choices) > 1", "len(choices) > 2"),
    "pauses that end late": (f"at_ms < {OPENS + 3000}", f"at_ms <= {OPENS + 3000}"),
    "tags as typed": ("array_contains(folded, ", "array_contains(choices, "),
    "withdrawn posts that stay": ("kind = 'withdrawn', version", "version"),
    "accounts by name alone": ("OR concat(network, ':', voter) IN", "OR voter IN"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrongly_compiled_rule_is_caught(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = MUTANTS[mutant]
    used = []

    def broken(*args: object, **options: object) -> rule_compiler.QueryPlan:
        plan = compiled(*args, **options)  # type: ignore[arg-type]
        steps = tuple((name, query.replace(right, wrong)) for name, query in plan.steps)
        found = replace(plan, steps=steps, votes=plan.votes.replace(right, wrong))
        used.append(found != plan)
        return found

    monkeypatch.setattr(duckdb_engine, "compiled", broken)
    fails(counted_crowd)
    assert any(used)


@settings(law, max_examples=25)
@given(rounds, contests, acts, shares, st.integers(1, 3))
def counted_apart(
    seen: list[Entry], laid_down: Contest, done: list[Act], has: list[set[int]], first: int
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        machines = [
            written(
                folder / f"machine {n}",
                laid_down,
                [entry for entry, owners in zip(seen, has, strict=False) if n in owners],
                [act for act, owners in zip(done, has[10:], strict=False) if n in owners],
            )
            for n in range(first + 1)
        ]
        merge(folder / "merged", machines)
        file = inputs.of_ledgers(machines, folder / "posts.parquet")
        found = duckdb_engine.tally(file.path, file.facts.contest, folder, is_named=True)
        with Reader(folder / "merged") as reader:
            snapshot = outcome(reader)
        assert file.facts.contest == snapshot.contest
        assert found == snapshot.tally
        told = document(vote_facts.snapshot(file.facts, file.facts.contest, found, ""))
        assert {**told, "digest": ""} == {**document(snapshot), "digest": ""}


def test_several_ledgers_count_like_their_merge() -> None:
    counted_apart()


def test_counting_only_one_ledger_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = PostRows.pages

    def of_the_first(self: PostRows) -> Iterator[RowPage]:
        return pages(PostRows(self._readers[:1]))

    monkeypatch.setattr(PostRows, "pages", of_the_first)
    fails(counted_apart)
