from __future__ import annotations

import json
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

Q = "#debian OR #ubuntu OR #arch"


def ids(page: dict[str, Any]) -> list[int]:
    return [post["id"] for post in page["statuses"]]


def tags(post: dict[str, Any]) -> set[str]:
    whole = post.get("retweeted_status", post)
    return {tag["text"].casefold() for tag in whole["entities"]["hashtags"]}


def code(answer: Any) -> tuple[int, int]:
    return answer.status, json.loads(answer.body)["errors"][0]["code"]


def test_pages_deliver_each_matching_post_once_and_newest_first(network: Any) -> None:
    net = network()
    found = net.whole(tweet_mode="extended")
    truly = [
        post[0]
        for post in net.about("posts")
        if {tag.casefold() for tag in post[7]} & {"debian", "ubuntu", "arch"}
    ]
    assert len(found) > 500
    assert sorted(post["id_str"] for post in found) == sorted(truly)
    assert all(one["id"] > other["id"] for one, other in pairwise(found))


def test_tags_are_found_in_any_case_and_only_as_a_whole(network: Any) -> None:
    found = network().whole("#DEBIAN", tweet_mode="extended")
    assert {"debian"} == set.intersection(*map(tags, found))
    only_near = [post for post in found if tags(post) == {"debianish"}]
    assert not only_near


def test_retweets_match_by_their_full_text(network: Any) -> None:
    net = network()
    retweets = [post for post in net.whole() if "retweeted_status" in post]
    assert any(not post["entities"]["hashtags"] for post in retweets)
    assert not [post for post in net.whole(f"{Q} -filter:retweets") if "retweeted_status" in post]


def test_words_side_by_side_must_all_be_there(network: Any) -> None:
    both = network().whole("(#debian OR #arch) #ubuntu -filter:retweets", tweet_mode="extended")
    assert both
    assert all("ubuntu" in tags(post) and tags(post) & {"debian", "arch"} for post in both)


def test_a_minus_leaves_a_tag_out(network: Any) -> None:
    found = network().whole("#debian -#ubuntu", tweet_mode="extended")
    assert found
    assert not any("ubuntu" in tags(post) for post in found)


def test_plain_words_are_found_nowhere(network: Any) -> None:
    assert network().page("debian")["statuses"] == []


def test_since_id_is_exclusive_and_max_id_inclusive(network: Any) -> None:
    net = network()
    newest_first = ids(net.page())
    page = net.page(since_id=newest_first[50], max_id=newest_first[10])
    assert ids(page) == newest_first[10:50]


@pytest.mark.parametrize(("count", "given"), [(0, 1), (-4, 1), (1, 1), (100, 100), (5000, 100)])
def test_count_is_kept_between_1_and_100(network: Any, count: int, given: int) -> None:
    page = network().page(count=count)
    assert len(page["statuses"]) == page["search_metadata"]["count"] == given


def test_without_a_count_there_are_fifteen(network: Any) -> None:
    assert len(json.loads(network().ask(q=Q, result_type="recent").body)["statuses"]) == 15


def test_next_results_forgets_since_id_and_tweet_mode(network: Any) -> None:
    page = network().page(since_id=5, tweet_mode="extended")
    text = page["search_metadata"]["next_results"]
    following = parse_qs(text.removeprefix("?"))
    assert following == {
        "max_id": [str(min(ids(page)) - 1)],
        "q": [Q],
        "count": ["100"],
        "include_entities": ["1"],
        "result_type": ["recent"],
    }
    assert "+" not in text
    assert unquote(page["search_metadata"]["query"].replace("+", " ")) == Q


def test_an_empty_page_has_no_next_results(network: Any) -> None:
    net = network()
    page = net.page("#nobodysaysthis")
    assert page["statuses"] == []
    assert "next_results" not in page["search_metadata"]
    assert (page["search_metadata"]["max_id"] >> 22) + 1288834974657 == net.now_s * 1000


def test_a_last_page_may_have_next_results_or_not(network: Any) -> None:
    last = [network(seed=seed, before_s=2).page()["search_metadata"] for seed in range(12)]
    assert {"next_results" in metadata for metadata in last} == {True, False}


