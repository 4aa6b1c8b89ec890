"""Decode pages of X's v2 search: posts, and where it continues.

X is renaming tweets to posts in its API: both sets of names are accepted. Fields may be missing,
null or empty alike. https://docs.x.com/x-api/fundamentals/data-dictionary
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.numbered import NumberedPosts
from twittervotes.core.contest.posts import CUT, Kind, Post
from twittervotes.sources._common import HIGHEST_ID, LONGEST_TAG, MOST_TAGS
from twittervotes.sources.lenient import UNREADABLE, Lenient
from twittervotes.sources.plugin import Read
from twittervotes.sources.x.network import X
from twittervotes.sources.x.plain import KINDS, Meta, created_ms, numbered, plain_answer
from twittervotes.sources.x.query import made_ms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping


LONGEST_TOKEN = 1000
LONGEST_EDITED_MS = 86_400_000  # X lets a post be edited for an hour at most
HASHTAG = re.compile(r"(?<!\w)[#＃]\w*[^\W\d_]")  # as people type it
NOT_FOUND = "/resource-not-found"


@dataclass(frozen=True, slots=True)
class DecodedSearch:
    """A page: the posts with our tags, all IDs, unreadable posts, the next page.

    `billed` are the IDs of all posts that X delivered, whatever became of them here.
    """

    posts: tuple[Post, ...]
    ids: tuple[int, ...]
    bad: tuple[str, ...]
    billed: tuple[str, ...]
    next_token: str
    numbered: NumberedPosts | None = None  # in place of `posts`


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The result of a look-up by IDs: posts, the IDs of deleted ones, unreadable ones.

    `later` are the IDs of the latest versions of posts that were requested in an earlier version.
    """

    posts: tuple[Post, ...] = ()
    gone: frozenset[str] = frozenset()
    later: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    billed: tuple[str, ...] = ()


class _Tag(msgspec.Struct):
    tag: str = ""


class _Entities(msgspec.Struct):
    hashtags: list[_Tag] | None = None


class _Note(msgspec.Struct):
    entities: _Entities | None = None


class _Place(msgspec.Struct):
    id: str | int


class _Tagged(_Place):
    text: str = ""
    entities: _Entities | None = None
    note_tweet: _Note | None = None
    note_post: _Note | None = None

    def tags(self) -> list[str]:
        """Return the tags as typed; those past the cut of a long post are only in its note."""
        notes = [note.entities for note in (self.note_post, self.note_tweet) if note]
        if not notes:
            return _tags(self.entities)
        return [*dict.fromkeys(tag for told in (*notes, self.entities) for tag in _tags(told))]

    def is_whole(self) -> bool:
        """Return whether its hashtags are listed, or its text shows that it has none."""
        asked = self.entities or self.note_post or self.note_tweet
        return asked is not None or HASHTAG.search(self.text) is None


class _Reference(_Tagged, kw_only=True):
    """What a post refers to: an ID or, if `twarc2 flatten` put it here, the whole post."""

    type: str

    def is_post(self) -> bool:
        return bool(self.text or self.entities)


class _Post(_Tagged):
    """A post (https://docs.x.com/x-api/fundamentals/data-dictionary#tweet)."""

    author_id: str | int | None = None
    created_at: str = ""
    referenced_tweets: list[_Reference] | None = None
    referenced_posts: list[_Reference] | None = None
    edit_history_tweet_ids: list[str | int] | None = None
    edit_history_post_ids: list[str | int] | None = None

    def references(self) -> Mapping[Kind, _Reference]:
        """Return what it reposts, quotes or answers, by the kind of post that makes it."""
        told = self.referenced_posts or self.referenced_tweets or ()
        return {KINDS[each.type]: each for each in told if each.type in KINDS}

    def versions(self) -> list[str]:
        """Return the IDs of its versions, oldest first; its own is one of them."""
        told = self.edit_history_post_ids or self.edit_history_tweet_ids or ()
        own, versions = _id(self.id, "post"), [_id(each, "version") for each in told]
        return versions if own in versions else [*versions, own]


class _Includes(msgspec.Struct):
    tweets: list[msgspec.Raw] | None = None
    posts: list[msgspec.Raw] | None = None


