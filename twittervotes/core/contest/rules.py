"""The rules of a vote. Each is declared once, as a field of `Rules`, and every view reads it there.

docs/adding-a-rule.md shows how to add one. What each means, with an example, is in docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import partial
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")


class PerAccount(StrEnum):
    """Which ballots of an account count; an account is one voter on one network."""

    FIRST = "first"
    LAST = "last"
    ALL = "all"
    PER_CHOICE = "per_choice"


class Several(StrEnum):
    """How a post that names several choices counts."""

    SPOILT = "spoilt"
    EACH = "each"
    FIRST = "first"


class Withdrawn(StrEnum):
    """How posts count that were deleted, or whose account is gone, before certification."""

    DROP = "drop"
    KEEP = "keep"


class Tie(StrEnum):
    """Who wins when several choices have the most votes."""

    DECLARE = "declare"
    EARLIEST = "earliest"
    DRAW = "draw"


class Policy(StrEnum):
    """Whether a kind of post may vote."""

    COUNT = "count"
    IGNORE = "ignore"


class TagSet(NamedTuple):
    """What posts share that are judged once: their network, kind and hashtags, without the "#"."""

    network: str
    kind: str
    tags: str  # separated by spaces


@dataclass(frozen=True, slots=True)
class RuleSpec(Generic[V]):
    """What a rule needs besides its name, type and default.

    Attributes:
        title: The rule's label in a form.
        words: Describes a value to the audience; "" if there is nothing to say.
        options: The values to pick from in a form, each with its words. Any other rule is typed.
        example: Shown in the empty field of a rule that is typed.
        prefix: Put before each item of a list in a form.
        ignores: Returns whether posts with a tag set don't count.
            `contest.judge` applies the rules without it; `counting.running` and `counting.recount`
            apply those on several posts of an account.
        ignored: The name of such posts.
    """

    title: str
    words: Callable[[V], str]
    options: tuple[tuple[V, str], ...] = ()
    example: str = ""
    prefix: str = ""
    ignores: Callable[[V, TagSet], bool] | None = None
    ignored: Callable[[V], str] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A declared rule: its field in `Rules`, its default, and its specification."""

    field: str
    usual: object
    spec: RuleSpec[object]

    @property
    def name(self) -> str:
        """The rule's name in a configuration and on the command line."""
        return self.field.removesuffix("_s")

    @property
    def is_number(self) -> bool:
        """Whether it is a number, but not of seconds."""
        return isinstance(self.usual, int) and self.name == self.field

    def of(self, rules: Rules) -> object:
        """Return this rule's value in `rules`."""
        value: object = getattr(rules, self.field)
        return value


def declared(usual: V, spec: RuleSpec[V]) -> V:
    """Declare a rule: a field of `Rules` with its default."""
    found: V = field(default=usual, metadata={"spec": spec})
    return found


def span(seconds: int) -> str:
    """Return a duration in words, such as "2 hours"."""
    spans = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in spans if seconds % size == 0)
    return f"{seconds // size} {unit}{'s' * (seconds > size)}"


