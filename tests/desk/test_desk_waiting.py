"""Waiting for a counter that doesn't answer keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from board_votes import ledger

from twittervotes.core.polling import requests
from twittervotes.core.polling.requests import EXPIRES_MS, ActRequest
from twittervotes.desk.wishes import LOOK_S, Counters


def test_waiting_for_a_counter_keeps_no_thread(tmp_path: Path) -> None:
    file = ledger(tmp_path / "show.votes", settled=False)
    expires_ms = time.time_ns() // 1_000_000 + EXPIRES_MS
    names = [requests.put(file, ActRequest("hide", "Ada", expires_ms)) for _ in range(20)]
    counters = Counters(None, lambda _: file)  # type: ignore[arg-type]

    async def wait() -> list[object]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        waiting = [asyncio.ensure_future(counters.settled("show", name)) for name in names]
        for _ in range(5):  # looks for answers
            await asyncio.sleep(LOOK_S)
            done = await asyncio.to_thread(lambda: [each.done() for each in waiting])
            assert not any(done), "the only thread is free while all of them wait"
        return list(await asyncio.gather(*waiting))

    assert asyncio.run(wait()) == [None] * 20
