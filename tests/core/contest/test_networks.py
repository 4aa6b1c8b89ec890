"""Networks that packages describe: how they are found, and what one without a description gets."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import contest, post

from twittervotes.core.contest import networks
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.folding import _remembered, fold
from twittervotes.core.contest.judge import KNOWN_NETWORKS, Judge
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.contest.references import meant, question
from twittervotes.core.errors import ConfigError
from twittervotes.presentation.phrases import source_title

PACKAGE = """
from twittervotes.core.contest.networks import Meant, Network

def fold(tag):
    return tag.replace("0", "o").lower()

def meant(link):
    return Meant(keys=(link[6:],)) if link.startswith("guest:") else None

GUESTS = Network(
    "guestbook", "Guest book", {"guests": "Guest book (v2)"},
    fold=fold, meant=meant, accounts="its name in the guest book",
)
"""


@pytest.fixture
def guestbook(tmp_path: Path) -> Iterator[None]:
    """Install a package that describes one network well and two badly."""
    (tmp_path / "guestbook.py").write_text(PACKAGE, "utf-8")
    about = tmp_path / "guestbook-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: guestbook\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        f"[{networks.GROUP}]\nguestbook = guestbook:GUESTS\n"
        "broken = no_such_package:NETWORK\nnumber = guestbook:fold\n"
    )
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    forget()
    yield
    sys.path.remove(str(tmp_path))
    sys.modules.pop("guestbook", None)
    forget()


def forget() -> None:
    networks.forget()
    _remembered.cache_clear()


@pytest.mark.usefixtures("guestbook")
def test_a_package_decides_how_its_network_folds() -> None:
    assert fold("Deb0", "guestbook") == fold("debO", "guestbook") == "debo"
    assert fold("Deb0", "x") != fold("debo", "x")
    held = Contest("", (Choice("debo"), Choice("arch")), opens_ms=0)
    votes = [post(tags="DEB0", network=name, at_ms=1) for name in ("guestbook", "x")]
    judge = Judge(held)
    assert [judge(vote)[0] for vote in votes] == [Verdict.COUNTED, Verdict.NO_CHOICE]


@pytest.mark.usefixtures("guestbook")
def test_a_package_reads_links_and_names_its_network_and_sources() -> None:
    assert meant("guest:17").keys == ("guest:17", "17")
    assert "its name in the guest book" in question()
    assert networks.of("guestbook").title == "Guest book"
    assert source_title("guests:here") == "Guest book (v2) here"
    assert networks.of_source("guests").name == "guestbook"


@pytest.mark.usefixtures("guestbook")
@pytest.mark.parametrize("name", ["broken", "number"])
def test_a_network_whose_package_cannot_be_loaded_is_not_counted(name: str) -> None:
    with pytest.raises(ConfigError, match=f"The network {name} can't be counted"):
        Judge(contest())(post(network=name))


@pytest.mark.usefixtures("guestbook")
def test_a_broken_package_harms_no_other_network(caplog: pytest.LogCaptureFixture) -> None:
    assert {each.name for each in networks.installed()} >= {"guestbook", "x", "mastodon"}
    assert [record.getMessage().split()[2] for record in caplog.records] == ["broken", "number"]


def test_an_unknown_network_is_compared_without_regard_to_case() -> None:
    assert networks.of("nowhere").title == source_title("nowhere") == "Nowhere"
    assert source_title("nowhere:example.org") == "Nowhere example.org"
    assert fold("Straße", "nowhere") == fold("strasse", "nowhere")
    assert Judge(contest())(post(tags="DEBIAN", network="nowhere"))[0] is Verdict.COUNTED


def test_any_number_of_network_names_takes_little_memory() -> None:
    judge = Judge(contest())
    for number in range(KNOWN_NETWORKS + 10):
        assert judge(post(network=f"n{number}"))[0] is Verdict.COUNTED
    assert len(judge._choosing) == KNOWN_NETWORKS


def test_an_installation_without_networks_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "GROUP", "twittervotes.nothing")
    forget()
    with pytest.raises(ConfigError, match="Install twittervotes again"):
        fold("debian", "x")
    forget()


def test_chats_have_titles_and_a_youtube_channel_is_found_by_its_link() -> None:
    channel = "UC" + "a1_-" * 5 + "bc"
    assert (networks.of("youtube").title, networks.of("twitch").title) == ("YouTube", "Twitch")
    assert channel in meant(f"https://www.youtube.com/channel/{channel}").voters
    assert channel not in meant(f"https://youtube.com/@{channel}").voters
