"""The report as Chromium shows and prints it: readable, within the page, without a complaint."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser import resize, started
from held import CONTEST, Export, audience, held
from selenium import webdriver
from test_report import hostile

# The lowest contrast of a text with the paper: of its colour, or of its fill in a drawing.
LOWEST_CONTRAST = """
const light = colour => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const texts = [...document.body.querySelectorAll("*")].filter(element =>
  !element.closest(".watermark") && !element.closest(".badge") && element.tagName !== "title" &&
  [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
return Math.min(...texts.map(element => {
  const style = getComputedStyle(element);
  return 1.05 / (light(element instanceof SVGElement ? style.fill : style.color) + 0.05);
}));
"""
WIDTHS = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
TITLE_SIZE = "return parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    yield from started(tmp_path_factory)


def pages(driver: webdriver.Chrome) -> int:
    """Print on A4 and count the sheets."""
    made = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(made["data"])))


@pytest.mark.parametrize("is_rehearsal", [False, True])
def test_a_usual_vote_is_readable_and_takes_one_sheet(
    is_rehearsal: bool, chromium: webdriver.Chrome, tmp_path: Path, exported: Export
) -> None:
    path = held(tmp_path / "v.votes", audience(900), replace(CONTEST, rehearsal=is_rehearsal))
    exported(path, "report.html")
    chromium.get((tmp_path / "report.html").as_uri())
    assert chromium.get_log("browser") == []
    assert chromium.execute_script(TITLE_SIZE) == pytest.approx(20 * 96 / 72, abs=0.1)
    assert chromium.execute_script(LOWEST_CONTRAST) >= 4.5
    assert pages(chromium) == 1


@pytest.mark.parametrize("width", [360, 1000])
def test_no_text_makes_the_page_wider_than_the_window(
    width: int, chromium: webdriver.Chrome, tmp_path: Path, exported: Export
) -> None:
    exported(hostile(tmp_path / "h.votes"), "report.html", with_accounts=True)
    resize(chromium, width, 800)
    chromium.get((tmp_path / "report.html").as_uri())
    whole, seen = chromium.execute_script(WIDTHS)
    assert seen <= width
    assert whole <= seen
    assert chromium.get_log("browser") == []
