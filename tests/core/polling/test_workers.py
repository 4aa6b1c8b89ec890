"""The pool of worker processes, with real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool, _ExecutorManagerThread
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest
from doubles import post
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S, until

from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.numbered import NumberedPosts
from twittervotes.core.contest.posts import Answer, Ask, Failed, Feed, Page, Post, Quota, Remedy
from twittervotes.core.polling import workers as runner_module
from twittervotes.core.polling.workers import (
    NICENESS,
    Runner,
    stride,
    with_columns,
    without_unclean,
    work,
)

ASK = Ask(Feed("a", "#a"))


class TwoPartsError(Exception):
    """Can be pickled, but not unpickled: its two arguments are not among its `args`."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def _die_half_way(connection: Connection, data: bytes) -> None:
    """Write an answer as a worker does that is killed while it writes."""
    os.write(connection.fileno(), bytes(data)[: max(4, len(data) // 20)])
    if len(data) > 100:
        os._exit(3)


@dataclass(frozen=True, slots=True)
class Worker:
    """A source that does in its worker process what a test says."""

    does: str = "answer"
    name: str = "fake"
    network: str = "net"
    complete: bool = True

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return ()

    def fetch(self, ask: Ask) -> Page | Failed:
        match self.does:
            case "exit":
                os._exit(3)
            case "hang":
                time.sleep(600)
            case "error":
                raise TwoPartsError("a", "secret")
            case "leave":
                raise SystemExit(1)
            case "interrupt":
                raise KeyboardInterrupt
            case "when":
                return Page(self.name, ask, (), newest=str(ask.today_ms))
            case "half":
                Connection._send = _die_half_way  # type: ignore[attr-defined]
                return Page(self.name, ask, (), bad=("long" * 100_000,))
        return Page(self.name, ask, (), newest=str(os.getpid()))


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def pid(answers: tuple[Answer, ...]) -> int:
    (answer,) = answers
    assert isinstance(answer, Page), answer
    return int(answer.newest)


def children() -> set[int]:
    """Return the worker processes that live."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it may end meanwhile
            if "spawn_main" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


def wait_until_running(future: Future[tuple[Answer, ...]], worker: int = 1) -> None:
    until(lambda: future.running() and len(children()) >= worker)


def are_gone(pids: set[int]) -> bool:
    return not any(map(alive, pids))


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_source_receives_the_time_of_its_request(runner: Runner) -> None:
    """A worker has to start first, which can take seconds on a busy machine."""
    began = time.monotonic()
    (answer,) = runner.submit(Worker("when"), replace(ASK, today_ms=1000)).result(PATIENCE_S)
    took_ms = (time.monotonic() - began) * 1000
    assert isinstance(answer, Page)
    assert 1010 < int(answer.newest) <= 1001 + took_ms
    (answer,) = runner.submit(Worker("when"), ASK).result(PATIENCE_S)
    assert isinstance(answer, Page)
    assert answer.newest == "0", "a time that nobody has told stays unknown"


def test_each_source_keeps_its_own_process(runner: Runner) -> None:
    first = pid(runner.submit(Worker(), ASK).result(PATIENCE_S))
    assert first != os.getpid()
    assert pid(runner.submit(Worker(), ASK).result(PATIENCE_S)) == first


@pytest.mark.parametrize("does", ["error", "leave", "interrupt"])
def test_whatever_a_worker_raises_comes_back_as_a_value(runner: Runner, does: str) -> None:
    kept = pid(runner.submit(Worker(), ASK).result(PATIENCE_S))
    (answer,) = runner.submit(Worker(does), ASK).result(PATIENCE_S)
    assert isinstance(answer, Failed)
    assert answer.remedy is Remedy.RETRY
    assert "secret" not in f"{answer.message} {answer.advice}"
    assert pid(runner.submit(Worker(), ASK).result(PATIENCE_S)) == kept, "the pool is unharmed"


def test_workers_have_a_lower_priority_than_the_window(runner: Runner) -> None:
    worker = pid(runner.submit(Worker(), ASK).result(PATIENCE_S))
    assert psutil.Process(worker).nice() == min(19, psutil.Process().nice() + NICENESS)


def test_a_worker_that_ends_costs_one_poll_and_the_next_works(runner: Runner) -> None:
    for _ in range(2):
        with pytest.raises(BrokenProcessPool):
            runner.submit(Worker("exit"), ASK).result(PATIENCE_S)
        assert pid(runner.submit(Worker(), ASK).result(PATIENCE_S))


def test_a_worker_killed_while_answering_costs_one_poll() -> None:
    runner = Runner()
    with pytest.raises(BrokenProcessPool):
        runner.submit(Worker("half"), ASK).result(PATIENCE_S)
    assert pid(runner.submit(Worker(), ASK).result(PATIENCE_S))
    runner.close()
    for thread in threading.enumerate():  # the interpreter would wait for them at its end
        if isinstance(thread, _ExecutorManagerThread):
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


# What `_Lane.submit` reaches for, by the standard library alone; there is no public way to it.
WRITER = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(abs, 1).result()
        writer = getattr(getattr(pool, "_result_queue", None), "_writer", None)
        print(isinstance(writer, Connection))
"""


def pythons() -> Iterator[str]:
    """Name this Python, and others of this machine that run: the shim of a manager may not."""
    yield sys.executable
    for name in (f"python3.{minor}" for minor in range(11, 20)):
        found = shutil.which(name)
        if found:
            runs = subprocess.run([found, "-c", ""], capture_output=True, check=False)
            if runs.returncode == 0:
                yield found


@pytest.mark.parametrize("python", list(pythons()))
def test_this_python_exposes_the_pipes_writing_end(python: str, tmp_path: Path) -> None:
    file = tmp_path / "writer.py"  # a spawned worker reads it again
    file.write_text(WRITER)
    run = subprocess.run(
        [python, str(file)], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert run.stdout == "True\n", (
        f"{python} keeps the writing end of a pool's results elsewhere than in"
        " `_result_queue._writer`. Find it, and close it in `_Lane.submit` too: while it is open,"
        " a worker that dies within an answer is waited for without end."
    )


def test_the_parents_pipe_end_is_closed_after_the_start(runner: Runner) -> None:
    pid(runner.submit(Worker(), ASK).result(PATIENCE_S))
    results = getattr(runner._lanes["fake"].pool, "_result_queue", None)
    assert getattr(results, "_writer").closed  # noqa: B009 - mypy does not know it


def test_restarting_ends_a_hanging_worker(runner: Runner) -> None:
    stuck = runner.submit(Worker("hang"), ASK)
    wait_until_running(stuck)
    old = children()
    runner.restart(Worker())
    with pytest.raises(BrokenProcessPool):
        stuck.result(PATIENCE_S)
    until(lambda: are_gone(old))
    assert pid(runner.submit(Worker(), ASK).result(PATIENCE_S)) not in old


def test_closing_ends_everything_at_once_even_while_requests_hang() -> None:
    """It takes less than a second; a hundred tell that from the 600 that the requests take."""
    runner = Runner()
    stuck = [runner.submit(Worker("hang", name), ASK) for name in ("one", "other")]
    wait_until_running(stuck[0], worker=2)
    workers = children()
    assert len(workers) == 2
    began = time.monotonic()
    runner.close()
    until(lambda: are_gone(workers))
    for future in stuck:
        with pytest.raises(BrokenProcessPool):
            future.result(PATIENCE_S)
    assert time.monotonic() - began < 100
    runner.close()
    runner.restart(Worker())
    with pytest.raises(RuntimeError):
        runner.submit(Worker(), ASK)
    assert not children() & workers


def test_closing_is_over_when_all_workers_and_their_threads_have_ended() -> None:
    """A pool that still ends while Python does prints a traceback."""
    before = threading.active_count()
    runner = Runner()
    futures = [runner.submit(Worker("hang", name=str(n)), ASK) for n in range(3)]
    until(lambda: all(each.running() for each in futures))
    runner.close()
    assert threading.active_count() <= before
    assert all(each.done() for each in futures)


def test_a_killed_parent_leaves_no_worker() -> None:
    code = (
        "import time\n"
        "from patience import until\n"
        "from test_workers import ASK, Worker, children\n"
        "from twittervotes.core.polling.workers import Runner\n"
        "if __name__ == '__main__':\n"
        "    runner = Runner()\n"
        "    for name in ('one', 'other'): runner.submit(Worker('hang', name), ASK)\n"
        "    until(lambda: len(children()) == 2)\n"
        "    print(*children(), flush=True)\n"
        "    time.sleep(600)\n"
    )
    here = os.pathsep.join(map(str, Path(__file__).parents[:4]))
    environment = {**os.environ, "PYTHONPATH": here}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True
    ) as parent:
        assert parent.stdout is not None
        try:
            workers = {int(word) for word in parent.stdout.readline().split()}
            assert len(workers) == 2
            assert all(map(alive, workers))
        finally:
            parent.kill()
    until(lambda: are_gone(workers))


def test_ctrl_c_is_left_to_the_parent(runner: Runner) -> None:
    worker = pid(runner.submit(Worker(), ASK).result(PATIENCE_S))
    psutil.Process(worker).send_signal(2)
    assert pid(runner.submit(Worker(), ASK).result(PATIENCE_S)) == worker


def test_posts_that_cannot_be_stored_are_dropped_and_reported() -> None:
    good = Post("net", "1", "v", 1000, "debian")
    bad = [
        good._replace(tags="a\tb"),
        good._replace(voter="\ud800"),
        good._replace(at_ms=10**20),
        good._replace(key="9" * 10_001),
    ]
    page = without_unclean(Page("fake", ASK, (good, *bad)))
    assert page.posts == (good,)
    assert page.bad == ("4 posts with control characters or values out of range",)
    assert without_unclean(page) is page


def test_work_passes_a_failure_through() -> None:
    assert work(Worker("answer"), ASK) == Page("fake", ASK, (), newest=str(os.getpid()))


@dataclass(frozen=True, slots=True)
class Pages:
    """A source that answers one of `answers` after the other, by the token it is asked with."""

    answers: tuple[Answer, ...]
    name: str = "fake"
    network: str = "net"
    complete: bool = True

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return ()

    def fetch(self, ask: Ask) -> Answer:
        return replace(self.answers[int(ask.token or 0)], ask=ask)


def leading_on(number: int, **fields: object) -> Page:
    """Return a page that leads on to the next."""
    votes = (post(number, at_ms=1),)
    page = Page("fake", ASK, votes, token=str(number + 1), billed=3)
    return replace(page, **fields)  # type: ignore[arg-type]


def failing(remedy: Remedy) -> Failed:
    return Failed("fake", ASK, remedy, "No.")


EMPTY, SOME = Quota(180, 0, 1000), Quota(180, 9, 1000)


@pytest.mark.parametrize(
    ("answers", "pages", "read"),
    [
        ([leading_on(n) for n in range(9)], 4, 4),
        ([leading_on(n) for n in range(9)], 1, 1),
        ([leading_on(0, quota=SOME), replace(leading_on(1), token="")], 9, 2),
        ([leading_on(0, quota=SOME), leading_on(1, quota=EMPTY), leading_on(2)], 9, 2),
        ([leading_on(0), leading_on(1, reached=True), leading_on(2)], 9, 2),
        ([leading_on(0), leading_on(1, bad=("no post",)), leading_on(2)], 9, 2),
        ([leading_on(0), failing(Remedy.RETRY), leading_on(2)], 9, 2),
        ([leading_on(0), failing(Remedy.STOP), leading_on(2)], 9, 1),
        ([failing(Remedy.STOP), leading_on(1)], 9, 1),
    ],
)
def test_a_stride_goes_from_page_to_page_as_the_schedule_would(
    answers: list[Answer], pages: int, read: int
) -> None:
    ask = replace(ASK, stride=pages, spent=5)
    found = stride(Pages(tuple(answers)), ask)
    assert [answer.ask.token for answer in found] == ["", *map(str, range(1, read))]
    assert [answer.ask.spent for answer in found] == [5 + 3 * place for place in range(read)]
    assert [replace(answer, ask=ASK) for answer in found] == answers[:read]


def test_a_stride_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "LONGEST_STRIDE_S", 0.0)
    endless = Pages(tuple(leading_on(n) for n in range(9)))
    assert len(stride(endless, replace(ASK, stride=9))) == 1


def test_workers_bring_posts_as_columns() -> None:
    salt = bytes(range(16))
    (page,) = stride(Pages((replace(leading_on(7), token=""),)), ASK, salt)
    assert isinstance(page, Page)
    expected = leading_on(7)
    assert page.posts == ()
    assert page.columns == columns_of(expected.posts, salt)
    assert page.columns is not None
    assert page.columns.posts() == list(expected.posts)


def test_the_posts_of_a_stride_come_as_columns_in_its_last_page() -> None:
    salt = bytes(range(16))
    answers = [leading_on(0), leading_on(1, posts=()), leading_on(2), leading_on(3, posts=())]
    found = stride(Pages(tuple(answers)), replace(ASK, stride=4), salt)
    pages = [page for page in found if isinstance(page, Page)]
    assert [page.size for page in pages] == [0, 0, 2, 0]
    assert [page.posts for page in pages] == [()] * 4
    assert [page.token for page in pages] == ["1", "2", "3", "4"]
    expected = (*leading_on(0).posts, *leading_on(2).posts)
    assert pages[2].columns == columns_of(expected, salt)
    assert [*pages[2].names()] == [post[:2] for post in expected]


def test_pages_whose_posts_have_ids_keep_their_own() -> None:
    answers = [leading_on(0, ids=("a",)), leading_on(1, ids=("b",))]
    found = stride(Pages(tuple(answers)), replace(ASK, stride=2), bytes(16))
    assert [page.size for page in found if isinstance(page, Page)] == [1, 1]


def numbered_page(keys: list[int]) -> Page:
    told = NumberedPosts(
        "x",
        [f"post\t{'ab'[key % 2]}" for key in keys],
        keys,
        [key // 2 for key in keys],
        [key * 1000 for key in keys],
        [key % 3 for key in keys],
    )
    return replace(leading_on(1), posts=(), numbered=told)


answers = st.lists(
    st.one_of(
        st.lists(st.integers(0, 9), max_size=3).map(numbered_page),
        st.lists(st.integers(0, 9), max_size=3).map(numbered_page).map(Page.with_posts),
        st.just(failing(Remedy.RETRY)),
    ),
    min_size=1,
    max_size=4,
)


@given(answers)
def test_numbered_posts_become_the_columns_of_the_posts(told: list[Page | Failed]) -> None:
    salt = bytes(range(16))
    general = [each.with_posts() if isinstance(each, Page) else each for each in told]
    assert with_columns(told, salt) == with_columns(general, salt)


@dataclass(frozen=True, slots=True)
class Numbers(Pages):
    """A source that can bring numbers."""

    def fetch_numbers(self, ask: Ask) -> Answer:
        return numbered_page([1, 2])


def test_only_a_stride_asks_a_source_for_numbers() -> None:
    source = Numbers((replace(leading_on(7), token=""),))
    assert work(source, ASK) == Pages(source.answers).fetch(ASK)
    (page,) = stride(source, replace(ASK, stride=1), bytes(range(16)))
    assert isinstance(page, Page)
    assert page.columns == columns_of(numbered_page([1, 2]).with_posts().posts, bytes(range(16)))
    assert page.numbered is None
