"""The forms of the acts that need more than a yes: what is asked, and which act comes of it.

Pure but for the sentences: a snapshot in, a form out. Whether an act is allowed is decided where
it is done; here it is only told beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from twittervotes.core.config.rules import ruled, typed, written
from twittervotes.core.contest.acts import OPERATOR, Act, ActKind
from twittervotes.core.contest.permissions import check, tag_of
from twittervotes.core.contest.rules import Rule, Rules
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.core.errors import ContestError
from twittervotes.desktop.start_page.draft import RULE_FIELDS
from twittervotes.desktop.widgets.form import Field, Form, Typed
from twittervotes.presentation.numbers import counted
from twittervotes.presentation.phrases import FINAL, result_in_words, rules_in_words

EXPORTS = {
    "pack.zip": "the results pack (report, votes, chain, verifier)",
    "report.html": "the report as a web page",
    "result.xlsx": "the result as a spreadsheet",
    "result.csv": "the result as a table",
    "result.json": "the result as JSON",
    "votes.csv": "every post and its verdict",
}
CHANGEABLE = tuple(rule for rule in RULE_FIELDS if rule.name != "exclude")  # which has its own form
Do = Callable[[Act], None]


def rule_form(snapshot: Snapshot, do: Do) -> Form:
    """Ask for other rules; what they mean is said in words as they are picked."""
    rules = snapshot.contest.rules

    def changed(typed: Typed) -> Rules:
        return ruled(rules, [(rule.name, _written(rule, typed[rule.name])) for rule in CHANGEABLE])

    def act(typed: Typed) -> Act:
        return Act(ActKind.RULED, rules=changed(typed))

    def words(typed: Typed) -> str:
        found = changed(typed)
        if found == rules:
            raise ContestError("No changes yet.")
        _checked(snapshot, act(typed))
        return "All posts will be recounted: " + " · ".join(rules_in_words(found)) + "."

    detail = "The change is recorded and shown with the result."
    asked = tuple(_rule_field(rules, rule) for rule in CHANGEABLE)
    return Form("Change rules", detail, asked, "Change rules", words, lambda typed: do(act(typed)))


def exclude_form(snapshot: Snapshot, do: Do, account: str = "") -> Form:
    """Ask which account to leave out, and why; `account` is the one that was looked up."""

    def act(typed: Typed) -> Act:
        return Act(ActKind.EXCLUDED, voter=typed["voter"], reason=typed["reason"], by=_name(typed))

    def words(typed: Typed) -> str:
        _checked(snapshot, act(typed))
        return "Its votes won't count. The ledger keeps the account, the reason and your name."

    asked = (
        Field("voter", "Account ID, e.g. x:4711", account),
        Field("reason", "Reason (public)"),
        Field("by", "Your name"),
    )
    detail = "This can't be undone."
    return Form(
        "Exclude account",
        detail,
        asked,
        "Exclude",
        words,
        lambda typed: do(act(typed)),
        kind="danger",
    )


def adjust_form(snapshot: Snapshot, do: Do) -> Form:
    """Ask which choice gains or loses votes by hand, how many, why, and who says so."""
    contest = snapshot.contest
    names = tuple(choice.name for choice in contest.choices)

    def act(typed: Typed) -> Act:
        return Act(
            ActKind.ADJUSTED,
            tag=tag_of(contest, typed["choice"]),
            votes=_whole(typed["votes"]),
            reason=typed["reason"],
            by=typed["by"],
        )

    def words(typed: Typed) -> str:
        found = act(typed)
        _checked(snapshot, found)
        verb = "gains" if found.votes > 0 else "loses"
        return (
            f"{typed['choice']} {verb} {counted(abs(found.votes), 'vote')} (shown as "
            "added by hand)."
        )

    asked = (
        Field("choice", "Choice", names[0], names),
        Field("votes", "Votes, e.g. +3 or -2", "+1"),
        Field("reason", "Reason, e.g. a show of hands"),
        Field("by", "Your name"),
    )
    detail = "Logged and shown separately. To reverse it, enter the opposite number."
    return Form(
        "Add votes by hand", detail, asked, "Add votes", words, lambda typed: do(act(typed))
    )


def draw_form(snapshot: Snapshot, do: Do) -> Form:
    """Ask for the public seed that decides a tie."""

    def act(typed: Typed) -> Act:
        return Act(ActKind.DRAWN, seed=typed["seed"], by=_name(typed))

    def words(typed: Typed) -> str:
        _checked(snapshot, act(typed))
        return "The seed is recorded, so anyone can repeat the draw. It can't be drawn again."

    asked = (
        Field("seed", "Public seed, announced in advance, e.g. lottery numbers"),
        Field("by", "Your name"),
    )
    detail = result_in_words(snapshot.tally, snapshot.contest, is_final=snapshot.state in FINAL)
    return Form(
        "Draw the tie", detail, asked, "Draw", words, lambda typed: do(act(typed)), kind="danger"
    )


def certify_form(snapshot: Snapshot, do: Do) -> Form:
    """Ask who certifies the result."""

    def act(typed: Typed) -> Act:
        return Act(ActKind.CERTIFIED, by=typed["by"])

    def words(typed: Typed) -> str:
        if not typed["by"]:
            raise ContestError("Enter your name to certify the result.")
        _checked(snapshot, act(typed))
        return "The result can't be changed afterwards."

    detail = result_in_words(snapshot.tally, snapshot.contest, is_final=snapshot.state in FINAL)
    return Form(
        "Certify the result?",
        detail,
        (Field("by", "Your name"),),
        "Certify",
        words,
        lambda typed: do(act(typed)),
        kind="danger",
    )


def export_form(snapshot: Snapshot, write: Callable[[str], None]) -> Form:
    """Ask what to write, and into which folder."""

    def words(typed: Typed) -> str:
        if not typed["folder"]:
            raise ContestError("Enter a folder.")
        return f"Saves {EXPORTS[typed['what']]}, without account names."

    asked = (
        Field("what", "File", "pack.zip", tuple(EXPORTS)),
        Field("folder", "Folder", str(PurePath(snapshot.ledger).parent)),
    )

    def done(typed: Typed) -> None:
        write(str(PurePath(typed["folder"]) / typed["what"]))

    detail = "You are asked before an existing file is replaced."
    return Form("Export", detail, asked, "Export", words, done)


def _checked(snapshot: Snapshot, act: Act) -> None:
    """Raise ContestError with a sentence when `act` would be refused now."""
    at_ms = act.at_ms or snapshot.now_ms
    tally = snapshot.tally if snapshot.recounting is None else None
    check(replace(act, at_ms=at_ms), snapshot.contest, snapshot.state, tally)


def _name(typed: Typed) -> str:
    return typed["by"] or OPERATOR


def _whole(text: str) -> int:
    try:
        return int(text.replace("−", "-"))
    except ValueError:
        raise ContestError("Enter a whole number, e.g. +3 or -2.") from None


def _rule_field(rules: Rules, rule: Rule) -> Field:
    value, words = typed(rule, rules), {str(each): words for each, words in rule.spec.options}
    return Field(rule.name, rule.spec.title, words.get(value, value), tuple(words.values()))


def _written(rule: Rule, text: str) -> str:
    """Return what was picked or typed as the command line would say it."""
    return {words: str(value) for value, words in rule.spec.options}.get(text) or written(
        rule, text
    )
