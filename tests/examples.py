"""The seeds of the fuzzing: one or two valid inputs for every format."""

from __future__ import annotations

import json
from typing import Any

from samples import OPENS

AT = "Tue Nov 14 22:14:01 +0000 2023"
ISO = "2023-11-14T22:14:01.000Z"
DID = "did:plc:tn3hni2jpphsgl6amfbb7ja6"
QUOTA = "x-rate-limit-limit: 180\nx-rate-limit-remaining: 179\nx-rate-limit-reset: 1700000900\n"
LIMIT = (
    "x-ratelimit-limit: 300\nx-ratelimit-remaining: 9\n"
    "x-ratelimit-reset: 2023-11-14T22:15:00.351877Z\n"
)
RATE = "ratelimit-limit: 3000\nratelimit-remaining: 2999\nratelimit-reset: 1700000900\n"
DATE = "date: Tue, 14 Nov 2023 22:14:01 GMT\n"

TWEET = {
    "created_at": AT,
    "id": 1724553987195441152,
    "id_str": "1724553987195441152",
    "full_text": "#debian",
    "entities": {"hashtags": [{"text": "debian", "indices": [0, 7]}]},
    "user": {"id": 7, "id_str": "7", "created_at": "Sat Nov 05 10:00:00 +0000 2011"},
    "metadata": {"result_type": "recent"},
    "retweeted_status": {"extended_tweet": {"entities": {"hashtags": [{"text": "arch"}]}}},
    "is_quote_status": False,
    "in_reply_to_status_id_str": None,
}
POST = {
    "id": "1724553987195441152",
    "author_id": "7",
    "created_at": ISO,
    "entities": {"hashtags": [{"start": 0, "end": 7, "tag": "debian"}]},
    "note_tweet": {"entities": {"hashtags": [{"tag": "arch"}]}},
    "referenced_tweets": [{"type": "retweeted", "id": "1724553987195441100"}],
    "edit_history_tweet_ids": ["1724553987195441101", "1724553987195441152"],
}
STATUS = {
    "id": "111410000000000000",
    "created_at": ISO,
    "edited_at": ISO,
    "visibility": "public",
    "uri": "https://a.example/users/ann/statuses/1",
    "account": {"uri": "https://a.example/users/ann", "created_at": "2019-01-01T00:00:00.000Z"},
    "tags": [{"name": "debian"}, {"name": "strasse"}],
    "in_reply_to_id": None,
    "reblog": None,
}
RECORD = {
    "$type": "app.bsky.feed.post",
    "createdAt": ISO,
    "text": "#debian",
    "tags": ["arch"],
    "facets": [
        {
            "index": {"byteStart": 0, "byteEnd": 7},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "debian"}],
        }
    ],
    "reply": {},
    "embed": {"record": {"uri": f"at://{DID}/app.bsky.feed.post/3mptbypfywk2v"}},
}
VIEW = {
    "uri": f"at://{DID}/app.bsky.feed.post/3mptbypfywk2v",
    "author": {"did": DID},
    "record": RECORD,
    "indexedAt": ISO,
}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _frame(kind: str, **values: Any) -> str:
    return _json({"did": DID, "time_us": OPENS * 1000, "kind": kind, kind: values})


def _commit(operation: str, **values: Any) -> str:
    place = {"collection": "app.bsky.feed.post", "rkey": "3mptbypfywk2v"}
    return _frame("commit", rev="3mptbypoove2w", operation=operation, **place, **values)


def _answer(value: object, headers: str = "", status: int = 200) -> bytes:
    return f"{status}\n{DATE}{headers}\n{_json(value)}".encode()


FRAMES = (
    _commit("create", record=RECORD),
    _commit("update", record={**RECORD, "facets": None}),
    _commit("delete"),
    _frame("account", active=False, time=ISO),
    _frame("identity", seq=1),
)
EVENTS = (
    f"event: update\ndata: {_json(STATUS)}\n\n",
    f"event: status.update\r\ndata: {_json({**STATUS, 'tags': None})}\r\n\r\n",
    ":thump\n",
    "event: delete\ndata: 111410000000000000\n\n",
)
STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
RESULTS = {"next_results": "?max_id=5&q=x"}
CLOSED = {"configuration": {"timelines_access": {"hashtag_feeds": {"local": "authenticated"}}}}

V1 = {"statuses": [TWEET], "search_metadata": RESULTS}
V2 = {
    "data": [POST],
    "includes": {"tweets": [{**POST, "id": "1724553987195441100"}]},
    "meta": {"result_count": 1, "next_token": "b26v89c19zqg8o3f"},
}
COUNTS = {
    "data": [{"start": ISO, "end": ISO, "tweet_count": 2}],
    "meta": {"total_tweet_count": 2},
}

