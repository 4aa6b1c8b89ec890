"""A deletion read from files holds, before its post and after it, in other files, runs and ledgers.

Laws 2 and 3 for what archives tell of posts that are gone: kept streams of X and Mastodon, and
lines of the Jetstream. The truth is told by a few lines that share nothing with the product.
"""

from __future__ import annotations

import contextlib
import io
import json
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from doubles import FakeSource, StillClock, post
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import fails, law

from twittervotes.app.main import main
from twittervotes.commands import intake
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Post
from twittervotes.core.contest.snapshot import State
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.counting.running import tally
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import aside
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.core.polling.session import Session

TAGS = ("debian", "arch")
DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
BEGIN_US = 1_783_175_888_000_000  # July 2026
X_EPOCH_MS = 1_288_834_974_657


@dataclass(frozen=True)
class Fact:
    """What one line says: of a post, or of its account, at a moment."""

    what: str  # post, new, gone, away, back
    number: int
    moment: int = 0
    tag: str = ""


def account(number: int) -> int:
    """Posts 0 and 1 are of one account, post 2 is of another."""
    return number // 2


def moment(us: int) -> str:
    seconds, us = divmod(us, 1_000_000)
    import datetime as dt

    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{us:06}Z"


def of_x(fact: Fact) -> dict[str, Any]:
    ms = BEGIN_US // 1000 + fact.number * 1000
    name = str((ms - X_EPOCH_MS) << 22)
    if fact.what == "gone":
        return {"delete": {"status": {"id_str": name, "user_id_str": "1"}, "timestamp_ms": "1"}}
    return {
        "created_at": f"Sat Jul 04 14:38:{8 + fact.number:02} +0000 2026",
        "id_str": name,
        "entities": {"hashtags": [{"text": fact.tag or "cats"}]},
        "user": {"id_str": str(1 + account(fact.number))},
        "timestamp_ms": str(ms),
    }


