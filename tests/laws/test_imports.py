"""Law 3 for imports: ledgers made of some files each merge into the ledger made of all files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import fails, law

from twittervotes.app.main import main
from twittervotes.core.contest.acts import State, state
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post, Tally
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger import implied
from twittervotes.core.ledger.merge import merge
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts

MINUTE = "2022-11-08T21:{:02}:00Z"


def written(ballot: tuple[int, int, int, str, str]) -> dict[str, object]:
    """Return a post of X or Mastodon: its number, its account, its minute, its hashtag."""
    number, account, minute, tag, network = ballot
    if network == "x":
        return {
            "created_at": f"Tue Nov 08 21:{minute:02}:00 +0000 2022",
            "id_str": str(10**18 + number),
            "entities": {"hashtags": [{"text": tag, "indices": [0, 1]}]},
            "user": {"id_str": str(account)},
        }
    return {
        "id": str(number),
        "uri": f"https://m.example/users/a{account}/statuses/{number}",
        "created_at": MINUTE.format(minute),
        "visibility": "public",
        "account": {"url": f"https://m.example/@a{account}"},
        "tags": [{"name": tag}],
    }


ballots = st.tuples(
    st.integers(0, 99),
    st.integers(1, 4),
    st.integers(0, 59),
    st.sampled_from(("debian", "arch")),
    st.sampled_from(("x", "mastodon")),
)
posts = st.lists(ballots, min_size=8, max_size=12, unique_by=lambda each: each[0])
files = posts.flatmap(
    lambda made: st.lists(
        st.lists(st.sampled_from(made), min_size=1, max_size=4), min_size=2, max_size=4
    )
)
chosen = st.sampled_from(((None, None), (None, None), (20, None), (None, 40), (20, 40)))


def imported(out: Path, told: Sequence[Path], period: tuple[int | None, int | None]) -> Path:
    rules = [
        f"{name}={MINUTE.format(minute)}"
        for name, minute in zip(("opens", "closes"), period, strict=True)
        if minute is not None
    ]
    argv = ["import", *map(str, told), "--ledger", str(out), "--hashtags", "debian", "arch"]
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
        code = main([*argv, "--title", "t", *(("--rule", *rules) if rules else ())])
    assert code == 0, said.getvalue()
    return out


def told(path: Path) -> tuple[list[Post], Contest, Tally, object]:
    with Reader(path) as reader:
        assert state(reader.contest, reader.acts, reader.at_ms) is State.PROVISIONAL
        posts = sorted(current_posts(reader))
        return posts, reader.contest, outcome(reader).tally, reader.gaps()


def files_in(path: Path) -> set[tuple[str, str]]:
    """Return the files that a ledger says it was made of, each with its source."""
    with Reader(path) as reader:
        sources = reader.sources().items()
        return {(name, file) for name, source in sources for file in source.queries}


@settings(law, max_examples=25)
@given(files, chosen, st.lists(st.booleans(), min_size=4, max_size=4), st.data())
def mergeable(
    held: list[list[tuple[int, int, int, str, str]]],
    period: tuple[int | None, int | None],
    says: list[bool],
    data: st.DataObject,
) -> None:
    says = says[: len(held)]
    assume(period == (None, None) or any(says))
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"{number}.json" for number in range(len(held))]
        for path, ballots in zip(paths, held, strict=True):
            path.write_text("\n".join(json.dumps(written(each)) for each in ballots))
        whole = told(imported(folder / "whole", paths, period))
        made = [
            imported(path.with_suffix(".votes"), [path], period if is_said else (None, None))
            for path, is_said in zip(paths, says, strict=True)
        ]
        made = data.draw(st.permutations(made))
        merge(folder / "at once", made)
        assert told(folder / "at once") == whole
        first = data.draw(st.integers(1, len(made) - 1))
        merge(folder / "some", made[:first])
        merge(folder / "nested", [*made[first:], folder / "some", made[0]])
        assert told(folder / "nested") == whole
        assert files_in(folder / "nested") == set().union(*map(files_in, made))
        if all(says) or period == (None, None):
            for path in paths:  # one after the other, into one ledger
                imported(folder / "grown", [path], period)
            assert told(folder / "grown") == whole


def test_merged_imports_equal_one_import_of_all_files() -> None:
    mergeable()


def test_mistaking_an_implied_period_for_a_chosen_one_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(implied, "is_implied", lambda _: False)
    fails(mergeable)
