from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

from twittervotes.rehearsal.audience import Audience, Tweet, TweetKind, plain
from twittervotes.rehearsal.settings import RehearsalSettings

START_MS = 1_800_000_000_000
TAGS = ("Debian", "Ubuntu", "arch")


def posts(number: int = 5000, start_ms: int = START_MS, **settings: float) -> list[Tweet]:
    chosen = RehearsalSettings(**settings)  # type: ignore[arg-type]
    return list(islice(Audience(chosen, TAGS, start_ms).tweets(), number))


def test_the_same_seed_gives_the_same_posts() -> None:
    assert posts(seed=7) == posts(seed=7)
    assert posts(seed=7) != posts(seed=8)


def test_the_same_seed_at_another_time_gives_the_same_course() -> None:
    day_ms = 86_400_000

    def course(tweets: list[Tweet], start_ms: int) -> list[object]:
        return [
            (tweet.posted_ms - start_ms, tweet.account, tweet.kind, tweet.tags) for tweet in tweets
        ]

    one = course(posts(), START_MS)
    assert one == course(posts(start_ms=START_MS + day_ms), START_MS + day_ms)


def test_ids_are_snowflakes_of_the_posting_time() -> None:
    for tweet in posts(300):
        assert (tweet.id >> 22) + 1288834974657 == tweet.posted_ms
        assert tweet.id > 2**53


def test_ids_are_never_used_twice_however_fast_the_posts_come() -> None:
    tweets = posts(20_000, rate=50_000)
    assert len({tweet.id for tweet in tweets}) == len(tweets)


def test_posts_come_at_the_requested_rate() -> None:
    for rate in (1.0, 20.0, 4000.0):
        tweets = posts(3000 if rate < 10 else 20_000, rate=rate, before_s=0)
        seconds = (tweets[-1].posted_ms - tweets[0].posted_ms) / 1000
        assert 0.7 * rate < len(tweets) / seconds < 1.4 * rate


def test_the_audience_does_all_that_makes_counting_hard() -> None:
    tweets = posts()
    kinds = Counter(tweet.kind for tweet in tweets)
    assert all(kinds[kind] > 100 for kind in TweetKind)
    assert {"Debian", "debian", "DEBIAN"} <= {tag for tweet in tweets for tag in tweet.tags}
    choices = set(map(plain, TAGS))
    named = [[plain(tag) for tag in tweet.tags if plain(tag) in choices] for tweet in tweets]
    assert sum(len(set(tags)) > 1 for tags in named) > 50
    assert sum(len(tags) > len(set(tags)) for tags in named) > 50
    assert sum(not tags for tags in named) > 50
    votes = Counter(tweet.account for tweet in tweets)
    assert max(votes.values()) > 3
    assert len(votes) > 1000


def test_a_share_of_the_posts_is_indexed_late() -> None:
    tweets = posts(late=0.2, late_s=8, before_s=0)
    delays = [tweet.indexed_ms - tweet.posted_ms for tweet in tweets]
    assert 0.15 < sum(delay >= 1500 for delay in delays) / len(delays) < 0.25
    assert min(delays) > 0
    assert max(delays) <= 8000


def test_what_was_posted_before_the_start_is_indexed_at_the_start() -> None:
    before = [tweet for tweet in posts(late=1, before_s=30) if tweet.posted_ms < START_MS]
    assert before
    assert max(tweet.indexed_ms for tweet in before) == START_MS


def test_the_audience_falls_silent_on_request() -> None:
    tweets = posts(1_000_000, before_s=0, lasts_s=10)
    assert 100 < len(tweets) < 400
    assert tweets[-1].posted_ms < START_MS + 10_000


def test_the_lead_changes_in_the_course_of_a_vote() -> None:
    votes: Counter[str] = Counter()
    leaders = []
    for number, tweet in enumerate(posts(6000)):
        votes.update(set(map(plain, tweet.tags)) & set(map(plain, TAGS)))
        if number % 200 == 199:
            leaders.append(votes.most_common(1)[0][0])
    assert any(one != other for one, other in pairwise(leaders))


def test_another_tag_of_the_audience_is_never_a_choice() -> None:
    settings = RehearsalSettings()
    tweets = islice(Audience(settings, ("LINUX", "foss"), START_MS).tweets(), 2000)
    assert not any(plain(tag) in {"linux", "foss"} for tag in _others(settings))
    assert {plain(tag) for tweet in tweets for tag in tweet.tags} >= {"linux", "foss", "fossish"}


def _others(settings: RehearsalSettings) -> list[str]:
    return Audience(settings, ("LINUX", "foss"), START_MS)._others


def test_a_rehearsal_does_not_run_dry_and_interest_rises_and_falls() -> None:
    tweets = posts(30_000, before_s=0)
    known: set[int] = set()
    fresh: Counter[int] = Counter()
    lively: Counter[int] = Counter()
    for tweet in tweets:
        minute = (tweet.posted_ms - START_MS) // 60_000
        lively[minute] += 1
        fresh[minute] += tweet.account not in known
        known.add(tweet.account)
    whole = range(max(lively))  # the last minute was cut
    assert len(whole) >= 20
    assert min(fresh[minute] for minute in whole) > 100, "people vote for the first time all along"
    rates = [lively[minute] for minute in whole]
    assert max(rates) > 2 * min(rates)
    rising = [later > earlier for earlier, later in pairwise(rates)]
    assert sum(a != b for a, b in pairwise(rising)) >= 4, "it goes up and down, again and again"