def of_mastodon(fact: Fact) -> dict[str, Any]:
    name, stream = str(BEGIN_US // 1000 << 16 | fact.number), ["hashtag", "debian"]
    if fact.what == "gone":
        return {"stream": stream, "event": "delete", "payload": name}
    status = {
        "id": name,
        "created_at": moment(BEGIN_US + fact.number * 1_000_000),
        "edited_at": moment(BEGIN_US + fact.moment * 1_000_000) if fact.what == "post" else None,
        "visibility": "public",
        "uri": f"https://m.example/users/{account(fact.number)}/statuses/{fact.number}",
        "account": {"uri": f"https://m.example/users/{account(fact.number)}"},
        "tags": [{"name": fact.tag or "cats"}],
    }
    event = "update" if fact.what == "new" else "status.update"
    return {"stream": stream, "event": event, "payload": json.dumps(status)}


def tid(us: int) -> str:
    value, text = us << 10, ""
    for _ in range(13):
        value, digit = divmod(value, 32)
        text = DIGITS[digit] + text
    return text


def of_bluesky(fact: Fact) -> dict[str, Any]:
    us = BEGIN_US + fact.moment * 1_000_000
    whose = account(fact.number)
    told: dict[str, Any] = {"did": f"did:plc:{whose}aaaa", "time_us": us}
    if fact.what in ("away", "back"):
        there = {"active": fact.what == "back", "time": moment(us)}
        return {**told, "kind": "account", "account": there}
    operations = {"new": "create", "post": "update", "gone": "delete"}
    commit: dict[str, Any] = {
        "rev": tid(us),
        "operation": operations[fact.what],
        "collection": "app.bsky.feed.post",
        "rkey": tid(BEGIN_US + fact.number * 1_000_000),
    }
    if fact.what != "gone":
        tags = [fact.tag or "cats"]
        commit["record"] = {"createdAt": moment(BEGIN_US + fact.number * 1_000_000), "tags": tags}
    return {**told, "kind": "commit", "commit": commit}


NUMBERS = st.integers(0, 2)
TAGGED = st.sampled_from(TAGS)
EDITED = st.sampled_from((*TAGS, ""))
KINDS: dict[str, tuple[Any, st.SearchStrategy[Fact]]] = {
    "x": (of_x, st.builds(Fact, st.just("gone"), NUMBERS)),
    "mastodon": (
        of_mastodon,
        st.builds(Fact, st.just("post"), NUMBERS, st.integers(5, 9), EDITED)
        | st.builds(Fact, st.just("gone"), NUMBERS),
    ),
    "bluesky": (
        of_bluesky,
        st.builds(Fact, st.just("post"), NUMBERS, st.integers(5, 29), EDITED)
        | st.builds(Fact, st.sampled_from(("gone", "away", "back")), NUMBERS, st.integers(5, 29)),
    ),
}


def truth(facts: Sequence[Fact], network: str, *, keep: bool) -> tuple[int, ...]:
    """Return the votes that are right."""
    votes, voted = [0, 0], set()
    for number in range(3):
        mine = [fact for fact in facts if fact.number == number]
        versions = [fact for fact in mine if fact.what in ("new", "post")]
        gone = [fact for fact in mine if fact.what == "gone"]
        if network == "bluesky":
            whose = account(number)
            presence = [
                f for f in facts if f.what in ("away", "back") and account(f.number) == whose
            ]
            latest = max((*versions, *gone), key=lambda fact: fact.moment)
            last = max(presence, key=lambda fact: fact.moment, default=None)
            is_away = last is not None and last.what == "away" and last.moment > latest.moment
            is_gone = latest.what == "gone" or is_away
        else:
            is_gone = bool(gone)
        tag = max(versions, key=lambda fact: fact.moment).tag
        if tag and (keep or not is_gone) and account(number) not in voted:
            voted.add(account(number))
            votes[TAGS.index(tag)] += 1
    return tuple(votes)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        signal.signal(signal.SIGTERM, handler)


def command(*words: object) -> int:
    with quiet():
        return main([str(word) for word in words])


def votes_of(ledger: Path) -> tuple[int, ...]:
    with Reader(ledger) as reader:
        return outcome(reader).tally.votes


def imported(folder: Path, placed: Sequence[tuple[str, tuple[int, int, int]]], *rule: str) -> Path:
    """Import lines, each placed in a machine, a run and a file; return the merged ledger."""
    made: list[Path] = []
    for machine in sorted({place[0] for _, place in placed}):
        ledger = folder / f"{machine}.votes"
        for run in sorted({place[1] for _, place in placed if place[0] == machine}):
            files: dict[Path, list[str]] = {}
            for line, place in placed:
                if place[:2] == (machine, run):
                    file = folder / f"{machine}-{run}-{place[2]}.jsonl"
                    files.setdefault(file, []).append(line)
            for file, lines in files.items():
                file.write_text("\n".join(lines))
            code = command("import", *files, "--ledger", ledger, "--hashtags", *TAGS, *rule)
            assert code in (0, 1)
        made += [ledger] if ledger.exists() else []
    if len(made) == 1:
        return made[0]
    assert command("merge", folder / "merged.votes", *made) == 0
    return folder / "merged.votes"


@settings(law, max_examples=25)
@given(st.data())
def deletions_hold(network: str, data: st.DataObject) -> None:
    line_of, others = KINDS[network]
    news = [Fact("new", number, number, data.draw(TAGGED)) for number in range(3)]
    news += data.draw(st.lists(others, max_size=6, unique=True))
    if network != "x":  # two things never happen at one moment
        moments = data.draw(st.permutations(range(5, 5 + len(news))))
        news = [
            Fact(fact.what, fact.number, at if fact.what != "new" else fact.moment, fact.tag)
            for fact, at in zip(news, moments, strict=True)
        ]
    keep = data.draw(st.booleans())
    places = st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 1))
    placed = [(json.dumps(line_of(fact)), data.draw(places)) for fact in news]
    placed = data.draw(st.permutations(placed))
    with TemporaryDirectory() as folder:
        rule = ("--rule", f"withdrawn={'keep' if keep else 'drop'}")
        ledger = imported(Path(folder), placed, *rule)
        assert votes_of(ledger) == truth(news, network, keep=keep)
        assert command("verify", ledger) == 0


@pytest.mark.parametrize("network", KINDS)
def test_deletions_and_edits_apply_in_any_order(network: str) -> None:
    deletions_hold(network)


