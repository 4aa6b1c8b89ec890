"""docs/adding-a-rule.md: a copy of the program is changed as described, and runs a vote."""

from __future__ import annotations

import json
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from page_changes import ROOT, Copy, changed, faults, size

PAGE = ROOT / "docs" / "adding-a-rule.md"
VERIFIER = str(ROOT / "twittervotes" / "standalone" / "verify.py")  # without the rule
MOST_LINES = 40
WORDS = "posts with more than 2 hashtags"
POSTS = (("1", "debian"), ("2", "debian", "a", "b"), ("3", "arch", "a"), ("4", "cats"))
IN_THE_WINDOW = """
from hand import snapshot
from twittervotes.core.contest.rules import Rules
from twittervotes.desktop.actions.forms import rule_form
from twittervotes.desktop.start_page.draft import RULE_FIELDS

done = []
form = rule_form(snapshot(1, 2), done.append)
typed = {field.name: field.value for field in form.fields} | {"tag_limit": "2"}
print(form.words(typed))
form.done(typed)
assert done[0].rules == Rules(tag_limit=2)
print([rule.spec.title for rule in RULE_FIELDS][-1])
"""


def packed(copy: Copy, name: str) -> Path:
    """Export the pack of a ledger, into a folder of its name."""
    (copy.folder / name).mkdir(exist_ok=True)
    copy.run("export", f"{name}.votes", "--to", f"{name}/pack.zip")
    return copy.folder / name / "pack.zip"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = changed(PAGE, tmp_path_factory.mktemp("rule"))
    posts = [
        {
            "created_at": f"Tue Nov 08 21:16:{42 + number} +0000 2022",
            "id_str": str(10**18 + number),
            "entities": {"hashtags": [{"text": tag} for tag in tags]},
            "user": {"id_str": who},
        }
        for number, (who, *tags) in enumerate(POSTS)
    ]
    (copy.folder / "posts.jsonl").write_text("\n".join(map(json.dumps, posts)))
    options = ("--hashtags", "debian", "arch")
    copy.run("import", "posts.jsonl", "--ledger", "usual.votes", *options)
    copy.run("import", "posts.jsonl", "--ledger", "rule.votes", *options, "--rule", "tag_limit=2")
    return copy


def test_the_code_is_short() -> None:
    assert size(PAGE) < MOST_LINES


def test_the_code_is_linted_and_typed_like_ours(copy: Copy) -> None:
    assert faults(copy) == ""


def test_the_rule_can_be_set_in_both_places(copy: Copy) -> None:
    assert "tag_limit" in copy.run("--help")
    config = copy.folder / "config.yaml"
    config.write_text("sources: [x]\ncontest: {rules: {tag_limit: many}}\n")
    said = copy.run("sources", "--config", str(config), code=2)
    assert ":2:30: tag_limit must be a whole number" in said
    config.write_text("sources: [x]\ncontest: {rules: {tag_limit: 5}}\n")
    copy.run("sources", "--config", str(config))


def test_votes_are_counted_and_described_under_it(copy: Copy) -> None:
    result = json.loads(copy.run("result", "rule.votes"))
    assert [row["votes"] for row in result["tally"]] == [1, 1]
    assert result["verdicts"]["ignored"] == 1
    assert result["contest"]["rules"]["tag_limit"] == 2
    assert f"In this vote {WORDS} do not count." in copy.run("explain", "rule.votes", "2")
    assert f"; {WORDS} don't count." in copy.run("recount", "rule.votes", "--rule", "quotes=count")
    copy.run("export", "rule.votes", "--to", "report.html")
    assert WORDS in (copy.folder / "report.html").read_text("utf-8")


def test_a_recount_says_what_it_would_change(copy: Copy) -> None:
    found = json.loads(copy.run("recount", "usual.votes", "--rule", "tag_limit=2", "--json"))
    assert found["difference"] == {"debian": -1, "arch": 0}


def test_the_verifier_agrees_and_one_that_lacks_the_rule_refuses(copy: Copy) -> None:
    for name in ("usual", "rule"):
        copy.run("verify", f"{name}.votes")
        with zipfile.ZipFile(packed(copy, name)) as pack:
            pack.extract("verify.py", copy.folder)
        done = copy.python("verify.py", f"{name}/pack.zip")
        assert done.returncode == 0, done.stdout
    done = copy.python(VERIFIER, "rule/pack.zip")
    assert (done.returncode, "tag_limit: use a newer verifier" in done.stdout) == (2, True)


def test_without_it_nothing_is_written_in_another_way(copy: Copy) -> None:
    assert "tag_limit" not in copy.run("result", "usual.votes")
    assert b"tag_limit" not in (copy.folder / "usual.votes").read_bytes()
    done = copy.python(VERIFIER, str(packed(copy, "usual")))
    assert done.returncode == 0, done.stdout


def test_the_window_asks_for_it(copy: Copy) -> None:
    done = copy.python("-c", IN_THE_WINDOW)
    assert done.returncode == 0, done.stderr
    assert f"{WORDS} don't count" in done.stdout
    assert "Most hashtags in a post" in done.stdout


def test_the_functions_that_the_page_names_for_other_rules_are_there() -> None:
    for module, name in (("accounts", "Accounts"), ("recount", "Recount"), ("verdicts", "judged")):
        told = PAGE.read_text("utf-8").replace("\n", " ")
        assert f"`{name}` in `core/counting/{module}.py`" in told
        assert callable(getattr(import_module(f"twittervotes.core.counting.{module}"), name))
