"""The benchmarks in a tiny size: they run, and their counts are exact. Nothing is timed here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from benchmarks import audience, telling
from benchmarks.__main__ import DOCUMENT, NAMES, written
from benchmarks.audience import PAGE
from benchmarks.growth import Grown, is_exact
from benchmarks.ledgers import at_random, contest, in_order
from benchmarks.network import BEFORE, Feed, answer
from benchmarks.statuses import SIZE, Maker
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting.running import tally
from twittervotes.sources.x_v1.source import PLUGIN

ROOT = Path(__file__).resolve().parent.parent
PAGES = 40


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_counts_exactly_and_leaves_nothing_behind(
    name: str, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", f"benchmarks.{name}", "--tiny", "--data", str(tmp_path)]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("Every count is exact.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_count_ends_with_an_exit_code_that_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert telling.ended(exact=False) == 1
    assert "WRONG" in capsys.readouterr().out


def full_size(pages: int) -> list[Post]:
    assert PLUGIN.reads
    reading, maker = PLUGIN.reads(contest()), Maker(newest_first=False, parted_by=b"\n")
    read = [reading(line) for page in range(pages) for line in maker.page(page).splitlines()]
    assert all(each is not None and not each.bad for each in read)
    return [post for each in read if each for post in each.posts]


def test_full_size_posts_count_like_the_reference() -> None:
    posts = full_size(PAGES)
    assert len(set(posts)) == PAGES * PAGE
    assert tally(posts, contest()).votes == audience.truth(PAGES)
    assert len({post.voter for post in posts}) < PAGES * PAGE, "some accounts vote again"


@pytest.mark.parametrize("made", [in_order, at_random])
def test_small_posts_are_counted_as_the_plain_count_says(
    made: Callable[[int, int], tuple[Post, ...]],
) -> None:
    posts = [post for page in range(PAGES) for post in made(page, PAGES)]
    assert len(set(posts)) == PAGES * PAGE
    assert tally(posts, contest()).votes == audience.truth(PAGES)


def test_random_posts_count_like_the_reference() -> None:
    posts = [post for page in range(PAGES // 4) for post in at_random(page, PAGES)]
    grown = Grown((), len(posts), tally(posts, contest()).votes)
    assert is_exact(grown, "random", PAGES)
    assert not is_exact(replace(grown, votes=audience.truth(PAGES // 4)), "random", PAGES)


def test_every_post_is_of_the_same_size_and_valid_json() -> None:
    body = Maker(3, newest_first=True, parted_by=b"\n").page(123)
    assert len(body) == SIZE * PAGE
    ids = [msgspec.json.decode(line)["id"] for line in body.splitlines()]
    assert ids == [audience.post_id(123, place, 3) for place in reversed(range(PAGE))]


def asked(feed: Feed, query: str) -> tuple[list[int], bool]:
    """Return the IDs that a search finds, and whether it says that there are more."""
    maker = Maker(feed.source, newest_first=True, parted_by=b",")
    sent = b"".join(answer(feed, maker, f"/{feed.source}/search.json?{query}"))
    head, _, body = sent.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert body.startswith(BEFORE)
    told = msgspec.json.decode(body)
    return [each["id"] for each in told["statuses"]], "next_results" in told["search_metadata"]


@pytest.mark.parametrize("source", [0, 2])
def test_the_network_pages_down_from_the_newest_post_as_x_does(source: int) -> None:
    feed = Feed(source, at_once=3)
    found, goes_on = asked(feed, "q=x")
    feed.freeze()
    everything = list(found)
    while goes_on:
        found, goes_on = asked(feed, f"q=x&max_id={everything[-1] - 1}")
        everything += found
    ids = [audience.post_id(page, place, source) for page in range(3) for place in range(PAGE)]
    assert everything == ids[::-1]
    since = ids[250]
    assert asked(feed, f"q=x&since_id={since}")[0] == ids[:250:-1]
    assert asked(feed, f"q=x&since_id={ids[-1]}") == ([], False)


def test_figures_are_written_between_their_comments_and_nothing_else_is_touched() -> None:
    before = "a\n<!-- live: figures -->\nold\n<!-- live: end -->\nb <!-- x -->\n"
    assert written(before, "live", "new\n") == before.replace("old", "\nnew\n")
    with pytest.raises(SystemExit, match="no place for the figures of archive"):
        written(before, "archive", "new")


@pytest.mark.long
def test_a_run_records_figures_and_machine(tmp_path: Path) -> None:
    document = tmp_path / "figures.md"
    document.write_text(DOCUMENT.read_text("utf-8"), "utf-8")
    words = [sys.executable, "-m", "benchmarks", "quota", "--tiny", "--data", str(tmp_path)]
    words += ["--into", str(document)]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    text = document.read_text("utf-8")
    figures = text.partition("<!-- quota: figures -->")[2].partition("<!-- quota: end -->")[0]
    assert telling.machine() in figures
    assert "| 50 choices, like the program " in figures
    assert written(text, "quota", "") == written(DOCUMENT.read_text("utf-8"), "quota", "")


def test_a_run_removes_leftovers(
    tmp_path: Path,
) -> None:
    left = tmp_path / telling.FOLDER / "left.votes"
    words = ["--data", str(tmp_path)]
    left.parent.mkdir()
    left.touch()
    with telling.folder(telling.parser("").parse_args([*words, "--keep"])):
        assert left.exists()
    assert left.exists()
    with telling.folder(telling.parser("").parse_args(words)) as folder:
        assert (folder, left.exists()) == (left.parent, False)
    assert not folder.exists()


def test_the_document_has_a_place_for_the_figures_of_every_benchmark() -> None:
    text = DOCUMENT.read_text("utf-8")
    for name in NAMES:
        assert written(text, name, "new") != text