def test_forgetting_news_between_runs_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "_told", lambda _: iter(()))
    fails(lambda: deletions_hold("x"))


@pytest.mark.parametrize(
    ("events", "votes"),
    [
        ((Fact("new", 0, 0, "arch"), Fact("away", 0, 5)), 0),
        ((Fact("new", 0, 0, "arch"), Fact("away", 0, 5), Fact("back", 0, 6)), 1),
        ((Fact("new", 0, 0, "arch"), Fact("back", 0, 5), Fact("away", 0, 6)), 0),
        ((Fact("new", 0, 0, "arch"), Fact("away", 0, 5), Fact("post", 0, 6, "arch")), 1),
        ((Fact("new", 0, 0, "arch"), Fact("gone", 0, 5), Fact("back", 0, 6)), 0),
    ],
)
def test_closing_and_reopening_an_account_applies_in_any_order(
    tmp_path: Path, events: tuple[Fact, ...], votes: int
) -> None:
    for number, order in enumerate(permutations(events)):
        folder = tmp_path / str(number)
        folder.mkdir()
        placed = [(json.dumps(of_bluesky(fact)), (0, run, 0)) for run, fact in enumerate(order)]
        assert votes_of(imported(folder, placed)) == (0, votes)


def test_repeated_news_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "AT_ONCE", 2)
    facts = [Fact("gone", 0), *(Fact("new", number, 0, "debian") for number in range(3))]
    told = [json.dumps(of_x(fact)) for fact in (*facts, Fact("gone", 1), Fact("gone", 2))]
    placed = [(line, (0, 0, 0)) for line in told]
    ledger = imported(tmp_path, placed)
    with Reader(ledger) as reader:
        digest = reader.digest
    imported(tmp_path, placed)
    with Reader(ledger) as reader:
        assert reader.digest == digest
    assert votes_of(ledger) == (0, 0)


def test_deletions_imported_before_their_posts_apply_later(tmp_path: Path) -> None:
    first, then, out = tmp_path / "gone", tmp_path / "posts", tmp_path / "out.votes"
    first.write_text(json.dumps(of_x(Fact("gone", 0))))
    then.write_text("\n".join(json.dumps(of_x(Fact("new", n, 0, "arch"))) for n in (0, 2)))
    assert command("import", first, "--ledger", out, "--hashtags", *TAGS) == 1
    assert command("import", then, "--ledger", out) == 0
    assert votes_of(out) == (0, 1)
    with Reader(out) as reader:
        verdicts = dict(outcome(reader).tally.verdicts)
        assert sum(verdicts.values()) == 2, "a deletion of a post that was never seen is no post"
        assert reader.contest.opens_ms // 1000 == BEGIN_US // 1_000_000


def test_an_edit_of_a_post_without_tags_is_not_a_post(tmp_path: Path) -> None:
    facts = (Fact("new", 0, 0, "debian"), Fact("post", 1, 7), Fact("post", 2, 8))
    placed = [(json.dumps(of_mastodon(fact)), (0, 0, 0)) for fact in facts]
    with Reader(imported(tmp_path, placed)) as reader:
        assert reader.posts == 1


@pytest.mark.parametrize(
    "kept",
    [
        {"network": 5},
        {"network": "x", "deleted": [["1"]]},
        {"network": "x", "edits": [["1", "v", "now", "cats", "post", 1, 0]]},
        {"network": "x", "accounts": [["1", 2, "yes"]]},
    ],
)
def test_an_invalid_aside_in_a_ledger_is_refused(tmp_path: Path, kept: dict[str, object]) -> None:
    ledger = imported(tmp_path, [(json.dumps(of_x(Fact("new", 0, 0, "arch"))), (0, 0, 0))])
    with Ledger.reopen(ledger) as opened:
        opened.append([Entry("page", "archive:x", {"feed": "a", "bad": []}, aside=kept)], 1)
        with pytest.raises(LedgerError, match="cannot be read"):
            aside.apply(opened, 1)


