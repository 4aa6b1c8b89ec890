"""A ledger of a later version: what this one doesn't know is refused, never counted without it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from samples import contest

from twittervotes.core.contest.acts import ActKind
from twittervotes.core.contest.rules import FIRST_RULES, RULES, Rules, unwritten
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.standalone import verify

LATER = [
    ({"does": "renamed", "at_ms": 5}, "act 'renamed'"),
    ({"does": "ruled", "at_ms": 5, "rules": {"phase_of_moon": "full"}}, "rule 'phase_of_moon'"),
]


def verified(path: Path) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = verify.main([str(path)])
    return code, said.getvalue()


def check_refused(path: Path, what: str) -> None:
    before = path.read_bytes()
    for opened in (Reader, Ledger.reopen):
        with pytest.raises(LedgerError, match=f"has the {what}.* newer twittervotes"):
            opened(path)
    assert path.read_bytes() == before
    code, said = verified(path)
    assert code == 2
    assert f"has the {what.replace(chr(39), '')}: use a newer verifier" in said


@pytest.mark.parametrize(("body", "what"), LATER)
def test_an_act_of_a_later_version_is_refused(
    body: Mapping[str, object], what: str, tmp_path: Path
) -> None:
    path = tmp_path / "one.votes"
    with Ledger.create(path, contest(), 1) as ledger:
        ledger.append([Entry("act", "", body)], 5)
    check_refused(path, what)


def test_a_contest_with_a_rule_of_a_later_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twittervotes.core.ledger import queries

    later = queries.said(contest())
    later["rules"] = {"phase_of_moon": "full"}
    path = tmp_path / "one.votes"
    with monkeypatch.context() as patched:
        patched.setattr(queries, "said", lambda _: later)
        patched.setattr(queries, "_check_known", lambda *_: None)
        Ledger.create(path, contest(), 1).close()
    check_refused(path, "rule 'phase_of_moon'")


def test_the_rules_and_acts_of_the_first_version_keep_their_place() -> None:
    first = "per_account several reposts quotes replies required min_account_age_s grace_s exclude"
    assert [rule.field for rule in RULES][:FIRST_RULES] == [*first.split(), "withdrawn", "tie"]
    assert [rule.field for rule in RULES] == [each.name for each in fields(Rules)]
    assert unwritten(Rules()).isdisjoint(first.split())


def test_the_verifier_knows_every_rule_and_every_act() -> None:
    for does in ActKind:
        vote = verify.Contest({"title": "One?", "choices": []}, None)
        try:
            vote.apply({"does": does.value}, None)
        except verify.Newer:
            raise
        except verify.CannotRead as error:  # it knows the act, and asks for what belongs to it
            assert "is missing" in str(error)  # noqa: PT017
    known = [*verify.RULES, *verify.NEWER_RULES]
    assert known == [rule.field for rule in RULES]
    assert len(verify.RULES) == FIRST_RULES
    for rule in RULES:
        values = {**verify.RULES, **verify.NEWER_RULES}[rule.field]
        if isinstance(values, tuple):
            assert set(values) == {value for value, _ in rule.spec.options}
            assert values[0] == rule.usual
        else:
            assert values == (list(rule.usual) if isinstance(rule.usual, tuple) else rule.usual)
