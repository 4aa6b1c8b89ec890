"""Where the time of a live count goes: by process and thread, and by module."""

from __future__ import annotations

import cProfile
import os
import threading
from collections import defaultdict
from pathlib import Path
from types import CodeType

import psutil

import twittervotes
from benchmarks import telling

OTHERS = "other threads of the counting process"
OFTEN = 10  # places that are printed
OURS = Path(twittervotes.__file__).parent
ENGINES = {
    "'acquire'": "waiting for work",
    "sqlite3": "SQLite",
    "_socket": "sockets, and waiting for them",
    "msgspec": "msgspec",
    "pickle": "pickle",
    "hash": "digests",
}


def seconds(server: int, ledger: int | None) -> dict[str, float]:
    """Return the processor time of each process, and of each thread of this one.

    `server` is the process that isn't ours, `ledger` the thread that records.
    """
    us = psutil.Process()
    children = {child.pid: _worked(child) for child in us.children(recursive=True)}
    served = children.pop(server, 0.0)
    found = {"the server (not ours)": served, "the workers": sum(children.values())}
    names = {each.native_id: _purpose(each, ledger) for each in threading.enumerate()}
    for thread in us.threads():
        name = names.get(thread.id, OTHERS)
        found[name] = found.get(name, 0.0) + thread.user_time + thread.system_time
    return found


def _purpose(thread: threading.Thread, ledger: int | None) -> str:
    if thread.native_id == ledger:
        return "the ledger's thread: record, count, decide"
    if "ExecutorManager" in type(thread).__name__:
        return "threads that unpickle the workers' answers"
    return OTHERS


def _worked(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def tell_use(used: dict[str, float], took: float) -> None:
    """Print who used the processors, and how much."""
    cores, whole = os.cpu_count() or 1, sum(used.values())
    rows = [(name, f"{each:.1f} s", f"{each / took:.0%} of a core") for name, each in used.items()]
    rows.append(("Total", f"{whole:.1f} s", f"{whole / took / cores:.0%} of {cores} cores"))
    telling.table(("processors", "worked", "share"), rows)


def tell_profile(name: str, profile: cProfile.Profile) -> None:
    """Print in which modules and libraries time was spent, without the functions they call."""
    found: defaultdict[str, float] = defaultdict(float)
    for entry in profile.getstats():
        if isinstance(entry.code, str):
            continue  # C functions: attributed to their callers below
        found[_home(entry.code)] += entry.inlinetime
        for called in entry.calls or ():
            if isinstance(called.code, str):
                found[_engine(called.code) or _home(entry.code)] += called.inlinetime
    whole = sum(found.values())
    most = sorted(found.items(), key=lambda item: -item[1])[:OFTEN]
    rows = [(home, f"{spent / whole:.0%}") for home, spent in most]
    telling.table((f"{name}, under a profiler", "of its time"), rows)


def _engine(function: str) -> str:
    """Return the engine that a C function belongs to, "" if it counts as its caller's time."""
    return next((name for part, name in ENGINES.items() if part in function), "")


def _home(code: CodeType) -> str:
    """Return our module, or the library, that defines a function."""
    path = Path(code.co_filename)
    if path.is_relative_to(OURS):
        return str(path.relative_to(OURS))
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1]
    name = path.parent.name if path.stem == "__init__" else path.stem
    return f"the standard library's {name.strip('<>').removeprefix('frozen ')}"