EXAMPLES: dict[str, tuple[bytes, ...]] = {
    "x v1.1": (
        _answer(V1, QUOTA),
        _answer({"errors": [{"code": 135, "message": "Told."}]}, status=401),
        _answer({"errors": [{"code": 88}]}, QUOTA, 429),
    ),
    "x v2": (
        _answer(V2, QUOTA),
        _answer(
            {
                "title": "T",
                "type": "/2/problems/credits",
                "errors": [{"parameters": {"since_id": []}}],
            },
            status=400,
        ),
        _answer({"token_type": "bearer", "access_token": "t"}, QUOTA),
    ),
    "x counts": (_answer(COUNTS), _answer({}, status=429)),
    "mastodon timeline": (
        _answer([STATUS, {**STATUS, "id": "111410000000000001", "reblog": STATUS}], LIMIT),
        _answer(STATUS, LIMIT),
        _answer(CLOSED, status=401),
        _answer({"error": "Record not found"}, LIMIT, 404),
    ),
    "mastodon stream": (
        f"{STREAM}\r\n{''.join(EVENTS)}".encode(),
        (
            f"{STREAM}Transfer-Encoding: chunked\r\n\r\n"
            + "".join(f"{len(event.encode()):x}\r\n{event}\r\n" for event in EVENTS)
            + "0\r\n\r\n"
        ).encode(),
    ),
    "bluesky search": (
        _answer({"posts": [VIEW], "cursor": "25"}, RATE),
        _answer({"error": "ExpiredToken", "message": "Told."}, status=400),
    ),
    "bluesky jetstream": ("\n".join(FRAMES).encode(),),
    "archive": tuple(
        bytes([form]) + text.encode()
        for form in range(4)
        for text in (
            "\n".join(map(_json, (V1, V2, TWEET, POST, STATUS, VIEW))),
            "\n".join(FRAMES),
            json.dumps([V1, {"posts": [VIEW]}, [STATUS]], indent=1),
        )
    ),
    "configuration": (
        b"contest:\n  title: Which?\n  hashtags: [debian, '#arch']\n  time: 3m\n  rules:\n"
        b"    per_account: last\n    exclude: [ann]\nsources: [x]\nevery: 0.5s\n"
        b"x:\n  auth: oauth2\n  client_id: abc\n  budget: 100\0CONTEST_TIME=1h\0X_API_URL=https://x.y",
        b"consumer_key: k\nconsumer_secret: s\napi_version: 1.1\nmax_hashtags: 5\n"
        b"mastodon: {instances: [m.example], token: t}\nbluesky:\n  hosts:\n  - b.example\n",
    ),
    "kept secrets": (
        b"oauth_token: a\noauth_token_secret: 'b'\nuser_id: 012\nscreen_name: no\n",
        b"access_token: a\nrefresh_token: b\nexpires_ms: '1700000000000'\nscope: tweet.read\n",
        b'{"accessJwt":"a","refreshJwt":"b"}',
    ),
    "granted secrets": (
        b'{"token_type":"bearer","access_token":"a","refresh_token":"b","expires_in":7200}',
        b"oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=true&user_id=1&screen_name=ann",
        b'{"errors":[{"code":32,"message":"Told."}],"error":"invalid_grant"}',
    ),
    "sign-in": (
        b"GET /callback?oauth_token=pending&oauth_verifier=v HTTP/1.1\nHost: 127.0.0.1:3000\n\n"
        b"oauth_token=a&oauth_token_secret=b",
        b"GET /callback?state=pending&code=c HTTP/1.1\nHost: localhost:3000\n\n"
        b'{"token_type":"bearer","access_token":"a","refresh_token":"b"}',
        b"GET /callback?denied=pending&error=access_denied HTTP/1.1\nHost: [::1]:3000\n\n",
        b"POST / HTTP/1.1\nHost: 127.0.0.1:3000\n\ncsrf=abc",
    ),
    "command line": (
        b"-ht\ndebian\n#arch\n-t\n3m\n--title\nWhich?\n--rule\nper_account=last\nexclude=ann bob",
        b"recount\na.votes\n--rule\ncloses=2026-11-21 20:00\n--without\nx\n--json",
        b"adjust\na.votes\ndebian\n+3\n--reason\na show of hands\n--by\nAda",
        b"import\na.json\n--ledger\nb.votes\n--hashtags\ndebian\narch",
        b"verify\na.votes\n--digest\n" + b"0" * 64,
        b"merge\n--out\nc.votes\na.votes\nb.votes",
        b"explain\na.votes\nhttps://x.com/ann/status/1",
    ),
    "words": (
        b"1h30m",
        b"2026-11-21T20:00+01:00",
        "#Straße".encode(),
        b"https://m.example/@ann@b.example/1",
        f"at://{DID}/app.bsky.feed.post/3mptbypfywk2v".encode(),
        b"See #debian, https://a.bc/#x and #\xe2\x83\xa3",
        b"(#debian OR #arch) since_id:5 -filter:retweets",
    ),
    "ledger bytes": (b"", b"\x00\x10\x00\x01\x20\x02", bytes(range(60))),
    "ledger entries": (
        b'\x00{"contest":{"title":"?","choices":[{"tag":"debian"},{"tag":"arch"}]}}',
        b'\x02{"does":"excluded","at_ms":1700000036000,"by":"Ada","reason":"r","voter":"ann"}',
        b'\x05{"feed":"all","position":{"cursor":"9"},"bad":["x"],"seen":8,"new":8,"again":0}',
        b'\x03{"network":"x","complete":true,"queries":["all"]}',
        b'\x08{"from_ms":1,"to_ms":2,"reason":"away","sweep":true}',
    ),
    "ledger posts": tuple(
        bytes([post + 13 * use, column]) + value
        for post, use, column, value in (
            (0, 1, 3, b"1700000036000"),
            (3, 5, 4, b"debian arch"),
            (7, 8, 5, b"withdrawn"),
            (9, 3, 6, b"9223372036854775807"),
            (2, 13, 3, b"-62104060800000"),
        )
    ),
    "pack": (b"\x00", b"\x01", b"\x02", b"\x03"),
}
