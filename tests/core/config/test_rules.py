"""The rules as an operator writes them on the command line."""

from __future__ import annotations

import pytest

from twittervotes.core.config.binding import slots
from twittervotes.core.config.display import rgb
from twittervotes.core.config.rules import READERS, ruled
from twittervotes.core.contest.contest import PerAccount, Policy, Rules, Several, Tie, Withdrawn
from twittervotes.core.errors import ConfigError


def test_each_rule_can_be_written() -> None:
    written = {
        "per_account": "last",
        "several": "each",
        "reposts": "count",
        "quotes": "ignore",
        "replies": "ignore",
        "required": "#live,tonight",
        "min_account_age": "30d",
        "grace": "1m30s",
        "exclude": "x:1, x:2",
        "withdrawn": "keep",
        "tie": "draw",
    }
    assert set(written) == {slot.key for slot in slots(Rules, READERS)}
    assert ruled(Rules(), written.items()) == Rules(
        PerAccount.LAST,
        Several.EACH,
        Policy.COUNT,
        Policy.IGNORE,
        Policy.IGNORE,
        ("live", "tonight"),
        30 * 86_400,
        90,
        ("x:1", "x:2"),
        Withdrawn.KEEP,
        Tie.DRAW,
    )


def test_omitted_rules_stay_unchanged() -> None:
    rules = Rules(grace_s=5, required=("live",))
    assert ruled(rules, []) == rules
    assert ruled(rules, [("required", ""), ("several", "each")]) == Rules(
        several=Several.EACH, grace_s=5
    )


def test_of_a_rule_given_twice_the_last_counts() -> None:
    assert ruled(Rules(), [("grace", "1"), ("grace", "2")]).grace_s == 2


def test_all_wrong_rules_are_reported_together_with_what_was_meant() -> None:
    pairs = [("per_acount", "last"), ("several", "eech"), ("grace", "0.5s"), ("required", "a!")]
    with pytest.raises(ConfigError) as caught:
        ruled(Rules(), pairs)
    assert str(caught.value).splitlines() == [
        "--rule: Unknown setting 'per_acount'; did you mean 'per_account'?",
        "--rule: several must be spoilt, each or first; did you mean 'each'?",
        "--rule: grace must be whole seconds, such as 30s or 0.",
        "--rule: #a! isn't a valid hashtag because of '!'. Use only letters, digits and '_'.",
    ]


def test_a_colour_is_normalised_to_six_digits() -> None:
    assert [rgb(text) for text in ("#D70A53", "d70a53", "#fa0")] == [
        "#d70a53",
        "#d70a53",
        "#ffaa00",
    ]
    with pytest.raises(ValueError, match="must be a colour"):
        rgb("reddish")
