"""The board's pages in Chromium: live, without scripts, on a narrow screen, over a stream."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from board_votes import document, ledger, snapshot, write
from browser import chromium, resize, scheme
from patience import PATIENCE_S, until
from selenium import webdriver
from selenium.webdriver.common.by import By
from serving import Start, known, serving

from twittervotes.board import curtain
from twittervotes.core.contest.snapshot import State

__all__ = ["chromium"]  # a fixture

PAGES = ("/", "/c/show", "/c/show/proof", "/embed/show")
LIGHTEST = 30_000  # bytes of an audience page with all that it loads, packed


@pytest.fixture
def show(tmp_path: Path) -> Path:
    path = ledger(tmp_path / "show.votes", settled=False)
    write(path, document(5766, 4231, 2483))
    return path


@pytest.fixture
def url(show: Path, serve: Start) -> str:
    url = serve(show)
    known(url, "show").close()
    return url


@pytest.fixture
def quiet(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """Yield a browser that must report nothing."""
    yield chromium
    said = [entry["message"] for entry in chromium.get_log("browser")]
    assert [text for text in said if not text.startswith("chrome://")] == []


def text(browser: webdriver.Chrome, selector: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, selector).text


def names(browser: webdriver.Chrome) -> list[str]:
    return [each.text for each in browser.find_elements(By.CSS_SELECTOR, ".row .name")]


def ground(browser: webdriver.Chrome) -> str:
    script = "return getComputedStyle(document.documentElement).backgroundColor"
    colour: str = browser.execute_script(script)
    return colour


def test_a_vote_is_live(show: Path, url: str, quiet: webdriver.Chrome) -> None:
    quiet.get(f"{url}/c/show")
    assert text(quiet, "h1") == "Which distribution do you run?"
    assert text(quiet, "[data-total]") == "12,480"
    assert names(quiet) == ["Debian", "Ubuntu", "Arch"]
    write(show, document(5766, 6000, 2483))
    until(lambda: text(quiet, "[data-total]") == "14,249")
    until(lambda: names(quiet) == ["Ubuntu", "Debian", "Arch"])
    assert text(quiet, "[data-choice=ubuntu] [data-percent]") == "42.1"
    bar = quiet.find_element(By.CSS_SELECTOR, "[data-choice=ubuntu] .fill")
    until(lambda: bar.get_attribute("width") == "100.00%")
    live = quiet.find_element(By.CSS_SELECTOR, "[aria-live]")
    until(lambda: "Ubuntu" in (live.get_attribute("textContent") or ""))


def test_networks_and_steps_follow_the_total(show: Path, url: str, quiet: webdriver.Chrome) -> None:
    quiet.get(f"{url}/c/show")
    write(show, document(5766, 6000, 2483))
    until(lambda: text(quiet, "[data-total]") == "14,249")
    assert text(quiet, "[data-network=Mastodon]") == "14,249"
    assert text(quiet, ".steps .last dd") == "14,249"
    assert text(quiet, ".steps div:nth-child(2) dd") == "− 1,424"


def test_choices_have_the_colours_that_the_operator_chose(
    show: Path, url: str, quiet: webdriver.Chrome
) -> None:
    picture = snapshot(5766, 4231, 2483)
    chosen = replace(picture.contest.choices[1], colour="#d70a53")
    choices = (picture.contest.choices[0], chosen, *picture.contest.choices[2:])
    picture = replace(picture, contest=replace(picture.contest, choices=choices))
    write(show, curtain.document(picture, hidden=False))
    until(lambda: "colours.css" in requests.get(f"{url}/c/show", timeout=PATIENCE_S).text)
    found = {}
    for path in ("/c/show", "/embed/show", "/overlay/show"):
        for name in ("light", "dark"):
            scheme(quiet, name)
            quiet.get(url + path)
            letter = quiet.find_element(By.CSS_SELECTOR, "[data-choice=ubuntu] .letter")
            found[path, name] = letter.value_of_css_property("background-color")
    assert found["/c/show", "light"] == found["/embed/show", "light"] == "rgba(215, 10, 83, 1)"
    assert found["/c/show", "dark"] == found["/embed/show", "dark"] != found["/c/show", "light"]
    assert found["/overlay/show", "light"] == found["/overlay/show", "dark"]


def test_hiding_removes_the_numbers_from_every_page(
    show: Path, url: str, quiet: webdriver.Chrome
) -> None:
    for path in ("/c/show", "/embed/show", "/overlay/show"):
        quiet.get(url + path)
        write(show, document(5766, 4231, 2483, hidden=True))
        until(lambda: "46.2" not in quiet.page_source and "5,766" not in quiet.page_source)
        write(show, document(5766, 4231, 2483))
        until(lambda: "46.2" in quiet.page_source)


def test_an_overlay_shows_the_current_state_at_once(
    show: Path, url: str, quiet: webdriver.Chrome
) -> None:
    resize(quiet, 1920, 1080)
    for view in ("bars", "lower", "ticker"):
        quiet.get(f"{url}/overlay/show?view={view}")
        assert text(quiet, "[data-choice=debian] [data-percent]") == "46.2"
        ground = quiet.execute_script(
            "return getComputedStyle(document.documentElement).backgroundColor"
        )
        assert ground == "rgba(0, 0, 0, 0)"
        panel = quiet.find_element(By.CSS_SELECTOR, ".panel").rect
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= 1920
        assert panel["y"] + panel["height"] <= 1080
    quiet.get(f"{url}/overlay/show?view=number&choice=arch&show=votes")
    assert text(quiet, ".single") == "2,483"
    write(show, document(1, 2, 3000))
    until(lambda: text(quiet, ".single") == "3,000")


def test_without_scripts_everything_is_there(url: str, quiet: webdriver.Chrome) -> None:
    quiet.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    quiet.get(f"{url}/c/show")
    for shown in ("12,480", "46.2", "Debian", "How the vote developed", "Votes per network"):
        assert shown in quiet.find_element(By.TAG_NAME, "main").text
    assert quiet.find_elements(By.CSS_SELECTOR, "noscript meta[http-equiv=refresh]")


@pytest.mark.parametrize("width", [320, 390, 1280, 3840])
def test_no_page_is_wider_than_the_screen(width: int, url: str, quiet: webdriver.Chrome) -> None:
    resize(quiet, width, 900)
    for path in PAGES:
        quiet.get(url + path)
        assert quiet.execute_script("return document.documentElement.scrollWidth") <= width


def test_pages_follow_light_and_dark(url: str, quiet: webdriver.Chrome) -> None:
    for path in PAGES:
        quiet.get(url + path)
        grounds = set()
        for name in ("light", "dark"):
            scheme(quiet, name)
            grounds.add(ground(quiet))
        assert len(grounds) == 2


def test_a_search_finds_a_vote(url: str, quiet: webdriver.Chrome) -> None:
    quiet.get(url)
    field = quiet.find_element(By.NAME, "q")
    field.send_keys("#arch\n")
    until(lambda: "q=%23arch" in quiet.current_url)
    assert text(quiet, ".cards h2") == "Which distribution do you run?"
    quiet.get(f"{url}/?q=cats")
    assert text(quiet, "main").endswith("No votes found.")


def test_a_board_that_was_killed_and_started_again_continues(
    show: Path, chromium: webdriver.Chrome
) -> None:
    with serving(str(show)) as (url, process):
        known(url, "show").close()
        chromium.get(f"{url}/c/show")
        until(lambda: chromium.find_elements(By.CSS_SELECTOR, "html.js"))  # its script runs
        port = url.rpartition(":")[2]
        process.kill()
        process.wait(PATIENCE_S)
        with serving(str(show), port=port):
            write(show, document(1, 2, 3))
            until(lambda: text(chromium, "[data-total]") == "6")


def test_numbers_are_in_the_viewers_language(url: str) -> None:
    for language, total, share in (
        ("de-AT,en;q=0.5", "12.480", "46,2"),
        ("fr", "12\u202f480", "46,2"),
    ):
        page = requests.get(
            f"{url}/c/show", headers={"accept-language": language}, timeout=PATIENCE_S
        ).text
        assert total in page
        assert share in page


def test_an_audience_page_is_light(url: str) -> None:
    page = requests.get(f"{url}/c/show", timeout=PATIENCE_S).text
    assert "https://" not in page.replace("http://www.w3.org", "")
    loaded = [part.split('"')[0] for part in page.split('"/static/')[1:]]
    assert len(loaded) == 3
    files = [requests.get(f"{url}/static/{name}", timeout=PATIENCE_S).content for name in loaded]
    size = sum(len(gzip.compress(each)) for each in (page.encode(), *files))
    assert size < LIGHTEST, size


def test_pages_are_in_the_font_that_the_board_brings(url: str, quiet: webdriver.Chrome) -> None:
    faces = "return [...document.fonts].filter((face) => face.status === 'loaded').length"
    for path in ("/c/show", "/overlay/show"):
        quiet.get(url + path)
        until(lambda: quiet.execute_script(faces) == 2)
        loaded = "return performance.getEntriesByType('resource').map((e) => e.name)"
        assert all(name.startswith(url) for name in quiet.execute_script(loaded))


def test_a_vote_that_is_over_has_no_clock_and_says_who_won(
    show: Path, url: str, quiet: webdriver.Chrome
) -> None:
    write(show, document(5766, 4231, 2483, state=State.CERTIFIED))
    until(lambda: "Certified result" in requests.get(f"{url}/c/show", timeout=PATIENCE_S).text)
    quiet.get(f"{url}/c/show")
    assert quiet.find_elements(By.CSS_SELECTOR, "[data-clock]") == []
    assert "Debian" in text(quiet, ".words")
    quiet.get(f"{url}/c/show/proof")
    assert "pack.zip" in text(quiet, ".files")
