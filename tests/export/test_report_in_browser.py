"""The report as Chromium shows and prints it: readable, within the page, without a complaint."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from held import CONTEST, Export, audience, held
from patience import PATIENCE_S
from selenium import webdriver
from test_report import hostile

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync")
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
    missing = [path.name for path in (CHROMIUM, DRIVER) if not path.exists()]
    if missing:
        pytest.fail(f"{' and '.join(missing)} missing: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(str(DRIVER), log_output=subprocess.DEVNULL)
    driver = webdriver.Chrome(options, service)
    driver.set_page_load_timeout(PATIENCE_S)
    try:
        yield driver
    finally:
        driver.quit()


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
    chromium.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    chromium.get((tmp_path / "report.html").as_uri())
    whole, seen = chromium.execute_script(WIDTHS)
    assert seen <= width
    assert whole <= seen
    assert chromium.get_log("browser") == []