def _kind(title: str, usual: Policy) -> RuleSpec[Policy]:
    """Return the specification of the rule on a kind of post."""

    def words(policy: Policy) -> str:
        if policy is Policy.IGNORE:
            return f"{title.lower()} don't count"
        return "" if policy is usual else f"{title.lower()} count"

    options = ((Policy.IGNORE, "not counted"), (Policy.COUNT, "counted"))
    return RuleSpec(title, words, options)


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts, the most important first; views say the rules in this order.

    The type of a field says what may be written for it: one of an enum's values, a whole number,
    a list of texts. A number of seconds ends in `_s` and is written as a duration.
    """

    per_account: PerAccount = declared(
        PerAccount.FIRST,
        RuleSpec(
            "Votes per account",
            {
                PerAccount.FIRST: "One vote per account: the first",
                PerAccount.LAST: "One vote per account: the last",
                PerAccount.ALL: "Every post is a vote",
                PerAccount.PER_CHOICE: "One vote per account for each choice",
            }.__getitem__,
            (
                (PerAccount.FIRST, "first only"),
                (PerAccount.LAST, "last only"),
                (PerAccount.PER_CHOICE, "one for each choice"),
                (PerAccount.ALL, "every post"),
            ),
        ),
    )
    several: Several = declared(
        Several.SPOILT,
        RuleSpec(
            "Posts naming several choices",
            {
                Several.SPOILT: "posts naming several choices don't count",
                Several.EACH: "posts naming several choices count for each",
                Several.FIRST: "posts naming several choices count for the first",
            }.__getitem__,
            (
                (Several.SPOILT, "not counted"),
                (Several.EACH, "count for each"),
                (Several.FIRST, "count for the first"),
            ),
        ),
    )
    reposts: Policy = declared(Policy.IGNORE, _kind("Reposts", Policy.IGNORE))
    quotes: Policy = declared(Policy.COUNT, _kind("Quotes", Policy.COUNT))
    replies: Policy = declared(Policy.COUNT, _kind("Replies", Policy.COUNT))
    required: tuple[str, ...] = declared(
        (),
        RuleSpec(
            "Posts must also contain",
            lambda tags: f"posts must also contain #{' #'.join(tags)}" if tags else "",
            example="hashtags, e.g. #live",
            prefix="#",
        ),
    )
    min_account_age_s: int = declared(
        0,
        RuleSpec(
            "Minimum account age",
            lambda age: f"accounts must be at least {span(age)} old" if age else "",
            example="e.g. 30d",
        ),
    )
    grace_s: int = declared(
        0,
        RuleSpec(
            "Count late posts up to",
            lambda grace: f"votes up to {span(grace)} late count" if grace else "",
            example="e.g. 30s",
        ),
    )
    exclude: tuple[str, ...] = declared(
        (),
        RuleSpec(
            "Excluded accounts",
            lambda names: (
                f"{len(names):,} account{'s' * (len(names) > 1)} excluded" if names else ""
            ),
            example="account IDs, separated by commas",
        ),
    )
    withdrawn: Withdrawn = declared(
        Withdrawn.DROP,
        RuleSpec(
            "Deleted posts",
            lambda value: "deleted posts count" if value is Withdrawn.KEEP else "",
            ((Withdrawn.DROP, "not counted"), (Withdrawn.KEEP, "counted")),
        ),
    )
    tie: Tie = declared(
        Tie.DECLARE,
        RuleSpec(
            "Ties",
            {
                Tie.DECLARE: "",
                Tie.EARLIEST: "a tie goes to the choice that got there first",
                Tie.DRAW: "a tie is decided by draw",
            }.__getitem__,
            (
                (Tie.DECLARE, "stay a tie"),
                (Tie.EARLIEST, "earliest wins"),
                (Tie.DRAW, "decided by draw"),
            ),
        ),
    )


RULES = tuple(Rule(each.name, each.default, each.metadata["spec"]) for each in fields(Rules))
FIRST_RULES = 11  # every ledger and result has these; a later rule only if it has an effect


def rules_in_words(rules: Rules) -> tuple[str, ...]:
    """Describe rules to an audience: one short phrase each, the most important first."""
    said = (rule.spec.words(rule.of(rules)) for rule in RULES)
    return tuple(filter(None, said))


def ignoring(rules: Rules) -> Mapping[str, Callable[[TagSet], bool]]:
    """Return the predicates of rules that ignore posts, by the name of the ignored posts."""
    return {
        rule.spec.ignored(value): partial(rule.spec.ignores, value)
        for rule, value in ((rule, rule.of(rules)) for rule in RULES)
        if rule.spec.ignores and rule.spec.ignored and value != rule.usual
    }


def unwritten(rules: Rules) -> frozenset[str]:
    """Return the fields that ledgers and results omit: later rules with their default.

    So a new rule changes no byte of the votes that don't use it.
    """
    return frozenset(rule.field for rule in RULES[FIRST_RULES:] if rule.of(rules) == rule.usual)
