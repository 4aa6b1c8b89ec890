"""A second count, written as simply as possible: loops and dicts.

Written from the rules alone. It shares no code with the product, so what the two agree on, they
agree on for two reasons.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post, Tally

Numbers = dict[str, Any]


def current_posts(seen: Iterable[Post], withdrawn: str = "drop") -> list[Post]:
    """Return every post once: its latest revision.

    Told in two ways, it is the one with more tags, then the one posted earlier. A withdrawal
    without a revision is the last word, another one until a later version comes; under "keep" a
    post is what it was before.
    """
    best: dict[tuple[str, str], Post] = {}
    for post in seen:
        name = (post.network, post.key)
        if name not in best:
            best[name] = post
            continue
        held = best[name]
        gone, held_gone = post.kind == "withdrawn", held.kind == "withdrawn"
        if withdrawn == "keep" and gone != held_gone:
            better = held_gone
        elif (gone and post.revision == 0) != (held_gone and held.revision == 0):
            better = gone and post.revision == 0
        elif post.revision != held.revision:
            better = post.revision > held.revision
        elif gone != held_gone:
            better = gone
        elif len(set(post.tags.split())) != len(set(held.tags.split())):
            better = len(set(post.tags.split())) > len(set(held.tags.split()))
        elif post.at_ms != held.at_ms:
            better = post.at_ms < held.at_ms
        else:
            better = tuple(post) > tuple(held)
        if better:
            best[name] = post
    return list(best.values())


def count(seen: Iterable[Post], contest: Contest) -> Numbers:
    """Count posts, seen in any order and any number of times."""
    rules = contest.rules
    numbers: Numbers = {
        "votes": [0] * len(contest.choices),
        "verdicts": {},
        "networks": {},
        "minutes": {},
    }
    used: dict[object, bool] = {}
    posts = sorted(current_posts(seen, rules.withdrawn), key=lambda post: (post.at_ms, post.key))
    if rules.per_account == "last":
        posts.reverse()
    for post in posts:
        verdict, choices = judge(post, contest)
        if verdict == "counted":
            account = (post.network, post.voter)
            if rules.per_account == "per_choice":
                choices = [number for number in choices if (account, number) not in used]
                for number in choices:
                    used[(account, number)] = True
                if not choices:
                    verdict = "repeat"
            elif rules.per_account != "all":
                if account in used:
                    verdict = "repeat"
                    choices = []
                used[account] = True
        numbers["verdicts"][verdict] = numbers["verdicts"].get(verdict, 0) + 1
        for number in choices:
            numbers["votes"][number] += 1
            minute = post.at_ms // 60_000 * 60_000
            for table, row in (("networks", post.network), ("minutes", minute)):
                votes = numbers[table].setdefault(row, [0] * len(contest.choices))
                votes[number] += 1
    for adjustment in contest.adjustments:
        for number, choice in enumerate(contest.choices):
            if choice.tag == adjustment.tag:
                numbers["votes"][number] += adjustment.votes
    numbers["votes"] = [max(0, votes) for votes in numbers["votes"]]
    return numbers


def judge(post: Post, contest: Contest) -> tuple[str, list[int]]:
    """Return what the rules say of a post by itself."""
    rules = contest.rules
    if post.voter in rules.exclude or post.network + ":" + post.voter in rules.exclude:
        return "excluded", []
    if post.kind == "withdrawn":
        return "withdrawn", []
    if post.kind == "repost" and rules.reposts == "ignore":
        return "ignored", []
    if post.kind == "quote" and rules.quotes == "ignore":
        return "ignored", []
    if post.kind == "reply" and rules.replies == "ignore":
        return "ignored", []
    if post.at_ms < contest.opens_ms:
        return "early", []
    if contest.closes_ms is not None and post.at_ms >= contest.closes_ms + rules.grace_s * 1000:
        return "late", []
    for begins, ends in contest.pauses:
        if post.at_ms >= begins and (ends is None or post.at_ms < ends):
            return "paused", []
    tags = [same(tag) for tag in post.tags.split()]
    choices = []
    for tag in tags:
        for number, choice in enumerate(contest.choices):
            marked = ["word:" + word.replace(" ", "_") for word in choice.words]
            if post.network == "mastodon":
                marked = []
            names = [same(name) for name in [choice.tag, *choice.aliases, *marked]]
            if tag in names and number not in choices:
                choices.append(number)
    if not choices:
        return "no choice", []
    for tag in rules.required:
        if same(tag) not in tags:
            return "incomplete", []
    if len(choices) > 1 and rules.several == "spoilt":
        return "spoilt", []
    told_and_wanted = rules.min_account_age_s > 0 and post.born_ms != 0
    if told_and_wanted and post.at_ms - post.born_ms < rules.min_account_age_s * 1000:
        return "young", []
    if rules.several == "first":
        choices = choices[:1]
    return "counted", choices


def same(tag: str) -> str:
    """Return what two spellings of one hashtag have in common."""
    return unicodedata.normalize("NFKC", tag).casefold()


def numbers(tally: Tally) -> Numbers:
    """Return the product's tally in the reference's form."""
    return {
        "votes": list(tally.votes),
        "verdicts": {verdict.value: number for verdict, number in tally.verdicts if number},
        "networks": {network: list(votes) for network, votes in tally.networks},
        "minutes": {minute: list(votes) for minute, votes in tally.minutes},
    }
