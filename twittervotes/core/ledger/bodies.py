"""What the bodies of entries may say, by their kinds, whether or not their digests fit.

Somebody who knows the program can rewrite a ledger and compute all digests anew. So each value that
the count or the result uses is checked here, as the stand-alone verifier checks it by a table of
its own. `row_checks` says what the private part of an entry may name.
"""

from __future__ import annotations

import json
import math
import re
from typing import Annotated, Final

import msgspec

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest, check_size
from twittervotes.core.contest.posts import LONGEST_VALUE, TIMES_MS
from twittervotes.core.contest.rules import RULES, Rules

BIG: Final = 10**15  # no number in a ledger is larger
MOST_DIGITS: Final = 20
LONG: Final = re.compile(rb"[-\d]\d{20}")
MOST_PARTS: Final = 200_000  # lists and objects in one body
SEAL: Final = r"\A[0-9a-f]{32}\Z"

Number = Annotated[int, msgspec.Meta(ge=-BIG, lt=BIG)]
Time = Annotated[int, msgspec.Meta(ge=TIMES_MS.start, lt=TIMES_MS.stop)]
Seals = list[Annotated[str, msgspec.Meta(pattern=SEAL)]]


class PageBody(msgspec.Struct):
    """What the entry of a page says of its posts and of the request."""

    seen: Number
    new: Number
    again: Number
    feed: str = ""
    bad: list[str] = []
    billed: Number = 0
    ids: list[str] = []
    of_accounts: bool = False


class SourceBody(msgspec.Struct):
    """What the entry of a source says of it."""

    network: str
    complete: bool
    queries: list[str] = []


class GapBody(msgspec.Struct):
    """What the entry of a gap says of it."""

    from_ms: Time
    to_ms: Time
    reason: str
    sweep: bool = False
    stopped: bool = False


class _ContestBody(msgspec.Struct):
    contest: Contest


class _ActBody(msgspec.Struct):
    does: str
    exclude: Seals = []


FORMS: Final = {"page": PageBody, "source": SourceBody, "gap": GapBody}


def decoded(text: bytes) -> dict[str, object]:
    """Decode a body as strictly as every reader of a ledger does.

    Raises ValueError, RecursionError or msgspec.MsgspecError when programs could disagree on what
    it says: a name that is there twice, a number that is too long, or half a surrogate pair.
    """
    if text.count(b"[") + text.count(b"{") > MOST_PARTS:
        raise ValueError("too many lists and objects")
    plain: object = msgspec.json.decode(text)
    if not LONG.search(text) and isinstance(plain, dict) and msgspec.json.encode(plain) == text:
        return plain  # it has no such thing: this is faster than looking for each
    found = json.loads(
        text,
        parse_int=_whole,
        parse_float=_finite,
        parse_constant=_finite,
        object_pairs_hook=_once,
    )
    if b"\\u" in text:
        json.dumps(found, ensure_ascii=False).encode()
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def check(kind: str, body: dict[str, object]) -> None:
    """Check what a body says.

    Raises ValueError, ContestError or msgspec.ValidationError when no ledger says such a thing.
    What only a later version knows, an act or a rule, is not refused here.
    """
    if kind in FORMS:
        msgspec.convert(body, FORMS[kind])
    elif kind == "contest":
        _check_contest(msgspec.convert(body, _ContestBody).contest)
    elif kind == "act":
        _check_act(body)


def _check_contest(contest: Contest) -> None:
    check_size(contest)
    _check_rules(contest.rules)
    ends = (contest.opens_ms, contest.closes_ms, *(end for each in contest.pauses for end in each))
    times = [*ends, *(each.at_ms for each in contest.adjustments)]
    if not all(at_ms is None or at_ms in TIMES_MS for at_ms in times):
        raise ValueError("a time that no clock shows")
    if not all(-BIG <= each.votes < BIG for each in contest.adjustments):
        raise ValueError("more votes than there can be")


def _check_act(body: dict[str, object]) -> None:
    if msgspec.convert(body, _ActBody).does not in list(ActKind):
        return
    act = msgspec.convert(body, Act)
    is_long = act.longest > LONGEST_VALUE
    if is_long or not all(at_ms in TIMES_MS for at_ms in act.times) or not -BIG <= act.votes < BIG:
        raise ValueError("a value that no act has")
    if act.rules:
        _check_rules(act.rules)
        check_size(Contest("", (), act.rules))
    elif act.does is ActKind.RULED:
        raise ValueError("no rules")


def _check_rules(rules: Rules) -> None:
    values = [rule.of(rules) for rule in RULES]
    if not all(0 <= value < BIG for value in values if isinstance(value, int)):
        raise ValueError("a rule with a number that is too large")
    if not all(re.match(SEAL, seal) for seal in rules.exclude):
        raise ValueError("an account that is not sealed")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError("a number is too long")
    return int(digits)


def _finite(digits: str) -> float:
    if not math.isfinite(float(digits)):
        raise ValueError("a number is too large")
    return float(digits)
