"""The report: all that is promised, readable, and nothing in it but text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from held import CLOSES, CONTEST, MASTODON, OPENS, Export, Held, X, audience, held, laid_down

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Choice, Contest, Rules, Tie
from twittervotes.core.contest.posts import Post, is_clean
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts
from twittervotes.core.ledger.writer import Entry

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "\u202eesrever",
    "🏳️‍🌈 شارع &amp;",
    "a\x00b\x0bc\u2028d",
    "W" * 190,
)
VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """What a browser would make of the page: its elements, attributes and text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.unclosed: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All text, on one line."""
        return " ".join(" ".join(self.texts).split())


def report(path: Path, exported: Export, **options: object) -> Page:
    return Page(exported(path, "report.html", **options))


def hostile(path: Path) -> Path:
    """Return a ledger in which every text that a stranger may choose is hostile."""
    choices = tuple(Choice(f"c{n}", text, "#zzz") for n, text in enumerate(HOSTILE))
    contest = Contest(" ".join(HOSTILE), choices, opens_ms=OPENS, closes_ms=CLOSES)
    posts = tuple(
        Post(text, text, text, OPENS + n * 1000, f"c{n}")
        for n, text in enumerate(HOSTILE)
        if is_clean([text])  # a ledger has no other posts
    )
    entries = []
    for number, text in enumerate(HOSTILE):
        name = text if is_clean([text]) else f"source {number}"
        source = {"network": text, "complete": False, "queries": [text]}
        gap = {"from_ms": OPENS, "to_ms": OPENS + 5000, "reason": text, "sweep": True}
        said = {"at_ms": OPENS, "by": text, "reason": text, "seed": text}
        entries += [
            Entry("source", name, source),
            Entry("gap", name, gap),
            Entry("act", "", {"does": "adjusted", "tag": "c1", "votes": 3, **said}),
            Entry("act", "", {"does": "drawn", **said}),
            Entry("act", "", {"does": "excluded", "voter": text, **said}),
        ]
    page = {"feed": "all", "bad": [], "position": 0}
    entries.append(Entry("page", "twitter", page, posts))
    return laid_down(path, contest, *entries)


def test_the_report_says_all_that_is_promised(full: Path, exported: Export) -> None:
    text = report(full, exported).text
    result = json.loads(exported(full, "result.json"))
    assert result["contest"]["title"] in text
    assert "Provisional result" in text
    assert "2027-01-15 08:00:00 UTC to 2027-01-15 08:08:00 UTC" in text
    assert "One vote per account: the first; posts naming several choices don't count" in text
    assert "#ubunut counts for Ubuntu" in text
    (winner,) = result["winner"]
    label = result["contest"]["labels"][winner]
    most = max(row["votes"] for row in result["tally"])
    assert f"{label} wins with {most:,} votes." in text
    assert result["lead"].partition(". ")[0] in text
    for row in result["tally"]:
        assert f"{row['votes']:,} votes {row['percent']:.1f} %" in text
    for word, number in (("posts seen", 900), ("posts counted", result["verdicts"]["counted"])):
        assert f"{word} {number}" in text
    for word, verdict in (
        ("named several choices", "spoilt"),
        ("while voting was paused", "paused"),
    ):
        assert f"{word} − {result['verdicts'][verdict]}" in text
    assert "twitter at least" in text
    assert "mastodon 1 gap, see below" in text
    assert "mastodon : 2027-01-15 08:03:00 to 2027-01-15 08:03:45 UTC. It refused." in text
    assert "2027-01-15 08:01:20 Ada Lovelace excluded account" in text
    assert "By hand: +12 for #arch , by Ada Lovelace , 2027-01-15 08:01:20 UTC: show of" in text
    assert " ".join(re.findall("....", result["digest"])) in text
    assert "python verify.py pack.zip" in text


def test_each_step_of_the_way_leads_to_the_next(full: Path, exported: Export) -> None:
    page = exported(full, "report.html").decode()
    steps = page[page.index('class="small steps"') : page.index("</table>")]
    spans = [
        (float(x), float(width)) for x, width in re.findall(r'<rect x="(.*?)" width="(.*?)"', steps)
    ]
    assert spans[0] == (0.0, 100.0)
    end = 100.0
    for x, width in spans[1:-1]:
        assert x + width == pytest.approx(end, abs=0.02)
        end = x
    assert spans[-1] == (0.0, pytest.approx(end, abs=0.02))


def test_the_bars_are_as_long_as_the_percentages(full: Path, exported: Export) -> None:
    page = exported(full, "report.html").decode()
    shares = [row["percent"] for row in json.loads(exported(full, "result.json"))["tally"]]
    widths = re.findall(r'<rect width="([\d.]+)" height="11" rx="2" fill="url\(#p\d\)"', page)
    assert [float(width) for width in widths] == [pytest.approx(6 * share) for share in shares]


@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_a_rehearsal_has_its_watermark_and_nothing_else_has(
    is_rehearsal: bool, tmp_path: Path, exported: Export
) -> None:
    contest = replace(CONTEST, rehearsal=is_rehearsal)
    page = report(held(tmp_path / "v.votes", audience(50), contest), exported)
    assert (("class", "watermark") in page.attributes) is is_rehearsal
    assert ("REHEARSAL, not a real vote" in page.text) is is_rehearsal


def test_local_time_is_shown_beside_utc(
    full: Path, exported: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        text = report(full, exported).text
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "2027-01-15 13:45:00 UTC+05:45 to 2027-01-15 13:53:00 UTC+05:45" in text
    assert "2027-01-15 08:00:00 UTC to 2027-01-15 08:08:00 UTC" in text


def test_whatever_is_typed_stays_text(tmp_path: Path, exported: Export) -> None:
    plain = report(held(tmp_path / "plain.votes"), exported)
    page = report(hostile(tmp_path / "h.votes"), exported, with_accounts=True)
    assert set(page.tags) <= set(plain.tags) | {"circle"}
    assert not {"script", "img", "a", "link", "iframe", "object"} & set(page.tags)
    assert (page.open, page.unclosed) == ([], [])
    names = {name for name, _ in page.attributes}
    assert not any(name.startswith("on") for name in names)
    assert not names & {"style", "src", "href", "xlink:href", "action", "srcset"}
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert page.texts.count("WWW") == 0
    everything = "".join(page.texts) + "".join(value for _, value in page.attributes)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e]", everything)


def test_the_report_loads_nothing(full: Path, exported: Export) -> None:
    page = exported(full, "report.html").decode()
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    (policy,) = re.findall('Security-Policy" content="(.*?)"', page)
    style_sum = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{style_sum}'"
    )
    assert "://" not in page
    assert set(re.findall(r"url\((.)", page)) == {"#"}
    assert "@import" not in style


def test_ties_and_draws_are_shown(tmp_path: Path, exported: Export) -> None:
    posts = [Post("x", "1", "a", OPENS + 1000, "debian"), Post("x", "2", "b", OPENS, "arch")]
    tie = held(tmp_path / "tie.votes", posts)
    text = report(tie, exported).text
    assert text.count("Debian and Arch are tied with 1 vote.") == 1
    assert "winner" in text
    vote = Held(tmp_path / "draw.votes", replace(CONTEST, rules=Rules(tie=Tie.DRAW)))
    vote.read(posts)
    vote.settle()
    vote.act(ActKind.DRAWN, seed="4 8 15", by="Ada")
    vote.act(ActKind.CERTIFIED, by="Ada")
    text = report(vote.close(), exported).text
    assert "Certified result" in text
    assert "The draw with the seed “4 8 15” picked" in text
    assert "decided the tie by draw with the seed “4 8 15”" in text
    assert text.count("winner") == 1


def test_a_vote_without_a_post_has_a_report(tmp_path: Path, exported: Export) -> None:
    path = laid_down(tmp_path / "v.votes", replace(CONTEST, closes_ms=None))
    page = report(path, exported)
    assert "No votes yet." in page.text
    assert "from 2027-01-15 08:00:00 UTC, with no end set" in page.text
    assert "polyline" not in page.tags


def test_one_network_is_a_line_and_several_are_a_table(
    full: Path, tmp_path: Path, exported: Export
) -> None:
    assert "All posts with votes came from x ." in report(held(tmp_path / "v.votes"), exported).text
    text = report(full, exported).text
    with Reader(full) as reader:
        assert {post.network for post in current_posts(reader)} == {"x", "mastodon"}
    assert re.search(r"Votes by network Choice mastodon x A Debian [\d,]+ [\d,]+ B Ubuntu", text)


def test_sources_are_listed_with_their_requests(tmp_path: Path, exported: Export) -> None:
    vote = Held(tmp_path / "v.votes", CONTEST, X, MASTODON)
    vote.read(audience(250))
    vote.session.record([MASTODON.failed(vote.session.ask(MASTODON))])
    path = vote.end()
    assert re.search(
        r"twitter at least \d+ 0 250 mastodon exact \d+ 1 0", report(path, exported).text
    )


def test_acts_of_every_kind_have_words(tmp_path: Path, exported: Export) -> None:
    entries = [
        Entry("act", "", {"does": does.value, "at_ms": OPENS, "by": f"by {does.value}"})
        for does in ActKind
    ]
    path = laid_down(tmp_path / "v.votes", CONTEST, *entries)
    text = report(path, exported).text
    assert [act.does for act in _acts(path)] == list(ActKind)
    assert all(f"by {does.value} " in text for does in ActKind)


def _acts(path: Path) -> tuple[Act, ...]:
    with Reader(path) as reader:
        return reader.acts
