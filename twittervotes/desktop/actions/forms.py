"""The forms of the acts that need more than a confirmation: their fields, and the resulting act.

Pure except for the sentences: a snapshot in, a form out. Whether an act is allowed is decided where
it is carried out; the form only predicts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

from twittervotes.core.config.acts import put
from twittervotes.core.config.rules import ruled, typed, written
from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import OPERATOR, Act, ActKind
from twittervotes.core.contest.permissions import check, tag_of
from twittervotes.core.errors import ContestError
from twittervotes.core.file_name import of_title
from twittervotes.desktop.actions.undo import readmitting
from twittervotes.desktop.start_page.draft import RULE_FIELDS
from twittervotes.desktop.widgets.form import Field, Form, Typed
from twittervotes.presentation.phrases import FINAL, result_in_words, rules_in_words

if TYPE_CHECKING:
    from twittervotes.core.contest.act_spec import Parameter
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.rules import Rule, Rules
    from twittervotes.core.contest.snapshot import Snapshot

EXPORTS = {
    "pack.zip": "Results pack with proof (.zip)",
    "report.html": "Report to read (.html)",
    "result.xlsx": "Spreadsheet (.xlsx)",
    "result.csv": "Result as a table (.csv)",
    "votes.csv": "Every post and its verdict (.csv)",
    "result.json": "Result for programs (.json)",
}
CHANGEABLE = tuple(rule for rule in RULE_FIELDS if rule.name != "exclude")  # it has its own form
Do = Callable[[Act], None]
NOTHING: Mapping[str, str] = MappingProxyType({})


def rule_form(snapshot: Snapshot, do: Do, by: str = "") -> Form:
    """Return the form for changing rules; it describes the picked values in words."""
    rules = snapshot.contest.rules

    def changed(typed: Typed) -> Rules:
        return ruled(rules, [(rule.name, _written(rule, typed[rule.name])) for rule in CHANGEABLE])

    def act(typed: Typed) -> Act:
        return Act(ActKind.RULED, rules=changed(typed), by=by or OPERATOR)

    def words(typed: Typed) -> str:
        found = changed(typed)
        if found == rules:
            raise ContestError("No changes yet.")
        _checked(snapshot, act(typed))
        return "All posts will be recounted: " + " · ".join(rules_in_words(found)) + "."

    detail = "The change is recorded and shown with the result."
    asked = tuple(_rule_field(rules, rule) for rule in CHANGEABLE)
    return Form("Change rules", detail, asked, "Change rules", words, lambda typed: do(act(typed)))


def readmit_form(snapshot: Snapshot, do: Do, by: str = "", account: str = "") -> Form:
    """Return the form for readmitting an excluded account, with a reason."""
    excluded = snapshot.contest.rules.exclude

    def act(typed: Typed) -> Act:
        reason = f"readmitted {typed['voter']}: {typed['reason']}" if typed["reason"] else ""
        return readmitting(snapshot.contest, typed["voter"], reason, typed["by"] or OPERATOR)

    def words(typed: Typed) -> str:
        _checked(snapshot, act(typed))
        return "Its votes count again. All posts will be recounted."

    asked = (
        Field("voter", "Account", account if account in excluded else excluded[-1], excluded),
        Field(
            "reason",
            "Reason (public)",
            check=lambda text: "" if text else "Enter the reason (public).",
        ),
        Field("by", "Your name", by),
    )
    detail = "The exclusion and the readmission both stay in the activity log."
    return Form("Readmit account", detail, asked, "Readmit", words, lambda typed: do(act(typed)))


def act_form(
    does: ActKind, snapshot: Snapshot, do: Do, by: str = "", values: Mapping[str, str] = NOTHING
) -> Form:
    """Return the form for an act; `values` prefills it."""
    spec, contest = ACTS[does], snapshot.contest

    def act(typed: Typed) -> Act:
        found = Act(does, by=typed["by"] or ("" if spec.needs_name else OPERATOR))
        for parameter in spec.parameters:
            if typed[parameter.name]:
                found = _put(found, parameter, typed[parameter.name])
        return replace(found, tag=tag_of(contest, found.tag)) if found.tag else found

    def words(typed: Typed) -> str:
        found = act(typed)
        _checked(snapshot, found)
        return spec.follows(found, contest)

    asked = [_field(does, each, contest, values.get(each.name, "")) for each in spec.parameters]
    named = "Enter your name." if spec.needs_name else ""
    result = result_in_words(snapshot.tally, contest, is_final=snapshot.state in FINAL)
    return Form(
        spec.title,
        spec.detail or result,
        (*asked, Field("by", "Your name", by, check=lambda text: "" if text else named)),
        spec.yes or spec.title,
        words,
        lambda typed: do(act(typed)),
    )


def export_form(snapshot: Snapshot, folder: str, write: Callable[[str], None]) -> Form:
    """Return the form for an export; the file's name has the vote's title and date."""
    kinds = {words: kind for kind, words in EXPORTS.items()}

    def path(typed: Typed) -> PurePath:
        return PurePath(typed["folder"]) / export_name(snapshot, kinds[typed["what"]])

    def words(typed: Typed) -> str:
        return f"Saves {path(typed).name}, without account names."

    asked = (
        Field("what", "What", EXPORTS["pack.zip"], tuple(kinds)),
        Field(
            "folder",
            "Folder",
            folder,
            check=lambda text: "" if text else "Enter a folder.",
            is_folder=True,
        ),
    )
    detail = "You are asked before an existing file is replaced."
    return Form("Export", detail, asked, "Export", words, lambda typed: write(str(path(typed))))


def export_name(snapshot: Snapshot, kind: str) -> str:
    """Return the name of an export: Which-one-2026-11-20-1400-pack.zip."""
    contest = snapshot.contest
    began = datetime.fromtimestamp(contest.opens_ms / 1000).astimezone()
    title = of_title(contest.title) or "vote"
    return f"{'rehearsal-' * contest.rehearsal}{title}-{began:%Y-%m-%d-%H%M}-{kind}"


def _checked(snapshot: Snapshot, act: Act) -> None:
    """Raise ContestError with a sentence if `act` would be refused now."""
    at_ms = act.at_ms or snapshot.now_ms
    tally = snapshot.tally if snapshot.recounting is None else None
    check(replace(act, at_ms=at_ms), snapshot.contest, snapshot.state, tally)


def _field(does: ActKind, parameter: Parameter, contest: Contest, value: str) -> Field:
    choices = parameter.choices(contest) if parameter.choices else ()
    value = value or next(iter(choices), parameter.value)
    label = parameter.label or f"{parameter.help[:1].upper()}{parameter.help[1:]}"

    def wrong(text: str) -> str:
        if not text:
            return f"Enter {parameter.help}."
        try:
            _put(Act(does), parameter, text)
        except ContestError as error:
            return str(error)
        return ""

    return Field(parameter.name, label, value, choices, wrong)


def _put(act: Act, parameter: Parameter, text: str) -> Act:
    """Return `act` with the typed value; raise ContestError with a sentence if it's invalid."""
    try:
        return put(act, parameter, text)
    except ValueError as error:
        words = str(error)
        if words.startswith("must be "):
            raise ContestError(f"Enter {words.removeprefix('must be ')}.") from None
        raise ContestError(f"The {parameter.name} {words}.") from None


def _rule_field(rules: Rules, rule: Rule) -> Field:
    value, words = typed(rule, rules), {str(each): words for each, words in rule.spec.options}
    choices = tuple(words.values())
    return Field(
        rule.name, rule.spec.title, words.get(value, value), choices, shows_all=bool(choices)
    )


def _written(rule: Rule, text: str) -> str:
    """Return what was picked or typed in the command line's format."""
    return {words: str(value) for value, words in rule.spec.options}.get(text) or written(
        rule, text
    )
