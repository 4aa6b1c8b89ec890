"""A verifier written from docs/proof.md alone: no line of the program, none of the one given out.

It holds everything in memory, bounds nothing, and returns the numbers instead of comparing them.
"""

from __future__ import annotations

import hashlib
import io
import json
import unicodedata
import zipfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import regex

ORDER = ("network", "key", "voter", "at_ms", "tags", "kind", "revision", "born_ms")
PLAIN = dict(zip("ÐðĐđĦħıĸĿŀŁłŉŊŋØøſŦŧ", "DdDdHhikLlLlnNnOosTt", strict=True))
NO_PART = regex.compile(r"[^\p{Alphabetic}\p{Nd}\u0e47-\u0e4e_·・\u200c]")
Row = dict[str, Any]
Entry = tuple[str, str, int, Any, Any]  # kind, source, time, body, private body


class Found(NamedTuple):
    """What a pack amounts to."""

    result: Row
    posts: dict[tuple[str, str], tuple[str, str]]  # choice and verdict


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def read(path: Path) -> Found:
    """Walk the chain of a pack, and count."""
    digest, entries, posts = bytes(32), [], []
    with zipfile.ZipFile(path) as pack:
        for told in pack.read("SHA256SUMS").decode().splitlines():
            assert sha(pack.read(told[66:])).hex() == told[:64]
        chain, columns = pack.read("chain.jsonl").decode(), io.BytesIO(pack.read("posts.bin"))
    for n, text in enumerate(chain.split("\n")[:-1], 1):
        row = json.loads(text)
        assert row["n"] == n
        line = "\t".join(str(row[name]) for name in ("n", "kind", "source", "at_ms", "body"))
        private_sum = bytes.fromhex(row.get("private_sha256", "00" * 32))
        if "private" in row:
            private_sum = sha(row["private"].encode())
        summed, found = posts_of(columns, row["posts"])
        posts += found
        digest = sha(digest + sha(f"{line}\n".encode()) + private_sum + sha(summed))
        assert digest.hex() == row["digest"]
        body, private = json.loads(row["body"]), json.loads(row.get("private", "{}"))
        entries.append((row["kind"], row["source"], row["at_ms"], body, private))
        assert row["kind"] != "page" or body["new"] == row["posts"]
    assert not columns.read()
    counted = count(entries, posts)
    counted.result["digest"] = digest.hex()
    return counted


def posts_of(columns: io.BytesIO, size: int) -> tuple[bytes, list[Row]]:
    """Read the posts of an entry: the bytes that are summed, and what they say."""
    if not size:
        return b"0 0 0 0 0 0 0 0 0\n", []
    head = columns.readline()
    told, *lengths = map(int, head.split())
    assert told == size
    tag_sets, index, keys, key_texts, seals, times, births, revisions = parts = [
        columns.read(length) for length in lengths
    ]
    sets = [each.split("\t") for each in tag_sets.decode().split("\n")[:-1]]
    texts = iter(key_texts.decode().split("\n"))
    found = []
    for at in range(size):
        network, kind, tags = sets[number(index, at, 2)]
        key = number(keys, at, 8)
        found.append(
            {
                "network": network,
                "key": next(texts) if key >= 2**63 else str(key),
                "voter": seals[16 * at : 16 * at + 16].hex(),
                "at_ms": number(times, at, 8, signed=True),
                "tags": tags,
                "kind": kind,
                "revision": number(revisions, at, 8, signed=True),
                "born_ms": number(births, at, 8, signed=True),
            }
        )
    return head + b"".join(parts), found


def number(column: bytes, at: int, width: int, *, signed: bool = False) -> int:
    return int.from_bytes(column[at * width : at * width + width], "little", signed=signed)


