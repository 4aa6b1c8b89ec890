"""Measure the peak memory of a process and its children, and run functions alone for that."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Generic, ParamSpec, TypeVar

import psutil

P = ParamSpec("P")
R = TypeVar("R")

EVERY_S = 0.1
MB = 1_000_000


class Peak:
    """Samples a process and its children ten times a second, from `begin` until `end`.

    Memory shared by several processes is counted once (PSS); on systems that don't report it, the
    resident sizes are added up.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._most = 0
        self._thread.start()

    def end(self) -> float:
        """Return the peak, in megabytes."""
        self._ended.set()
        self._thread.join()
        return self._most / MB

    def _look(self) -> None:
        while not self._ended.wait(EVERY_S):
            self._most = max(self._most, held(self._process))


def held(process: psutil.Process) -> int:
    """Return how many bytes a process and its children use now."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(map(_held, family))


def _held(process: psutil.Process) -> int:
    try:
        told = process.memory_full_info()
    except (psutil.Error, OSError):  # it has just ended
        return 0
    return int(getattr(told, "pss", told.rss))


@dataclass(frozen=True, slots=True)
class Run(Generic[R]):
    """The outcome of something that ran alone: its result, its duration, its peak memory."""

    result: R
    seconds: float
    megabytes: float


def command(*words: str) -> Run[str]:
    """Run Python with `words`; return its output."""
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - this program, on a ledger made here
        [sys.executable, *words], stdout=subprocess.PIPE, text=True
    ) as process:
        peak = Peak(process.pid)
        told = process.communicate()[0]
        megabytes = peak.end()
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}: {told}")
    return Run(told, time.perf_counter() - began, megabytes)


def alone(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Run[R]:
    """Run a function in its own process; the time is that of the function alone."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, function, args, kwargs))
    process.start()
    theirs.close()
    peak = Peak(process.pid or 0)
    try:
        result, seconds = ours.recv()
    except EOFError:
        raise SystemExit(f"{function.__name__} did not come to its end.") from None
    finally:
        megabytes = peak.end()
        process.join()
    return Run(result, seconds, megabytes)


def _run(parent: Connection, function: Callable[..., R], args: object, kwargs: object) -> None:
    assert isinstance(args, tuple)  # noqa: S101 - for mypy
    assert isinstance(kwargs, dict)  # noqa: S101 - for the types
    began = time.perf_counter()
    result = function(*args, **kwargs)
    seconds = time.perf_counter() - began
    parent.send((result, seconds))
