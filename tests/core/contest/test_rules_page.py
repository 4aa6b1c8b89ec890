"""docs/rules.md: its examples and its order of verdicts are right, and no rule is missing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

from twittervotes.core.config.rules import ruled
from twittervotes.core.contest.contest import Choice, Contest, Rules, Tie
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.posts import Kind, Post, Tally, Verdict
from twittervotes.core.contest.tie import decision
from twittervotes.core.contest.versions import current_version
from twittervotes.core.counting.running import tally
from twittervotes.core.counting.verdicts import judged

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")
DAY_MS = 86_400_000
MIDNIGHT = 1_700_006_400_000  # of any day
NAMES = ("debian", "ubuntu", "arch")


def at(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return MIDNIGHT + (hours * 3600 + minutes * 60 + seconds) * 1000


VOTE = Contest(
    "Which one?",
    (Choice("debian"), Choice("ubuntu", aliases=("ubunut",)), Choice("arch")),
    opens_ms=at("20:00:00"),
    closes_ms=at("20:10:00"),
)
PAUSES = ((at("20:03:00"), at("20:05:00")),)


@dataclass(frozen=True)
class Example:
    """A table of the page: posts in rows, and in each column their verdicts under some rules."""

    number: int
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(first: str) -> Iterator[Example]:
    """Return the tables whose first column is named `first`."""
    for number, table in enumerate(re.findall(r"(?:^\|.*\|\n)+", PAGE, re.MULTILINE)):
        lines = [tuple(map(str.strip, line.strip("|").split("|"))) for line in table.splitlines()]
        header, _, *rows = lines
        if header[0] == first:
            yield Example(number, header, tuple(rows))


def seen(key: int, row: tuple[str, ...]) -> list[Post]:
    """Return the versions of the post that a row describes."""
    account, _, age = row[0].partition(", ")
    kind = row[2].partition(":")[0] if ":" in row[2] else "post"
    at_ms = at(row[1])
    days = re.match("[0-9]+", age)
    post = Post(
        network="x",
        key=str(key),
        voter=account,
        at_ms=at_ms,
        tags=" ".join(re.findall(r"#(\w+)", row[2])),
        kind=Kind(kind),
        born_ms=at_ms - int(days[0]) * DAY_MS if days else 0,
    )
    gone = post._replace(kind=Kind.WITHDRAWN, tags="", at_ms=at_ms + 60_000)
    return [post, gone] if "deleted" in row[2] else [post]


def contest_of(column: str) -> Contest:
    name, _, value = column.strip("`").partition("=")
    if name == "paused":
        return replace(VOTE, pauses=PAUSES)
    return replace(VOTE, rules=ruled(Rules(), [] if name == "usual" else [(name, value)]))


EXAMPLES = [
    pytest.param(example, place, id=f"{example.number}-{column.strip('`')}")
    for example in tables("account")
    for place, column in enumerate(example.header)
    if place > 2
]


@pytest.mark.parametrize(("example", "place"), EXAMPLES)
def test_an_example_is_judged_as_the_page_says(example: Example, place: int) -> None:
    contest = contest_of(example.header[place])
    kept = contest.rules.withdrawn
    posts = [current_version(seen(key, row), kept) for key, row in enumerate(example.rows)]
    found = judged(sorted(posts, key=lambda post: (post.voter, post.at_ms, post.key)), contest)
    said = {
        int(post.key): verdict.value
        + (f": {' and '.join(NAMES[i] for i in choices)}" if choices else "")
        for post, verdict, choices in found
    }
    assert [said[key] for key in range(len(posts))] == [row[place] for row in example.rows]
    live = dict(tally(posts, contest).verdicts)
    assert live[Verdict.COUNTED] == sum(row[place].startswith("counted") for row in example.rows)


def test_every_rule_and_every_value_has_its_place() -> None:
    for field in fields(Rules):
        name = field.name.removesuffix("_s")
        assert re.search(rf"^### .*`{name}`", PAGE, re.MULTILINE), (
            f"docs/rules.md needs a heading for `{name}`"
        )
        for value in getattr(type(getattr(Rules(), field.name)), "__members__", {}).values():
            section = PAGE.split(f"`{name}`\n", 1)[1].split("\n#", 1)[0]
            assert f"`{value}`" in section, f"{name}={value}"


def test_verdicts_are_listed_in_the_order_of_checks() -> None:
    told = re.findall(r"^[0-9]+\. \*\*([a-z ]+)\*\*", PAGE, re.MULTILINE)
    assert sorted(told) == sorted(verdict.value for verdict in Verdict)
    rules = {"exclude": "x:ann", "reposts": "ignore", "required": "vote", "min_account_age": "1d"}
    contest = replace(VOTE, rules=ruled(Rules(), list(rules.items())), pauses=PAUSES)
    post = Post("x", "2", "ann", at("19:59:59"), "", Kind.WITHDRAWN, 0, at("19:00:00"))
    first = Post("x", "1", "bob", at("20:00:00"), "arch vote")
    mended = (  # one reason after another is taken away, and the next one is the verdict
        {"voter": "bob"},
        {"kind": Kind.REPOST},
        {"kind": Kind.POST},
        {"at_ms": at("20:10:00")},
        {"at_ms": at("20:03:00")},
        {"at_ms": at("20:06:00")},
        {"tags": "debian arch"},
        {"tags": "debian arch vote"},
        {"tags": "debian vote"},
        {"born_ms": 0},
        {"voter": "cem"},
        {},
    )
    verdicts = []
    for change in mended:
        verdicts += [each.verdict.value for each in judged([first, post], contest)][1:]
        post = post._replace(**change)  # type: ignore[arg-type]
    assert verdicts == told


def test_hashtags_compare_as_documented() -> None:
    (table,) = tables("one")
    networks = [name.lower() for name in table.header[2:]]
    assert networks == ["x", "mastodon"]
    for one, other, *same in table.rows:
        said = ["same" if fold(one, net) == fold(other, net) else "other" for net in networks]
        assert said == same, one


def test_the_draw_of_the_page_is_the_draw_of_the_program() -> None:
    seed, tied = "03-17-22-31-40-45", re.findall(r"printf '[0-9-]+\\n(\w+)'", PAGE)
    assert sorted(tied) == ["arch", "debian"]
    for tag in tied:
        assert hashlib.sha256(f"{seed}\n{tag}".encode()).hexdigest() in PAGE
    drawn = replace(VOTE, rules=Rules(tie=Tie.DRAW), seed=seed)
    (winner,) = decision(Tally((2, 1, 2), ()), drawn).winners
    assert f"So of debian and arch, {NAMES[winner]} wins." in PAGE
