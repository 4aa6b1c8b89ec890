"""The pages build into a site without warnings, and no link is broken."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
BESIDE_THE_CODE = sorted([*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md")])


def built(docs: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    return subprocess.run(
        [*command, "--doctree-dir", site.with_name("trees"), docs, site],
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_page_is_built_without_a_warning(tmp_path: Path) -> None:
    run = built(DOCS, tmp_path / "site")
    assert run.returncode == 0, run.stderr
    pages = {path.stem for path in DOCS.glob("*.md")}
    assert len(pages) > 5
    assert pages <= {path.stem for path in (tmp_path / "site").glob("*.html")}


@pytest.mark.parametrize("target", ["nowhere.md", "index.md#nowhere", "#nowhere", "nothing.png"])
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path, target: str) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(DOCS / "conf.py", docs)
    mark = "!" if target.endswith("png") else ""
    (docs / "index.md").write_text(f"# A page\n\nSee {mark}[this]({target}).\n", "utf-8")
    run = built(docs, tmp_path / "site")
    assert run.returncode == 1
    assert "index.md:3: WARNING" in run.stderr


@pytest.mark.parametrize("page", BESIDE_THE_CODE, ids=lambda page: page.name)
def test_every_link_in_the_repository_works(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    missing = []
    for target in targets:
        path, _, heading = target.partition("#")
        if "://" in path:
            continue
        file = page.parent / path if path else page
        if not file.exists() or (heading and heading not in anchors(file)):
            missing.append(target)
    assert missing == []


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ +(.+?) *$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def test_the_way_of_one_vote_names_eight_modules_that_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    section = page.partition("\n## The way of one vote\n")[2].partition("\n## ")[0]
    modules = re.findall(r"^\| \d \| `([\w/]+\.py)` \|", section, re.MULTILINE)
    assert len(modules) == len(set(modules)) == 8
    for path in re.findall(r"`([\w/]+\.py)`", section):
        assert (ROOT / "twittervotes" / path).is_file(), path
