"""Posts of X's v2 API in their usual form: a whole page becomes columns, without a `Post` for each.

Reposts, edited posts, and answers that include other posts aren't usual: `decode` reads their posts
one by one.
Types and checks are at least as strict as there, so that both ways give the same posts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.numbered import NumberedPosts
from twittervotes.core.contest.posts import Kind
from twittervotes.sources._common import posted_ms
from twittervotes.sources.usual import check_tag_sets, first_lines, id_numbers
from twittervotes.sources.x.network import X

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMES_MS = range(1_136_073_600_000, 32_503_680_000_000)  # years 2006 to 2999
# in the order of precedence
KINDS = {"retweeted": Kind.REPOST, "quoted": Kind.QUOTE, "replied_to": Kind.REPLY}


class _Tag(msgspec.Struct, gc=False):
    tag: str


class _Entities(msgspec.Struct, gc=False):
    hashtags: list[_Tag] | None = None


class _Note(msgspec.Struct, gc=False):
    entities: _Entities | None = None


class _Reference(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: str
    id: str


class PlainPost(msgspec.Struct, gc=False):
    """A post; the careful decoder accepts it too, with the same values."""

    id: str
    author_id: str
    created_at: str
    entities: _Entities
    text: str = ""
    note_tweet: _Note | None = None
    note_post: _Note | None = None
    referenced_tweets: list[_Reference] | None = None
    referenced_posts: list[_Reference] | None = None
    edit_history_tweet_ids: list[str] | None = None
    edit_history_post_ids: list[str] | None = None


class _PlainLine(PlainPost, kw_only=True, gc=False):
    """A single post, without anything of a response."""

    data: None = None
    meta: None = None
    includes: None = None
    errors: None = None


class Meta(msgspec.Struct):
    """Where a search continues."""

    next_token: str | None = None


class PlainAnswer(msgspec.Struct):
    """A page of which all posts are plain."""

    meta: Meta
    data: list[PlainPost]
    includes: None = None


plain_answer = msgspec.json.Decoder(PlainAnswer).decode
_plain_line = msgspec.json.Decoder(_PlainLine).decode


def reads_lines(lines: Sequence[bytes]) -> NumberedPosts:
    """Return the posts of the first of `lines`, up to one that isn't a plain post."""
    return first_lines(lines, _plain_line, numbered)


def numbered(posts: Sequence[PlainPost]) -> NumberedPosts:
    """Return the posts as lists; raise ValueError if one needs a closer look."""
    keys = id_numbers([post.id for post in posts])
    voters = id_numbers([post.author_id for post in posts])
    told = list(map(_tag_set, posts))
    check_tag_sets(told)
    times = [created_ms(post.created_at) for post in posts]
    tag_sets = [tag_set for tag_set, _ in told]
    return NumberedPosts(X, tag_sets, keys, voters, times, [0] * len(keys))


def created_ms(created_at: str) -> int:
    """Return when a post was created; raise ValueError if that can't be read."""
    at_ms = posted_ms(created_at)
    if at_ms not in TIMES_MS:
        raise ValueError("its time cannot be read")
    return at_ms


def _tag_set(post: PlainPost) -> tuple[str, int]:
    """Return the kind and hashtags of a post, with a tab between, and the number of hashtags."""
    history = post.edit_history_post_ids or post.edit_history_tweet_ids
    if history and history != [post.id]:
        raise ValueError("an edited post")
    kind = Kind.POST
    if references := post.referenced_posts or post.referenced_tweets:
        types = {reference.type for reference in references}
        kind = next((kind for name, kind in KINDS.items() if name in types), kind)
        if kind is Kind.REPOST:
            raise ValueError("a repost, whose hashtags are elsewhere")
    tags = _tags(post.entities)
    if post.note_post or post.note_tweet:  # a long post, which may have more
        notes = [note.entities for note in (post.note_post, post.note_tweet) if note]
        tags = [*dict.fromkeys([*(tag for each in notes for tag in _tags(each)), *tags])]
    return f"{kind}\t{' '.join(tags)}", len(tags)


def _tags(entities: _Entities | None) -> list[str]:
    return [each.tag for each in (entities.hashtags if entities else None) or ()]