def test_a_short_page_is_not_the_last(network: Any) -> None:
    net = network(short=0.5)
    page = net.page()
    while len(page["statuses"]) == 100:
        page = net.page()
    assert "next_results" in page["search_metadata"]
    assert len({post["id"] for post in net.whole()}) == len(network().whole())


def test_metadata_repeats_the_requested_max_id(network: Any) -> None:
    net = network()
    first = net.page()
    assert first["search_metadata"]["max_id"] == max(ids(first))
    upto = min(ids(first)) - 1
    second = net.page(max_id=upto)
    assert second["search_metadata"]["max_id"] == upto
    assert f"since_id={upto}&" in second["search_metadata"]["refresh_url"]
    assert second["search_metadata"]["max_id_str"] == str(upto)


def test_mixed_is_the_default_and_begins_with_posts_days_old(network: Any) -> None:
    net = network()
    page = json.loads(net.ask(q=Q, count=50).body)
    kinds = [post["metadata"]["result_type"] for post in page["statuses"]]
    assert kinds == ["popular"] * 3 + ["recent"] * 47
    found = ids(page)
    assert max(found[:3]) < min(found[3:])
    jump = int(parse_qs(page["search_metadata"]["next_results"][1:])["max_id"][0])
    assert jump == min(found) - 1
    assert len(set(found)) == 50
    recent = [post["metadata"]["result_type"] for post in net.page()["statuses"]]
    assert set(recent) == {"recent"}


def test_popular_posts_can_be_requested_alone(network: Any) -> None:
    page = network().page(result_type="popular")
    assert 0 < len(page["statuses"]) <= 3
    assert "next_results" not in page["search_metadata"]


def test_posts_come_in_between_two_pages(network: Any) -> None:
    net = network()
    first = net.page()
    net.now_s += 5
    second = net.page(max_id=min(ids(first)) - 1)
    assert not set(ids(first)) & set(ids(second))
    assert min(ids(net.page())) > min(ids(first))


def test_a_late_post_appears_below_the_newest_already_served(network: Any) -> None:
    net = network(late=0.1, before_s=3)
    seen = {post["id"] for post in net.whole()}
    late = set()
    for _ in range(20):
        newest = max(seen)
        net.now_s += 1
        for post in net.whole():
            if post["id"] < newest and post["id"] not in seen:
                late.add(post["id"])
            seen.add(post["id"])
    assert len(late) > 10
    indexed = {int(post[0]): post[5] for post in net.about("posts")}
    waited = [indexed[key] - ((key >> 22) + 1288834974657) for key in late]
    assert max(waited) > 1500


def test_a_max_id_below_since_id_is_refused(network: Any) -> None:
    net = network()
    assert code(net.ask(q=Q, since_id=1000, max_id=999)) == (403, 195)
    assert net.ask(q=Q, since_id=1000, max_id=1000).status == 200


def test_a_query_may_have_500_characters(network: Any) -> None:
    net = network()
    assert net.ask(q="#" + "é" * 499).status == 200
    assert code(net.ask(q="#" + "é" * 500)) == (403, 195)


@pytest.mark.parametrize("q", [{}, {"q": ""}, {"q": " "}])
def test_a_query_is_needed(network: Any, q: dict[str, str]) -> None:
    assert code(network().ask(**q)) == (400, 25)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": "many"},
        {"since_id": "1.0"},
        {"max_id": "1e9"},
        {"until": "today"},
        {"result_type": "best"},
    ],
)
def test_nonsense_is_refused(network: Any, wrong: dict[str, str]) -> None:
    assert code(network().ask(q=Q, **wrong)) == (400, 44)


def test_until_means_before_that_day(network: Any) -> None:
    net = network()
    assert {post["created_at"][4:7] for post in net.page()["statuses"]} == {"Jan"}
    before = net.page(until="2027-01-14")["statuses"]
    assert before
    assert all(post["created_at"][8:10] < "14" for post in before)


def test_another_address_is_not_there(network: Any) -> None:
    net = network()
    assert code(net.ask("/1.1/search/users.json", q=Q)) == (404, 34)
    assert code(net.ask("/rehearsal/secrets")) == (404, 34)
    assert code(net.ask("/rehearsal/truth", opens_ms="soon")) == (400, 44)
