"""A stranger's program: makes a tally of nothing but the events of a vote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
import reference

from twittervotes.core.contest.act_kinds import after_all
from twittervotes.core.contest.acts import Act
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post


def followed(lines: Iterable[str | bytes]) -> tuple[reference.Numbers, str]:
    """Return the numbers that follow from events, and the digest of the last."""
    contest, acts, posts, digest = Contest("", ()), [], [], ""
    for line in lines:
        event = json.loads(line)
        data, digest = event["data"], event["digest"]
        match event["type"]:
            case "twittervotes.contest.v1":
                contest = msgspec.convert(data["body"]["contest"], Contest)
            case "twittervotes.act.v1":
                acts += acts_of(data["body"])
            case "twittervotes.post.v1":
                fields = {name: data[name] for name in Post._fields if name != "voter"}
                posts.append(Post(voter=data["account"], **fields))
    return reference.count(posts, after_all(contest, acts)), digest


def acts_of(body: dict[str, Any]) -> list[Act]:
    """Return what an act does; one that excludes an account names its seals, perhaps several."""
    seals = body.pop("exclude", [""])
    act = msgspec.convert(body, Act)
    return [replace(act, voter=seal or act.voter) for seal in seals]
