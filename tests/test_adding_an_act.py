"""docs/adding-an-act.md: a copy of the program is changed as described, and does the act."""

from __future__ import annotations

import json
import zipfile

import pytest
from page_changes import ROOT, Copy, changed, faults, size

PAGE = ROOT / "docs" / "adding-an-act.md"
VERIFIER = str(ROOT / "twittervotes" / "standalone" / "verify.py")  # without the act
MOST_LINES = 40
POSTS = (("1", "debian", 42), ("2", "debian", 44), ("3", "arch", 43), ("4", "debian", 45))
SINCE = ("--since", "2022-11-08 21:16:44+00:00")
WHY = ("--reason", "wrong hashtags on screen", "--by", "Ada")
IN_THE_WINDOW = """
from hand import Hand, MINUTE_MS, OPENS_MS, snapshot
from twittervotes.app.intents import IDLE
from twittervotes.core.config.duration import moment
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.desktop.actions.forms import act_form
from twittervotes.desktop.window import Window

hand = Hand()
hand.window = Window(IDLE, scale=1.0)
hand.show(snapshot(1, 2))
menu = hand.window.control.menus["Vote"]
print([(action.word, action.can) for group in menu for action in group])
hand.window.stop()
hand.window.run()

done = []
form = act_form(ActKind.VOIDED, snapshot(1, 2), done.append)
print([field.label for field in form.fields], form.yes)
typed = {"since": "2026-11-19 20:03", "reason": "wrong hashtags", "by": "Ada"}
print(form.words(typed))
form.done(typed)
at_ms = moment("2026-11-19 20:03")
assert done == [Act(ActKind.VOIDED, by="Ada", reason="wrong hashtags", from_ms=at_ms)]
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = changed(PAGE, tmp_path_factory.mktemp("act"))
    posts = [
        {
            "created_at": f"Tue Nov 08 21:16:{second} +0000 2022",
            "id_str": str(10**18 + number),
            "entities": {"hashtags": [{"text": tag}]},
            "user": {"id_str": who},
        }
        for number, (who, tag, second) in enumerate(POSTS)
    ]
    (copy.folder / "posts.jsonl").write_text("\n".join(map(json.dumps, posts)))
    options = ("--hashtags", "debian", "arch", "--rule", "closes=2022-11-08 22:00+00:00")
    copy.run("import", "posts.jsonl", "--ledger", "before.votes", *options)
    (copy.folder / "one.votes").write_bytes((copy.folder / "before.votes").read_bytes())
    return copy


@pytest.fixture(scope="module")
def said(copy: Copy) -> str:
    """Do the act, and return what the command said."""
    return copy.run("void", "one.votes", *SINCE, *WHY)


def test_the_code_is_short() -> None:
    assert size(PAGE) < MOST_LINES


def test_the_code_is_linted_and_typed_like_ours(copy: Copy) -> None:
    assert faults(copy) == ""


def test_the_command_line_has_it(copy: Copy) -> None:
    listed = copy.run("--help").split()
    assert " ".join(listed).count("void don't count what was posted since some time") == 1
    assert "when it began, e.g. 2026-11-21 20:03" in copy.run("void", "--help")
    later = ("--since", "2999-01-01 00:00+00:00")
    words = "The time from which posts don't count must have passed."
    assert words in copy.run("void", "before.votes", *later, *WHY, code=2)
    assert "--since: 'noon' must be" in copy.run("void", "a", "--since", "noon", *WHY, code=2)


def test_it_is_described_and_votes_are_recounted(copy: Copy, said: str) -> None:
    assert said.startswith("Recorded: Ada voided all posts since ")
    assert ": wrong hashtags on screen.\n" in said
    assert "#debian and #arch are tied with 1 vote." in said
    result = json.loads(copy.run("result", "one.votes"))
    assert [row["votes"] for row in result["tally"]] == [1, 1]
    assert result["verdicts"]["paused"] == 2
    assert result["digest"] in said
    assert "while the vote was paused, from 2022-11-08 21:16:44" in copy.run(
        "explain", "one.votes", "2"
    )
    copy.run("export", "one.votes", "--to", "report.html")
    assert "voided all posts since" in (copy.folder / "report.html").read_text("utf-8")


def test_the_verifier_agrees_and_one_that_lacks_the_act_refuses(copy: Copy, said: str) -> None:
    assert said
    copy.run("verify", "one.votes")
    copy.run("export", "one.votes", "--to", "pack.zip")
    with zipfile.ZipFile(copy.folder / "pack.zip") as pack:
        pack.extract("verify.py", copy.folder)
    done = copy.python("verify.py", "pack.zip")
    assert done.returncode == 0, done.stdout
    done = copy.python(VERIFIER, "pack.zip")
    assert (done.returncode, "the act voided: use a newer verifier" in done.stdout) == (2, True)


def test_other_acts_are_written_as_before(copy: Copy) -> None:
    assert b"from_ms" not in (copy.folder / "before.votes").read_bytes()


def test_the_window_has_it(copy: Copy) -> None:
    done = copy.python("-c", IN_THE_WINDOW)
    assert done.returncode == 0, done.stderr
    assert "('Void posts…', True)" in done.stdout
    assert "'When it began, e.g. 2026-11-21 20:03', 'Reason (public)', 'Your name'] Void posts" in (
        done.stdout
    )
    assert "All posts since then are judged as posted during a pause." in done.stdout