def count(entries: list[Entry], posts: list[Row]) -> Found:
    contest = entries[0][3]["contest"]
    for kind, _, _, body, _ in entries:
        if kind == "act":
            act(contest, body)
    rules = contest["rules"]
    versions = defaultdict(list)
    for post in posts:
        versions[post["network"], post["key"]].append(post)
    accounts = defaultdict(list)
    for (network, _), seen in versions.items():
        post = standing(seen, rules["withdrawn"])
        accounts[network, post["voter"]].append(post)
    tags = [choice["tag"] for choice in contest["choices"]]
    votes, verdicts = [0] * len(tags), defaultdict(int)
    latest, cells = [(0, "")] * len(tags), {}
    for (_, account), ballots in accounts.items():
        is_out = account in rules["exclude"]
        ballots.sort(key=lambda post: (post["at_ms"], post["key"]))
        judged = [(post, *judge(post, contest, is_out)) for post in ballots]
        good = [post for post, verdict, _ in judged if verdict == "counted"]
        used: set[int] = set()
        for post, verdict, named in judged:
            final, choices = verdict, []
            if verdict == "counted":
                choices = named[:1] if rules["several"] == "first" else named
                match rules["per_account"]:
                    case "first":
                        choices = choices if post is good[0] else []
                    case "last":
                        choices = choices if post is good[-1] else []
                    case "per_choice":
                        choices = [choice for choice in choices if choice not in used]
                used.update(choices)
                final = "counted" if choices else "repeat"
            for choice in choices:
                votes[choice] += 1
                latest[choice] = max(latest[choice], (post["at_ms"], post["key"]))
            verdicts[final] += 1
            said = " ".join(tags[choice] for choice in choices or named)
            cells[post["network"], post["key"]] = (said, final)
    by_hand = [
        sum(each["votes"] for each in contest["adjustments"] if each["tag"] == tag) for tag in tags
    ]
    votes = [max(0, number + hands) for number, hands in zip(votes, by_hand, strict=True)]
    most = max(votes)
    leaders = [choice for choice, number in enumerate(votes) if number == most and most]
    winners = leaders
    if len(leaders) > 1 and rules["tie"] == "earliest":
        winners = [min(leaders, key=lambda choice: latest[choice])]
    if len(leaders) > 1 and rules["tie"] == "draw" and contest["seed"]:
        winners = [
            min(
                leaders,
                key=lambda choice: sha(f"{contest['seed']}\n{fold(tags[choice], '')}".encode()),
            )
        ]
    result = {
        "opens": told(contest["opens_ms"]),
        "closes": contest["closes_ms"] and told(contest["closes_ms"]),
        "state": state(contest, entries),
        "tally": list(zip(tags, votes, by_hand, percent(votes), strict=True)),
        "total": sum(votes),
        "leader": [tags[choice] for choice in leaders],
        "winner": [tags[choice] for choice in winners],
        "verdicts": dict(verdicts),
        "sources": sources(entries),
        "at": told(entries[-1][2]),
    }
    return Found(result, cells)