class _Answer(msgspec.Struct):
    meta: Meta
    data: list[msgspec.Raw] | None = None
    includes: _Includes | None = None


class _Missing(msgspec.Struct):
    """A post that a look-up can't show.

    https://docs.x.com/x-api/fundamentals/response-codes-and-errors#partial-errors
    """

    type: str = ""
    resource_id: str | int | None = None
    value: str | int | None = None


class _Posts(msgspec.Struct):
    data: list[msgspec.Raw] | None = None
    includes: _Includes | None = None
    errors: list[_Missing] | None = None


class _Sum(msgspec.Struct):
    result_count: int | None = None


class _Problem(msgspec.Struct):
    title: str | None = None


class _Kept(msgspec.Struct):
    """What distinguishes a saved response, or a single post, from those of other networks."""

    meta: _Sum | None = None
    data: msgspec.Raw = msgspec.Raw(b"")
    includes: _Includes | None = None
    errors: list[_Problem] | None = None
    author_id: str | int | None = None
    created_at: str | None = None

    def is_empty(self) -> bool:
        """Return whether it is a response, or a line of the stream, without any post."""
        counted = self.meta is not None and self.meta.result_count is not None
        return counted or any(problem.title for problem in self.errors or ())


_decode_answer = Lenient(_Answer)
_decode_kept = Lenient(_Kept)
_decode_posts = Lenient(_Posts)
_decode_post = Lenient(_Post)
_decode_place = Lenient(_Place)
_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode


def page(body: bytes, wanted: Collection[str]) -> DecodedSearch:
    """Decode a page; `wanted` are our folded tags. Raises one of UNREADABLE."""
    found = quick_page(body, wanted)
    if found.numbered:
        found = replace(found, posts=tuple(found.numbered.posts()), numbered=None)
    return found


def quick_page(body: bytes, wanted: Collection[str]) -> DecodedSearch:
    """Decode a page like `page`; if all posts are usual, they are `numbered`."""
    try:
        plain = plain_answer(body)
        posts, token = numbered(plain.data), _token(plain.meta)
    except UNREADABLE:
        return read_page(body, wanted)
    ids = tuple(posts.keys)
    carries = {each: _carries(each.partition("\t")[2], wanted) for each in set(posts.tag_sets)}
    if not all(carries.values()):
        posts = posts.only([carries[each] for each in posts.tag_sets])
    return DecodedSearch((), ids, (), tuple(map(str, ids)), token, posts)


def read_page(body: bytes, wanted: Collection[str]) -> DecodedSearch:
    """Decode a page post by post. Raises one of UNREADABLE."""
    answer = _decode_answer(body)
    token, included = _token(answer.meta), dict(_included(answer.includes))
    posts, ids, bad, _ = _read(answer.data or (), included)
    posts = [post for post in posts if post.revision > 0 or _carries(post.tags, wanted)]
    return DecodedSearch(tuple(posts), ids, bad, (*map(str, ids), *included), token)


def _token(meta: Meta) -> str:
    token = meta.next_token or ""
    if len(token) > LONGEST_TOKEN or not (token.isascii() and token.isprintable()):
        raise ValueError("its next page has no token that can be one")
    return token


def looked_up(body: bytes) -> LookedUp:
    """Decode the response to a look-up by IDs. Raises one of UNREADABLE.

    Only a post that X doesn't find is gone; one that it may not show, because its account is
    protected, still exists.
    """
    answer = _decode_posts(body)
    if answer.data is None and not answer.errors:
        raise ValueError("it has neither posts nor what is wrong with them")
    included = dict(_included(answer.includes))
    posts, ids, bad, _ = _read(answer.data or (), included)
    later: list[str] = []
    for raw in answer.data or ():
        try:
            *_, last = _decode_post(raw).versions()
            later.append(last)
        except UNREADABLE:
            continue  # already reported
    missing = (each for each in answer.errors or () if each.type.endswith(NOT_FOUND))
    return LookedUp(
        tuple(posts),
        frozenset(str(each.resource_id or each.value) for each in missing),
        tuple(each for each in dict.fromkeys(later) if int(each) not in ids),
        bad,
        (*map(str, ids), *included),
    )