@pytest.mark.parametrize("told", [5, "é", [1]])
def test_an_aside_with_invalid_values_is_refused(tmp_path: Path, told: object) -> None:
    ledger = imported(tmp_path, [(json.dumps(of_x(Fact("new", 0, 0, "arch"))), (0, 0, 0))])
    with Ledger.reopen(ledger) as opened:
        opened.append([Entry("page", "archive:x", {"feed": "a", "bad": [], "aside": told})], 1)
        with pytest.raises(LedgerError, match="cannot be read"):
            aside.apply(opened, 1)
    with quiet():
        assert main(["merge", str(tmp_path / "merged.votes"), str(ledger)]) == 2


def test_revisions_out_of_range_are_dropped(tmp_path: Path) -> None:
    seen = Post("sky", "1", "v", 1, "debian")
    kept = {"network": "sky", "deleted": [["1", 2**63]], "accounts": [["v", 2**63 - 1, False]]}
    ledger = imported(tmp_path, [(json.dumps(of_x(Fact("new", 0, 0, "arch"))), (0, 0, 0))])
    with Ledger.reopen(ledger) as opened:
        page = Entry("page", "archive:sky", {"feed": "a", "bad": []}, (seen,), aside=kept)
        opened.append([page], 1)
        assert aside.apply(opened, 1) == []


def test_an_imported_deletion_applies_to_a_live_post(tmp_path: Path) -> None:
    source, clock = FakeSource(), StillClock(1_700_000_000_000)
    contest = Contest(
        "?",
        (Choice("debian"), Choice("arch")),
        opens_ms=clock.today_ms,
        closes_ms=clock.today_ms + 1000,
    )
    kept = {"network": "net", "deleted": [["1", 0]]}
    with Ledger.create(tmp_path / "live.votes", contest, 1) as ledger:
        session = Session(ledger, (source,), clock.clock(), every_ms=100, settle_ms=100)
        session.begin()
        ledger.append([Entry("page", "archive:net", {"feed": "a", "bad": []}, aside=kept)], 1)
        posts = [post(1, at_ms=clock.today_ms), post(2, at_ms=clock.today_ms)]
        session.record([source.page(session.ask(source), *posts, newest="2")])
        clock.forward(2000)
        session.tick()
        session.record([source.page(session.ask(source), *posts, newest="2")])
        last = session.tick()
        assert last.state is State.PROVISIONAL
        assert last.tally.votes == (1, 0)
        assert last.tally == tally(ledger.posts(), ledger.contest)


@pytest.mark.parametrize("server", [0, 1])
@pytest.mark.parametrize("edited", [False, True])
def test_any_server_that_showed_a_post_may_report_its_deletion(
    tmp_path: Path, *, server: int, edited: bool
) -> None:
    """Every server has its own ID for a post: none may be lost, whichever is read first."""
    seen = [of_mastodon(Fact("new", 2, 0, "arch")) for _ in range(2)]
    if edited:
        seen[1] = of_mastodon(Fact("post", 2, 5, "debian"))
    status = json.loads(seen[1]["payload"])
    names = [json.loads(seen[0]["payload"])["id"], str(int(status["id"]) + 7)]
    seen[1]["payload"] = json.dumps({**status, "id": names[1]})
    gone = {**of_mastodon(Fact("gone", 2)), "payload": names[server]}
    lines = list(map(json.dumps, (*seen, gone)))
    ways = [tuple((0, 0, 0) for _ in lines), *permutations((0, run, 0) for run in range(3))]
    ways += [*permutations((machine, 0, 0) for machine in range(3))]
    for number, places in enumerate(ways):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert votes_of(imported(folder, [*zip(lines, places, strict=True)])) == (0, 0)


def test_an_untagged_and_deleted_post_never_counts(tmp_path: Path) -> None:
    """Create, update without the tag, delete: nothing is left under `withdrawn=keep`."""
    facts = (Fact("new", 0, 0, "debian"), Fact("post", 0, 5), Fact("gone", 0, 6))
    lines = [json.dumps(of_bluesky(fact)) for fact in facts]
    for number, order in enumerate(permutations(range(3))):
        folder = tmp_path / str(number)
        folder.mkdir()
        placed = [(lines[place], (0, run, 0)) for run, place in enumerate(order)]
        assert votes_of(imported(folder, placed, "--rule", "withdrawn=keep")) == (0, 0)