def act(contest: Row, body: Row) -> None:
    at_ms, opens_ms, pauses = body["at_ms"], contest["opens_ms"], contest["pauses"]
    down, up = at_ms // 1000 * 1000, -(-at_ms // 1000) * 1000
    is_paused = bool(pauses) and pauses[-1][1] is None
    match body["does"]:
        case "opened":
            contest["opens_ms"] = down if at_ms < opens_ms else opens_ms
        case "paused" if not is_paused:
            pauses.append([up, None])
        case "resumed" if is_paused:
            pauses[-1][1] = max(down, pauses[-1][0])
        case "unpaused":
            pauses[:] = [pause for pause in pauses if pause[0] != body["pause_ms"]]
        case "closed":
            end = max(up, opens_ms + 1000)
            contest["closes_ms"] = min(end, contest["closes_ms"] or end)
        case "extended":
            contest["closes_ms"] = max(-(-body["until_ms"] // 1000) * 1000, opens_ms + 1000)
        case "ruled":
            contest["rules"] = body["rules"]
        case "excluded":
            contest["rules"]["exclude"] += body["exclude"]
        case "adjusted":
            contest["adjustments"].append(body)
        case "drawn":
            contest["seed"] = body["seed"]


def state(contest: Row, entries: list[Entry]) -> str:
    done = {body["does"] for kind, _, _, body, _ in entries if kind == "act"}
    now = entries[-1][2]
    if done & {"certified", "settled"}:
        return "certified" if "certified" in done else "provisional"
    if contest["closes_ms"] is not None and now >= contest["closes_ms"]:
        return "closing"
    if now < contest["opens_ms"]:
        return "scheduled"
    return "paused" if contest["pauses"] and contest["pauses"][-1][1] is None else "open"


def standing(seen: list[Row], withdrawn: str) -> Row:
    if withdrawn == "keep":
        seen = [post for post in seen if post["kind"] != "withdrawn"] or seen

    def place(post: Row) -> tuple[object, ...]:
        gone = post["kind"] == "withdrawn"
        tags = len({*post["tags"].split(" ")} - {""})
        rest = [post[name] for name in ORDER]
        return gone and post["revision"] == 0, post["revision"], gone, tags, -post["at_ms"], *rest

    return max(seen, key=place)


def judge(post: Row, contest: Row, is_out: bool) -> tuple[str, list[int]]:
    rules, at_ms, network = contest["rules"], post["at_ms"], post["network"]
    tags = [fold(tag, network) for tag in post["tags"].split(" ")]
    named: list[int] = []
    for tag in filter(None, tags):
        for number, choice in enumerate(contest["choices"]):
            own = [fold(name, network) for name in (choice["tag"], *choice["aliases"])]
            said = ["word:" + word.replace(" ", "_") for word in choice.get("words", [])]
            own += [fold(word, "") for word in said]
            named += [number] if tag in own and number not in named else []
    kinds = {"repost": "reposts", "quote": "quotes", "reply": "replies"}
    end = contest["closes_ms"]
    lacks = any(fold(tag, network) not in tags for tag in rules["required"])
    young = post["born_ms"] and at_ms - post["born_ms"] < rules["min_account_age_s"] * 1000
    for verdict, is_so in {
        "excluded": is_out,
        "withdrawn": post["kind"] == "withdrawn",
        "ignored": rules.get(kinds.get(post["kind"], "")) == "ignore",
        "early": at_ms < contest["opens_ms"],
        "late": end is not None and at_ms >= end + rules["grace_s"] * 1000,
        "paused": any(a <= at_ms and (b is None or at_ms < b) for a, b in contest["pauses"]),
        "no choice": not named,
        "incomplete": lacks,
        "spoilt": len(named) > 1 and rules["several"] == "spoilt",
        "young": young,
    }.items():
        if is_so:
            return verdict, named
    return "counted", named


def fold(tag: str, network: str) -> str:
    if network != "mastodon":
        folded = unicodedata.normalize("NFKC", tag).casefold()
        return unicodedata.normalize("NFKC", folded).lstrip("#")
    before = None
    while tag != before:
        before = tag
        lower = "".join(sign.lower() for sign in unicodedata.normalize("NFKC", tag))
        tag = NO_PART.sub("", "".join(map(bare, lower)))
    return tag


def bare(sign: str) -> str:
    if not ("\u00c0" <= sign <= "\u017e" or sign in "ȘșȚț" or sign in PLAIN):
        return sign
    return PLAIN.get(sign) or unicodedata.normalize("NFD", sign)[0]


def percent(votes: list[int]) -> list[float]:
    total = sum(votes)
    if not total:
        return [0.0] * len(votes)
    cut = [number * 1000 // total for number in votes]
    missing = 1000 - sum(cut)
    more: set[int] = set()
    for remainder, number in sorted({(number * 1000 % total, number) for number in votes})[::-1]:
        if votes.count(number) > missing:
            if missing and remainder * 2 >= total:
                more.add(number)
            break
        more.add(number)
        missing -= votes.count(number)
    return [(tenths + (number in more)) / 10 for tenths, number in zip(cut, votes, strict=True)]


def sources(entries: list[Entry]) -> list[Row]:
    introduced = {source: body for kind, source, _, body, _ in entries if kind == "source"}
    found = []
    for name, about in introduced.items():
        own = [(kind, body) for kind, source, _, body, _ in entries if source == name]
        kinds = [kind for kind, _ in own]
        gaps = [
            body
            for number, (kind, body) in enumerate(own, 1)
            if kind == "gap" and ("swept" not in kinds or body.get("sweep"))
            if not (body.get("stopped") and any(map(ends_a_stop, own[number:])))
        ]
        pages = [body for kind, body in own if kind == "page"]
        bad = {(body["feed"], words) for body in pages for words in body.get("bad", ())}
        whole = "exact" if about["complete"] and not bad else "at least"
        if gaps:
            begins = min(gap["from_ms"] for gap in gaps)
            whole = f"gap {told(begins)}–{told(max(gap['to_ms'] for gap in gaps))}"
        found.append(
            {
                "name": name,
                "completeness": whole,
                "gaps": [
                    {
                        "from": told(gap["from_ms"]),
                        "to": told(gap["to_ms"]),
                        "reason": gap["reason"],
                    }
                    for gap in gaps
                ],
                "requests": kinds.count("page") + kinds.count("failed"),
                "failed": kinds.count("failed"),
                "unread": len(bad),
            }
        )
    return found


def ends_a_stop(entry: tuple[str, Any]) -> bool:
    kind, body = entry
    return kind == "healed" or (kind == "gap" and bool(body.get("stopped")))


def told(at_ms: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    return at.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds")[:-6] + "Z"
