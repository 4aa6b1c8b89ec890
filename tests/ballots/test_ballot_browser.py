"""The ballot page in Chromium, before a vote that the program counts."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium, scheme
from patience import PATIENCE_S, until
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

__all__ = ["chromium"]

QUESTION = "Which distribution do you run?"


@contextlib.contextmanager
def counting(folder: Path, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Count a vote with a page, as a user starts it; give the address of the page."""
    said = {
        "XDG_DATA_HOME": str(folder / "data"),
        "TWITTERVOTES_WEB_PORT": "0",
        "TWITTERVOTES_EVERY": "0.3s",
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "twittervotes", "--source", "web", "--title", QUESTION),
            *("--hashtags", "debian", "ubuntu", "arch", "--ledger", str(folder / "a.votes")),
            *("--view", "none", "--settle", "0", *words),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **said},
    )
    try:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"Vote at (http://\S+)", line):
                break
        else:
            pytest.fail("".join(lines))
        yield found[1], process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def votes(folder: Path) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-m", "twittervotes", "result", str(folder / "a.votes")],
        capture_output=True,
        text=True,
        check=True,
    )
    return [choice["votes"] for choice in json.loads(done.stdout)["tally"]]


def vote(driver: webdriver.Chrome, number: int) -> str:
    """Vote for a choice, and return the receipt."""
    driver.find_elements(By.CSS_SELECTOR, ".choice")[number].click()
    driver.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    until(lambda: driver.find_elements(By.CSS_SELECTOR, ".number"))
    return driver.find_element(By.CSS_SELECTOR, ".number").text


def test_a_vote_is_cast_counted_and_its_receipt_says_so(
    tmp_path: Path, chromium: webdriver.Chrome
) -> None:
    with counting(tmp_path) as (url, _):
        chromium.get(url)
        assert chromium.find_element(By.TAG_NAME, "h1").text == QUESTION
        receipt = vote(chromium, 1)
        assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", receipt)
        status = chromium.find_element(By.CSS_SELECTOR, "[data-status]")
        until(lambda: status.text == "Counted")
        assert "ubuntu" not in chromium.find_element(By.TAG_NAME, "main").text
        assert votes(tmp_path) == [0, 1, 0]
        chromium.get(url)  # the page knows this browser
        assert chromium.current_url == f"{url}/receipt/{receipt}"
        chromium.delete_all_cookies()
        chromium.get(url)
        assert vote(chromium, 1) != receipt  # another browser, as far as anybody can tell
        until(lambda: votes(tmp_path) == [0, 2, 0])
        assert not [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]


def test_it_is_used_by_keyboard_alone(tmp_path: Path, chromium: webdriver.Chrome) -> None:
    with counting(tmp_path) as (url, _):
        chromium.get(url)
        body = chromium.find_element(By.TAG_NAME, "body")
        body.send_keys(Keys.TAB)
        first = chromium.switch_to.active_element
        assert first.get_attribute("name") == "choice"
        first.send_keys(Keys.SPACE, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
        button = chromium.find_element(By.CSS_SELECTOR, "button[type=submit]")
        assert button.text == "Vote for arch"
        chromium.switch_to.active_element.send_keys(Keys.TAB)
        assert chromium.switch_to.active_element == button
        button.send_keys(Keys.ENTER)
        until(lambda: "/receipt/" in chromium.current_url)
        until(lambda: votes(tmp_path) == [0, 0, 1])


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_nothing_is_cut_off_on_a_small_phone_with_or_without_scripts(
    tmp_path: Path, chromium: webdriver.Chrome, colours: str, scripts: bool
) -> None:
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    size = {"width": 320, "height": 568, "deviceScaleFactor": 1, "mobile": True}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme(chromium, colours)
    with counting(tmp_path) as (url, _):
        chromium.get(url)
        _fits(chromium)
        for choice in chromium.find_elements(By.CSS_SELECTOR, ".choice"):
            assert choice.size["height"] >= 88
        vote(chromium, 0)
        _fits(chromium)
        until(lambda: votes(tmp_path) == [1, 0, 0])


def _fits(chromium: webdriver.Chrome) -> None:
    html = chromium.find_element(By.TAG_NAME, "html")
    assert int(html.get_property("scrollWidth")) <= 320
    for each in chromium.find_elements(By.CSS_SELECTOR, "main *"):
        if each.is_displayed() and each.size["width"]:
            assert each.location["x"] >= 0
            assert each.location["x"] + each.size["width"] <= 320


def test_the_page_shows_the_close_and_the_counted_vote(
    tmp_path: Path, chromium: webdriver.Chrome
) -> None:
    with counting(tmp_path, "--time", "40s", "--settle", "60s") as (url, _):
        chromium.get(url)
        receipt = vote(chromium, 2)

        def is_closed() -> bool:
            chromium.get(url)
            found = chromium.find_elements(By.CSS_SELECTOR, "[data-phase=closed]")
            return bool(found) and "Counted" in found[0].text

        until(is_closed)
        text = chromium.find_element(By.TAG_NAME, "main").text
        assert "Voting has closed" in text
        assert receipt in text
        assert "votes so far" in text
