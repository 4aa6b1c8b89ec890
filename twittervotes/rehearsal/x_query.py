"""The parameters of a request to v2, validated as v2 does.

Invalid parameters are reported by name, in the form of v2's first error response. Hashtags are
compared without diacritics, like in X's search index: a search for "café" also finds "cafe".
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from twittervotes.rehearsal.audience import plain, snowflake
from twittervotes.rehearsal.page import HIGHEST_ID
from twittervotes.rehearsal.query import Query, parsed
from twittervotes.rehearsal.x_post import Names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LONGEST = 512
BOTH: tuple[Names, ...] = ("tweet", "post")
WEEK_MS = 7 * 86_400_000
OPERATORS = {
    "-is:retweet": "-filter:retweets",
    "-is:reply": "-filter:replies",
    "-is:quote": "-filter:quote",
}
IDS = re.compile("[0-9]{1,19}(,[0-9]{1,19}){0,99}")
KNOWN = frozenset(
    {"query", "max_results", "sort_order", "expansions", "next_token", "pagination_token"}
    | {"since_id", "until_id", "start_time", "end_time"}
)
TOGETHER = "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'."


@dataclass(frozen=True, slots=True)
class LookUp:
    """The validated parameters of a look-up by IDs."""

    ids: tuple[int, ...]
    fields: frozenset[str]
    names: Names


class BadRequestError(Exception):
    """A parameter that v2 refuses: its name, its value, and why."""

    def __init__(self, parameter: str, value: str, message: str) -> None:
        super().__init__(parameter, value, message)
        self.parameter, self.value, self.message = parameter, value, message


@dataclass(frozen=True, slots=True)
class XSearchParameters:
    """The validated parameters of one search; `above` and `upto` bound the IDs.

    `token_id` is what a next token belongs to: the same query with the same bounds.
    """

    query: str
    most: int
    above: int
    upto: int
    fields: frozenset[str]
    names: Names
    included: bool = False
    token_id: str = ""


def search(
    params: Mapping[str, str], understood: Collection[Names], now_ms: int
) -> XSearchParameters:
    """Parse the parameters of a search, or raise BadRequestError."""
    names = _names(params, understood)
    fields = params.get(f"{names}.fields", "")
    most = _number(params, "max_results", 10)
    if not 10 <= most <= 100:
        _refuse(params, "max_results", "must be between 10 and 100")
    if params.get("sort_order", "recency") != "recency":
        _refuse(params, "sort_order", "must be recency in this rehearsal")
    above, upto = _bounds(params, now_ms)
    found = XSearchParameters(
        _query(params),
        most,
        above,
        upto,
        frozenset(fields.split(",")),
        names,
        f"referenced_{names}s.id" in params.get("expansions", "").split(","),
        _mark(params),
    )
    token = params.get("next_token") or params.get("pagination_token")
    return found if token is None else _continued(found, token)


def looked_up(params: Mapping[str, str], understood: Collection[Names]) -> LookUp:
    """Parse the IDs of a look-up, or raise BadRequestError."""
    names = _names({name: params[name] for name in params if name != "ids"}, understood)
    if not IDS.fullmatch(params.get("ids", "")):
        _refuse(params, "ids", "must be from 1 to 100 ids, parted by commas")
    fields = frozenset(params.get(f"{names}.fields", "").split(","))
    return LookUp(tuple(map(int, params["ids"].split(","))), fields, names)


def next_token(asked: XSearchParameters, upto: int, serial: int) -> str:
    """Return a new token for the page below `upto`; no token is issued twice."""
    return f"b26{asked.token_id}{serial % 4096:03x}{upto:x}"


def query_of(text: str, known: Collection[str]) -> Query:
    """Parse a query; `known` are the existing tags."""
    for operator, word in OPERATORS.items():
        text = text.replace(operator, word)
    query = parsed(text)
    groups = (
        group | {tag for tag in known if bare(tag) in set(map(bare, group))}
        for group in query.groups
    )
    return Query(tuple(map(frozenset, groups)), query.without, query.refused)


def bare(tag: str) -> str:
    """Return a tag as it is in the search index."""
    parts = unicodedata.normalize("NFD", plain(tag))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def moment(params: Mapping[str, str], name: str, now_ms: int) -> int | None:
    """Return a parameter's time in milliseconds."""
    text = params.get(name)
    if text is None:
        return None
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        _refuse(params, name, "must be written YYYY-MM-DDTHH:mm:ssZ")
    at_ms = int(at.timestamp()) * 1000
    if at_ms < now_ms - WEEK_MS:
        _refuse(params, name, "must be within the last seven days")
    if name == "end_time" and at_ms > now_ms - 10_000:
        _refuse(params, name, "must be a minimum of 10 seconds prior to the request time")
    return at_ms


def _query(params: Mapping[str, str]) -> str:
    text = params.get("query", "")
    if not text or len(text) > LONGEST:
        _refuse(params, "query", f"must have from 1 to {LONGEST} characters")
    if "#" not in text or text.count("(") != text.count(")"):
        _refuse(params, "query", "must have a standalone operator, and brackets in pairs")
    if " OR " in text and " -" in text and "(" not in text:
        _refuse(params, "query", "is ambiguous: AND binds tighter than OR")
    return text


def _names(params: Mapping[str, str], understood: Collection[Names]) -> Names:
    told = [names for names in BOTH if f"{names}.fields" in params]
    for name in params:
        known = name in KNOWN or name in [f"{names}.fields" for names in understood]
        if not known:
            _refuse(params, name, f"[{name}] is not one of the parameters of this search")
    return told[0] if told else next(iter(understood))


def _bounds(params: Mapping[str, str], now_ms: int) -> tuple[int, int]:
    start_ms, end_ms = (moment(params, name, now_ms) for name in ("start_time", "end_time"))
    if ("since_id" in params or "until_id" in params) and (start_ms or end_ms):
        _refuse(params, "since_id" if "since_id" in params else "until_id", TOGETHER)
    oldest = snowflake(now_ms - WEEK_MS)
    above, upto = oldest, HIGHEST_ID
    if "since_id" in params:
        above = _number(params, "since_id", 0)
        if above < oldest:
            _refuse(params, "since_id", f"Please use a 'since_id' that is larger than {oldest}")
    if "until_id" in params:
        upto = _number(params, "until_id", 0) - 1
    if start_ms is not None:
        above = max(above, snowflake(start_ms) - 1)
    if end_ms is not None:
        upto = snowflake(end_ms) - 1
    return above, upto


def _continued(asked: XSearchParameters, token: str) -> XSearchParameters:
    found = re.fullmatch(f"b26{asked.token_id}[0-9a-f]{{3}}([0-9a-f]{{1,16}})", token)
    if found is None:
        raise BadRequestError("next_token", token, "Invalid 'next_token': it is of another query.")
    return replace(asked, upto=min(asked.upto, int(found[1], 16)))


def _mark(params: Mapping[str, str]) -> str:
    bounds = [params.get(name, "") for name in ("query", "since_id", "start_time", "end_time")]
    return f"{zlib.crc32(' '.join(bounds).encode()):08x}"


def _number(params: Mapping[str, str], name: str, usual: int) -> int:
    text = params.get(name)
    if text is None:
        return usual
    if not re.fullmatch("[0-9]{1,19}", text):
        _refuse(params, name, "must be a number")
    return int(text)


def _refuse(params: Mapping[str, str], name: str, why: str) -> NoReturn:
    value = params.get(name, "")
    raise BadRequestError(name, value, f"Invalid '{name}':'{value}'. '{name}' {why}.")
