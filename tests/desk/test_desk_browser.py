"""The desk in real browsers: from the first link to a result revealed by a second browser."""

from __future__ import annotations

import contextlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium, resize, started
from desks import PASSWORD, Desk, counting
from patience import PATIENCE_S, until
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By

from twittervotes.core.contest.acts import ActKind
from twittervotes.core.ledger.reader import Reader

__all__ = ["chromium"]  # a fixture

AXE = """
const done = arguments[arguments.length - 1];
axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).then(
  (found) => done(found.violations.map((each) => [each.id, each.nodes.map((n) => n.html)])));
"""


@pytest.fixture
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    yield from started(tmp_path_factory)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Desk]:
    with counting(tmp_path / "live.votes", "--title", "Which one do you run?"):
        desk = Desk(tmp_path)
        try:
            desk.knows("live")
            yield desk
        finally:
            desk.close()


def press(driver: webdriver.Chrome, words: str) -> None:
    """Press a button, once it is there: a page may be loading itself anew."""

    def is_pressed() -> bool:
        try:
            driver.find_element(By.XPATH, f"//button[starts-with(., '{words}')]").click()
        except (NoSuchElementException, StaleElementReferenceException):
            return False
        return True

    until(is_pressed, told=lambda: driver.page_source)


def says(driver: webdriver.Chrome, words: str) -> None:
    def is_there() -> bool:
        with contextlib.suppress(NoSuchElementException, StaleElementReferenceException):
            return words in driver.find_element(By.TAG_NAME, "body").text
        return False

    until(is_there, told=lambda: driver.find_element(By.TAG_NAME, "body").text)


def fill(driver: webdriver.Chrome, **values: str) -> None:
    for name, value in values.items():
        driver.find_element(By.NAME, name).send_keys(value)


def barriers(driver: webdriver.Chrome) -> object:
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    driver.execute_script(Path(spec.origin).with_name("axe.min.js").read_text("utf-8"))
    return driver.execute_async_script(AXE)


def test_from_the_first_link_to_a_result_revealed_by_a_second_browser(
    live: Desk, chromium: webdriver.Chrome, phone: webdriver.Chrome
) -> None:
    assert live.first
    chromium.get(f"{live.url}/join/{live.first}")
    fill(chromium, name="Ada Lovelace", password="1234567890")
    press(chromium, "Join")
    says(chromium, "too easy to guess")
    assert barriers(chromium) == []
    fill(chromium, password=PASSWORD)
    press(chromium, "Join")
    says(chromium, "Which one do you run?")
    press(chromium, "Sign out")
    says(chromium, "Sign in")
    fill(chromium, name="ada lovelace", password=PASSWORD)
    press(chromium, "Sign in")
    says(chromium, "Desk")
    assert barriers(chromium) == []
    chromium.find_element(By.LINK_TEXT, "Which one do you run?").click()
    press(chromium, "Hide results")
    says(chromium, "Done.")
    says(chromium, "The result is hidden")
    press(chromium, "Pause")
    says(chromium, "Resume")
    says(chromium, "Ada Lovelace: Paused voting")
    assert barriers(chromium) == []
    press(chromium, "Make a deck")
    says(chromium, "shown only now")
    link = chromium.find_element(By.CSS_SELECTOR, "[data-link]").text
    resize(phone, 390, 844)
    phone.get(link)
    says(phone, "Results hidden")
    assert barriers(phone) == []
    press(phone, "Show results")
    says(phone, "Done.")
    until(lambda: not shown(live)["hidden"])
    close = phone.find_element(By.XPATH, "//button[starts-with(., 'Close')]")
    close.click()  # for a moment only
    hold = ActionChains(phone).click_and_hold(close).pause(1.5).release()
    assert shown(live)["state"] == "paused", "it has to be held"
    hold.perform()
    until(lambda: shown(live)["state"] == "provisional")
    chromium.get(f"{live.url}/operator/c/live")
    says(chromium, "Certify the result")
    fill(chromium, password=PASSWORD)
    press(chromium, "Certify")
    says(chromium, "Certified")
    until(lambda: not live.folder.joinpath("live.votes.lock").exists())
    with Reader(live.folder / "live.votes") as reader:
        names = [(act.does, act.by) for act in reader.acts if act.request]
        entries = [json.loads(row.body) for row in reader.chain() if row.kind == "curtain"]
    assert names == [
        (ActKind.PAUSED, "Ada Lovelace"),
        (ActKind.CLOSED, "Ada Lovelace (deck)"),
        (ActKind.CERTIFIED, "Ada Lovelace"),
    ]
    assert [(each["hidden"], each["by"]) for each in entries] == [
        (True, "Ada Lovelace"),
        (False, "Ada Lovelace (deck)"),
    ]
    log = [*chromium.get_log("browser"), *phone.get_log("browser")]
    assert [each for each in log if each["source"] in ("security", "javascript")] == []


def shown(live: Desk) -> dict[str, object]:
    file = live.folder / "live-graphics" / "board.json"
    state = json.loads(file.read_bytes())["state"]
    assert isinstance(state, dict)
    return state


def test_the_desk_works_without_scripts_on_a_narrow_phone(
    live: Desk, chromium: webdriver.Chrome
) -> None:
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    resize(chromium, 320, 640)
    chromium.set_page_load_timeout(PATIENCE_S)
    chromium.get(f"{live.url}/join/{live.first}")
    fill(chromium, name="Ada", password=PASSWORD)
    press(chromium, "Join")
    chromium.get(f"{live.url}/operator/c/live")
    press(chromium, "Pause")
    says(chromium, "Resume")
    width = chromium.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["width"]
    assert width <= 320