def _carries(tags: str, wanted: Collection[str]) -> bool:
    short = (tag for tag in tags.split(" ") if len(tag) <= LONGEST_TAG)  # fold caches them
    return any(fold(tag, X) in wanted for tag in short)


def kept(value: bytes) -> Read | None:
    """Return the posts of a response, of a line of the stream, or a single post, from a file."""
    try:
        told = _decode_kept(value)
        some = bytes(told.data)
        if some not in (b"", b"null", b"{}"):
            data = _raws(some) if some.startswith(b"[") else [told.data]
        elif told.is_empty():
            return Read()
        elif told.author_id and told.created_at:
            data = [msgspec.Raw(value)]
        else:
            return None
    except UNREADABLE:
        return None
    posts, _, bad, cut = _read(data, dict(_included(told.includes)))
    return Read(tuple(posts), (*bad, *cut))


def _read(
    data: Iterable[msgspec.Raw], included: Mapping[str, _Post]
) -> tuple[list[Post], tuple[int, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the posts, all IDs, and what is wrong with posts that are unreadable or truncated."""
    posts: list[Post] = []
    ids: list[int] = []
    bad: list[str] = []
    cut: list[str] = []
    for raw in data:
        try:
            told = _decode_post(raw)
            references = told.references()
            tagged = _tagged(told, references.get(Kind.REPOST), included)
            post = _post(told, references, tagged.tags())
            if not tagged.is_whole():
                cut.append(
                    f"post {told.id}: its hashtags are missing ('entities' was not requested)"
                )
                post = post if post.revision else post._replace(revision=CUT)
            posts.append(post)
            ids.append(int(_id(told.id, "post")))
        except UNREADABLE as error:
            place = _place(raw)
            ids.extend(place)
            bad.append(f"post {place[0] if place else 'without an id'}: {error}"[:200])
    return posts, tuple(ids), tuple(bad), tuple(cut)


def _included(includes: _Includes | None) -> Iterator[tuple[str, _Post]]:
    """Yield the reposted or quoted posts, by ID; a bad one is no loss."""
    for raw in (*(includes.tweets or ()), *(includes.posts or ())) if includes else ():
        try:
            told = _decode_post(raw)
            yield _id(told.id, "post"), told
        except UNREADABLE:
            continue


def _tagged(told: _Post, repeated: _Reference | None, included: Mapping[str, _Post]) -> _Tagged:
    """Return what has the hashtags: a repost is cut, and so is its list of hashtags."""
    if repeated is None:
        return told
    return included.get(str(repeated.id), repeated if repeated.is_post() else told)


def _post(told: _Post, references: Collection[Kind], tags: Iterable[str]) -> Post:
    kind = next((kind for kind in KINDS.values() if kind in references), Kind.POST)
    versions, at_ms = told.versions(), created_ms(told.created_at)
    own = _id(told.id, "post")
    clean = [tag for tag in tags if tag and not any(map(str.isspace, tag))]
    return Post(
        network=X,
        key=versions[0],
        voter=_id(told.author_id, "account"),
        at_ms=at_ms if own == versions[0] else _first_ms(versions[0], at_ms),
        tags=" ".join(clean[:MOST_TAGS]),
        kind=kind.value,
        revision=versions.index(own),
    )


def _first_ms(first: str, at_ms: int) -> int:
    """Return when an edited post was first posted, in whole seconds like X's times.

    The post's first ID contains that time. `at_ms` is the time of the edit: if that counted, fixing
    a typo after the close would undo a vote.
    """
    first_ms = made_ms(int(first)) // 1000 * 1000
    return first_ms if 0 <= at_ms - first_ms < LONGEST_EDITED_MS else at_ms


def _tags(entities: _Entities | None) -> list[str]:
    return [each.tag for each in (entities.hashtags if entities else None) or ()]


def _place(raw: msgspec.Raw) -> list[int]:
    """Return the ID that even an unreadable post may have."""
    try:
        return [int(_id(_decode_place(raw).id, "post"))]
    except UNREADABLE:
        return []


def _id(told: str | int | None, of: str) -> str:
    digits = str(told)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise ValueError(f"the id of the {of} is missing or isn't a number")
    if not 0 < int(digits) <= HIGHEST_ID:
        raise ValueError(f"the id of the {of} isn't a valid id")
    return str(int(digits))
