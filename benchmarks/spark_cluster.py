"""A Spark cluster on this machine: one master and some workers, each in processes of its own.

It listens on loopback, and is ended by the numbers of its processes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

START_S = 120.0
MASTER, WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"
HERE = ("--host", "127.0.0.1", "--webui-port", "0")


def is_installed() -> bool:
    """Tell whether PySpark is there."""
    return importlib.util.find_spec("pyspark") is not None


class SparkCluster:
    """A master at `url`, and workers with one core each."""

    def __init__(self, folder: Path, memory: str) -> None:
        self._folder, self._memory = folder, memory
        self._master, words = self._started("master", MASTER, "--port", "0", *HERE)
        self.url = said(words, self._master, r"Starting Spark master at (spark://\S+)")
        self._workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self) -> None:
        """Start one more worker; return when the master knows it."""
        name = f"worker-{len(self._workers)}"
        options = ("--cores", "1", "--memory", self._memory, "--work-dir", str(self._folder / name))
        worker, words = self._started(name, WORKER, *HERE, *options, self.url)
        self._workers.append(worker)
        said(words, worker, r"(Successfully registered with master)")

    def kill_worker(self, number: int = 0) -> None:
        """Kill a worker with the processes that it started, as if its machine had died."""
        kill(self._workers[number])

    def works(self, number: int = 0) -> bool:
        """Tell whether a worker has a process that runs tasks."""
        return bool(psutil.Process(self._workers[number].pid).children())

    def stop(self) -> None:
        """End all processes of the cluster."""
        for each in (*self._workers, self._master):
            kill(each)

    def _started(
        self, name: str, java_class: str, *words: str
    ) -> tuple[subprocess.Popen[bytes], Path]:
        found = importlib.util.find_spec("pyspark")
        if found is None or found.origin is None:
            raise SystemExit("PySpark isn't installed.")
        home, log = Path(found.origin).parent, self._folder / f"{name}.log"
        command = [str(home / "bin" / "spark-class"), java_class, *words]
        environment = {**os.environ, **loopback(), "SPARK_HOME": str(home)}
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own words
                command, stdout=out, stderr=out, env=environment, start_new_session=True
            )
        return process, log


def loopback() -> dict[str, str]:
    """Return the variables that keep Spark on loopback."""
    return {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m", "SPARK_NO_DAEMONIZE": "1"}


def said(log: Path, process: subprocess.Popen[bytes], pattern: str) -> str:
    """Return what a process says in its log, as soon as it does."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        words = log.read_text("utf-8", "replace")
        found = re.search(pattern, words)
        if found:
            return found[1]
        if process.poll() is not None:
            raise SystemExit(f"Spark ended: {words[-2000:]}")
        time.sleep(0.1)
    raise SystemExit(f"Spark doesn't start: {log.read_text('utf-8', 'replace')[-2000:]}")


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()
    process.wait()


@contextlib.contextmanager
def cluster(folder: Path, workers: int, memory: str = "1g") -> Iterator[SparkCluster]:
    """Start a cluster whose logs go to `folder`, and end it."""
    found = SparkCluster(folder, memory)
    try:
        for _ in range(workers):
            found.add_worker()
        yield found
    finally:
        found.stop()
