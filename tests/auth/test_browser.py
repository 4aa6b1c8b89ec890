"""The sign-in as a person does it: in Chromium, from the button to "All set"."""

from __future__ import annotations

import stat
from pathlib import Path

from browser import chromium, scheme
from oauth_provider import Provider
from patience import PATIENCE_S
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_twitter_auth import folder, started, told

from twittervotes.auth import oauth1_token
from twittervotes.auth.oauth1_token import Token
from twittervotes.auth.settings import SignIn

__all__ = ["chromium", "folder", "scheme"]  # fixtures, and what another test takes from here

# What the screen shows at a spot, told by the contrast of the colours that were computed.
CONTRASTS = """
const channels = colour => colour.match(/[\\d.]+/g).map(Number);
const light = colour => {
  const [r, g, b] = channels(colour).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = element => {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if (channels(colour)[3] !== 0) return colour;
  }
};
return [...document.querySelectorAll("h1, p, strong, button")].map(element => {
  const both = [getComputedStyle(element).color, ground(element)].map(light);
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
});
"""


def heading(chromium: webdriver.Chrome) -> str:
    return chromium.find_element(By.TAG_NAME, "h1").text


def press(chromium: webdriver.Chrome, text: str) -> None:
    button = chromium.find_element(By.XPATH, f"//button[starts-with(., '{text}')]")
    button.click()
    WebDriverWait(chromium, PATIENCE_S).until(lambda _: _gone(button))


def _gone(button: object) -> bool:
    from selenium.common.exceptions import WebDriverException

    try:
        button.is_enabled()  # type: ignore[attr-defined]
    except WebDriverException:
        return True
    return False


def complaints(chromium: webdriver.Chrome) -> list[str]:
    """What the browser reports, except our 403 for a refused sign-in."""
    said = [entry["message"] for entry in chromium.get_log("browser")]
    return [text for text in said if "status of 403" not in text]


def test_a_person_signs_in_and_the_program_ends_by_itself(
    chromium: webdriver.Chrome, provider: Provider, sign_in: SignIn, folder: Path
) -> None:
    path = folder / ".twitterauth"
    with started(folder, "--no-browser", "--port", str(sign_in.port)) as process:
        told(process)
        chromium.get(sign_in.page_url)
        press(chromium, "Sign in with")
        assert chromium.current_url.startswith(provider.url + "/oauth/authorize?oauth_token=")

        press(chromium, "Cancel")
        assert heading(chromium) == "Sign-in declined"
        assert not path.exists()

        press(chromium, "Sign in with")
        press(chromium, "Allow")
        assert heading(chromium) == "All set"
        assert "@ada" in chromium.find_element(By.TAG_NAME, "main").text
        assert process.wait(PATIENCE_S) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (key, secret), *_ = provider.access.items()
    assert oauth1_token.read(path) == Token(key, secret, "123", "ada", "0")
    assert not any(secret in chromium.page_source for secret in provider.secrets())
    assert complaints(chromium) == []


def test_the_pages_can_be_read_in_light_and_dark_and_used_from_the_keyboard(
    chromium: webdriver.Chrome, provider: Provider, sign_in: SignIn, folder: Path
) -> None:
    with started(folder, "--no-browser", "--port", str(sign_in.port)) as process:
        told(process)
        for address in (sign_in.page_url, sign_in.callback_url):
            chromium.get(address)
            grounds = set()
            for name in ("light", "dark"):
                scheme(chromium, name)
                assert min(chromium.execute_script(CONTRASTS)) >= 4.5
                body = chromium.find_element(By.TAG_NAME, "body")
                grounds.add(body.value_of_css_property("background-color"))
            assert len(grounds) == 2, "the style was not applied"
            assert chromium.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
        chromium.switch_to.active_element.send_keys("\ue004")  # the Tab key
        assert chromium.switch_to.active_element.tag_name == "button"
        assert chromium.switch_to.active_element.value_of_css_property("outline-style") == "solid"
    assert complaints(chromium) == []
