from __future__ import annotations

from typing import Any

from twittervotes.rehearsal.audience import Tweet, TweetKind, snowflake
from twittervotes.rehearsal.truth import true_post, truth

AT_MS = 1_800_000_000_000


def tweet(
    account: int, *tags: str, at_ms: int = AT_MS, low: int = 0, kind: TweetKind = TweetKind.TWEET
) -> Tweet:
    about = tweet(99, *tags, at_ms=at_ms - 1) if kind is not TweetKind.TWEET else None
    return Tweet(snowflake(at_ms, low), at_ms, at_ms, account, kind, tags, 0, about)


def votes(*tweets: Tweet, opens_ms: int = AT_MS, closes_ms: int = AT_MS + 60_000) -> list[int]:
    found = truth(tweets, ("Debian", "arch"), opens_ms, closes_ms, 0)
    assert [choice for choice, _ in found.votes] == ["Debian", "arch"]
    return [number for _, number in found.votes]


def test_an_accounts_first_vote_counts_in_any_order() -> None:
    early, late = tweet(1, "arch"), tweet(1, "debian", at_ms=AT_MS + 1000)
    assert votes(early, late) == votes(late, early) == [0, 1]


def test_within_a_second_the_id_decides() -> None:
    early, late = tweet(1, "arch", at_ms=AT_MS + 100), tweet(1, "debian", at_ms=AT_MS + 900)
    assert votes(late, early) == [0, 1]


def test_a_spoilt_post_doesnt_use_up_the_vote() -> None:
    assert votes(tweet(1, "debian", "ARCH"), tweet(1, "arch", at_ms=AT_MS + 1000)) == [0, 1]


def test_the_same_tag_twice_is_one_vote() -> None:
    assert votes(tweet(1, "debian", "DEBIAN")) == [1, 0]


def test_retweets_do_not_vote_and_quotes_and_replies_do() -> None:
    kinds = (TweetKind.RETWEET, TweetKind.QUOTE, TweetKind.REPLY)
    assert votes(*(tweet(account, "arch", kind=kind) for account, kind in enumerate(kinds))) == [
        0,
        2,
    ]


def test_the_period_has_its_first_second_and_not_its_last() -> None:
    times = (AT_MS - 1, AT_MS, AT_MS + 59_999, AT_MS + 60_000)
    assert votes(*(tweet(account, "arch", at_ms=at) for account, at in enumerate(times))) == [0, 2]


def test_other_tags_do_not_vote() -> None:
    assert votes(tweet(1, "linux"), tweet(2, "archish"), tweet(3)) == [0, 0]


def test_the_key_of_a_retweet_is_that_of_its_original() -> None:
    retweet = tweet(1, "arch", kind=TweetKind.RETWEET)
    assert retweet.about
    post = true_post(retweet)
    assert (post.id, post.key) == (str(retweet.id), str(retweet.about.id))
    assert post.voter != post.author


def test_the_posts_delivered_recount_to_the_truth(network: Any) -> None:
    net = network(audience=100, late=0.3)
    net.now_s += 30
    opens_ms, closes_ms = int(net.now_s - 60) * 1000, int(net.now_s - 10) * 1000
    told = net.about("truth", opens_ms=opens_ms, closes_ms=closes_ms)
    ballots: dict[str, str] = {}
    for number, _, voter, _, at_ms, _, kind, tags in sorted(
        net.about("posts"), key=lambda post: (post[4], post[0])
    ):
        named = {tag.casefold() for tag in tags} & {"debian", "ubuntu", "arch"}
        if opens_ms <= at_ms < closes_ms and kind != "retweet" and len(named) == 1:
            ballots.setdefault(voter, named.pop())
        assert (int(number) >> 22) + 1288834974657 - at_ms in range(1000)
    assert sum(number for _, number in told["votes"]) == len(ballots) > 50
    for choice, number in told["votes"]:
        assert list(ballots.values()).count(choice.casefold()) == number


def test_posts_that_are_not_indexed_yet_are_part_of_the_truth(network: Any) -> None:
    net = network(late=1.0, late_s=20, before_s=0)
    opens_ms = int(net.now_s * 1000)
    net.now_s += 1.4
    assert net.page(since_id=snowflake(opens_ms))["statuses"] == []
    told = net.about("truth", opens_ms=opens_ms, closes_ms=opens_ms + 10_000)
    assert sum(number for _, number in told["votes"]) > 5
