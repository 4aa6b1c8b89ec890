"""The board's pages for everyone: WCAG 2.2 AA by axe-core, from a phone to 4K, and less motion."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from board_votes import document, ledger, write
from browser import chromium, resize, scheme
from patience import until
from selenium import webdriver
from selenium.webdriver.common.by import By
from serving import Start, known

from twittervotes.core.contest.snapshot import State

__all__ = ["chromium"]  # a fixture

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
PAGES = (
    "/",
    "/?q=nothing+like+that",
    "/c/live",
    "/c/hidden",
    "/c/over",
    "/c/none",
    "/c/live/proof",
    "/c/hidden/proof",
    "/c/over/proof",
    "/c/over/proof?post=https://x.com/somebody/status/1",
    "/embed/live",
    "/embed/hidden",
)
OVERLAYS = (
    "/overlay/live",
    "/overlay/live?view=lower",
    "/overlay/live?view=ticker",
    "/overlay/live?view=number",
    "/overlay/hidden",
)
RUN = """
const done = arguments[arguments.length - 1];
axe.run({runOnly: arguments[0]}).then(
  (found) => done([found.passes.length, found.violations.map((each) => [
    each.id, each.help, each.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))])]),
  (error) => done([0, [["axe", String(error), []]]]));
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the script of axe-core, from a package that is never imported."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("axe.min.js").read_text("utf-8")


@pytest.fixture
def url(tmp_path: Path, serve: Start) -> str:
    for name, settled in (("live", False), ("hidden", False), ("over", True)):
        state = State.CERTIFIED if settled else State.OPEN
        said = document(5766, 4231, 2483, state=state, hidden=name == "hidden")
        write(ledger(tmp_path / f"{name}.votes", settled=settled), said)
    (tmp_path / "catalogue.toml").write_text('[over]\ncategory = "Tech"\nhighlighted = true\n')
    url = serve(tmp_path, "--lookups")
    for name in ("live", "hidden", "over"):
        known(url, name).close()
    return url


@pytest.mark.parametrize(("width", "theme"), [(320, "dark"), (1280, "light"), (3840, "dark")])
def test_axe_finds_no_barrier_on_any_page(
    width: int, theme: str, url: str, axe: str, chromium: webdriver.Chrome
) -> None:
    resize(chromium, width, 900)
    scheme(chromium, theme)
    found = {}
    for path in (*PAGES, *OVERLAYS):
        chromium.get(url + path)
        chromium.execute_script(axe)
        # A picture that lies over a programme has no headings and landmarks to move between.
        tags = [tag for tag in TAGS if path in PAGES or tag != "best-practice"]
        passes, violations = chromium.execute_async_script(RUN, tags)
        assert passes > 4, path
        if violations:
            found[path] = violations
    assert found == {}, json.dumps(found, indent=1)


def test_axe_finds_a_real_barrier(url: str, axe: str, chromium: webdriver.Chrome) -> None:
    chromium.get(f"{url}/c/live")
    chromium.execute_script("document.querySelector('.scan img').removeAttribute('alt')")
    chromium.execute_script(axe)
    _, violations = chromium.execute_async_script(RUN, list(TAGS))
    assert [each[0] for each in violations] == ["image-alt"]


def test_reduced_motion_makes_rows_and_bars_jump(
    tmp_path: Path, url: str, chromium: webdriver.Chrome
) -> None:
    feature = {"name": "prefers-reduced-motion", "value": "reduce"}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    for path in ("/c/live", "/overlay/live"):
        write(tmp_path / "live.votes", document(5766, 4231, 2483))
        chromium.get(url + path)
        chromium.execute_script(
            "window.moved = 0;"
            "Element.prototype.animate = () => { moved += 1; };"
            "addEventListener('transitionrun', (e) => { moved += e.elapsedTime; }, true);"
        )
        bar = chromium.find_element(By.CSS_SELECTOR, "[data-choice=debian] [data-bar]")
        duration = "return getComputedStyle(arguments[0]).transitionDuration"
        assert chromium.execute_script(duration, bar) == "0.01s"
        write(tmp_path / "live.votes", document(5766, 9000, 2483))
        until(lambda: chromium.find_element(By.CSS_SELECTOR, ".row .name").text == "Ubuntu")
        assert chromium.execute_script("return moved") == 0
