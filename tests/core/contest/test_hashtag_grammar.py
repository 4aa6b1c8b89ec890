"""The grammar of hashtags: which tags are in a text, and which text is one whole tag."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from twittervotes.core.contest.hashtag import LONGEST, SIGNS, named, tags_in
from twittervotes.core.errors import ContestError

ODD = "aZé\u0301日か한ف१0²½#＃&_-.,:/ ’。!\n\ufe0e\ufe0f\u20e3✌\u200b\U00020021\ud800" + SIGNS
TEXTS = st.text(st.sampled_from(ODD), max_size=12) | st.text(max_size=12)


def read_plainly(text: str) -> list[str]:
    """Find tags in a text without links, character by character, following the rules in words."""

    def is_letter(sign: str) -> bool:
        return unicodedata.category(sign)[0] in "LM"

    def is_part(sign: str) -> bool:
        return is_letter(sign) or unicodedata.category(sign) == "Nd" or sign in SIGNS

    found = []
    place = 0
    while place < len(text):
        before, rest = text[:place], text[place + 1 :]
        place += 1
        if text[place - 1] not in "#＃" or rest[:1] in ("\ufe0f", "\u20e3"):
            continue
        if (
            before
            and (before[-1] == "&" or is_part(before[-1]))
            and before[-1] not in "\ufe0e\ufe0f"
        ):
            continue
        length = next((n for n, sign in enumerate(rest) if not is_part(sign)), len(rest))
        tag = rest[:length]
        if not any(map(is_letter, tag)):
            continue
        if rest[length:].startswith(("#", "＃", "://")):
            place += length + 1  # the sign that spoils it begins no tag
        else:
            found.append(tag)
            place += length
    return found


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#debian", "debian"),
        ("I vote for #debian today", "debian"),
        ("#Debian #DEBIAN", "Debian DEBIAN"),
        ("＃debian", "debian"),
        ("#ｄｅｂｉａｎ１２", "ｄｅｂｉａｎ１２"),
        ("#debian12", "debian12"),
        ("#4ever", "4ever"),
        ("#100k", "100k"),
        ("#_a", "_a"),
        ("#a_b", "a_b"),
        ("#été", "été"),
        ("#e\u0301te\u0301", "e\u0301te\u0301"),
        ("#\u0301", "\u0301"),
        ("#İzmir #ışık", "İzmir ışık"),
        ("#Ελλάδα #Հայաստան #საქართველო", "Ελλάδα Հայաստան საქართველო"),
        ("#Україна #ქართული", "Україна ქართული"),
        ("#ኢትዮጵያ", "ኢትዮጵያ"),
        ("#นที #ที่นี่", "นที ที่นี่"),
        ("#मत #मत_१२ #१२", "मत मत_१२"),
        ("#தமிழ் #తెలుగు #বাংলা", "தமிழ் తెలుగు বাংলা"),
        ("#انتخابات_۱۴ #٤٠٦", "انتخابات_۱۴"),
        ("#می\u200cخواهم", "می\u200cخواهم"),
        ("#ශ්\u200dරී", "ශ්\u200dරී"),
        ("#בית־ספר #צה״ל #ג׳ירפה", "בית־ספר צה״ל ג׳ירפה"),
        ("#བོད་ཡིག", "བོད་ཡིག"),
        ("#投票 #투표 #とうひょう #トウヒョウ #ﾄｳﾋｮｳ", "投票 투표 とうひょう トウヒョウ ﾄｳﾋｮｳ"),
        ("#ｶﾞｷﾞ #か゛ #佐々木 #各〃 #すゝめ", "ｶﾞｷﾞ か゛ 佐々木 各〃 すゝめ"),
        ("#メ～テレ #メ〜テレ #ジャン・ポール", "メ～テレ メ〜テレ ジャン・ポール"),
        ("#il·lusió", "il·lusió"),
        ("#\U00020021 #A\U000104a0", "\U00020021 A\U000104a0"),
        ("#vo\u200dte", "vo\u200dte"),
    ],
)
def test_letters_marks_digits_and_a_few_signs_make_a_tag(text: str, tags: str) -> None:
    assert tags_in(text) == tuple(tags.split())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "debian",
        "#",
        "# debian",
        "#100",
        "#_",
        "#__",
        "#1_2",
        "#122",
        "#〃",
        "#～",
        "#-a",
        "#½",
        "#²",
        "#Ⅷ",
        "#🐧",
        "#\u20e3a",
        "#\ufe0f\u20e3a",
        "1#a",
        "_#a",
        "a#b",
        "é#b",
        "e\u0301#b",
        "日本#b",
        "か#b",
        "・#b",
        "&#b",
        "&#nbsp;",
        "#a#b",
        "#a＃b",
        "#a#",
        "#a\ufe0f#b",
        "#a://b",
    ],
)
def test_lookalikes_are_not_tags(text: str) -> None:
    assert tags_in(text) == ()


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#a b", "a"),
        ("#a-b", "a"),
        ("#a.b", "a"),
        ("#C++", "C"),
        ("#a'b", "a"),
        ("#a’s", "a"),
        ("#a: #b; #c, #d. #e! #f?", "a b c d e f"),
        ("#a/b", "a"),
        ("#a:/b", "a"),
        ("#a&b", "a"),
        ("#a@b", "a"),
        ("#a🐧", "a"),
        ("#a½", "a"),
        ("#a\nb", "a"),
        ("#a\u3000b", "a"),
        ("#vo\u200bte", "vo"),
        ("#投票。", "投票"),
        ("#投票」です", "投票"),
    ],
)
def test_a_tag_ends_before_any_other_sign(text: str, tags: str) -> None:
    assert tags_in(text) == tuple(tags.split())


@pytest.mark.parametrize(
    "before",
    [
        *" \t\n\u3000.,:;!?'\"’“(){}[]<>/\\|*+=-~$%^@#＃",
        *"。、！「」（…—✌🐧²½\u200b\ufe0e\ufe0f",
        "✌\ufe0f",
        "a ",
        "日本。",
        "#a,",
        "#a’",
        "#a/",
        "#1 ",
    ],
)
def test_a_tag_may_follow_any_other_character(before: str) -> None:
    assert tags_in(f"{before}#y")[-1:] == ("y",)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("https://example.org/#a", ""),
        ("HTTPS://EXAMPLE.ORG/#a", ""),
        ("example.org/#a", ""),
        ("www.example.co.uk/#a", ""),
        ("see example.org/x/#a or so", ""),
        ("(http://example.org/#a)", ""),
        ("http://example.org:8080/#a", ""),
        ("http://example.org?#a", ""),
        ("http://example.org/?q=x&y=#a", ""),
        ("http://example.org/x_(y)/#a", ""),
        ("http://example.org/x_(y_(z))/#a", ""),
        ("http://example.org/-#a", ""),
        ("http://example.org/,#a", ""),
        ("http://bücher.example/#a", ""),
        ("http://例え.みんな/#a", ""),
        ("http://xn--e1afmkfd.xn--p1ai/#a", ""),
        ("http://✪df.ws/#a", ""),
        ("http://d✪.ws/#a", ""),
        ("http://one.caféx/#a", ""),
        ("日本example.org/#a", ""),
        ("http://example.org/Слово/#a", ""),
        ("http://example.org/é/#a", ""),
        ("http://example.org/#a #b", "b"),
        ("#b http://example.org/#a", "b"),
        ("http://example.org #b", "b"),
        ("http://example.org/\n#b", "b"),
        ("http://example.org,#b", "b"),
        ("http://example.org.#b", "b"),
        ("http://example.org)#b", "b"),
        ("(http://example.org/)#b", "b"),
        ("http://example.org/”#b", "b"),
        ("http://example.org/。#b", "b"),
        ("http://example.org/＃b", "b"),
        ("http://example.orgです/#b", "b"),
        ("https://t.co/AbC1,#b", "b"),
        ("https://t.co/AbC1-#b", "b"),
        ("https://t.co/AbC1#b", ""),
        ("#http://example.org #https://example.org", ""),
        ("#example.org", "example"),
        ("#example.org/#b", "example b"),
        ("@example.org/#b", "b"),
        ("@http://example.org/#b", "b"),
        ("ann@example.org/#b", "b"),
        ("$example.org/#b", "b"),
        ("-example.org/#b", "b"),
        ("example.c/#b", "b"),
        ("example.org2/#b", "b"),
        ("example/#b", "b"),
        ("http:///#b", "b"),
        ("and/or/#b", "b"),
        ("1.5/#b", "b"),
        ("ftp://#b", "b"),
    ],
)
def test_a_tag_in_a_link_doesnt_count_and_one_after_it_does(text: str, tags: str) -> None:
    assert tags_in(text) == tuple(tags.split())


def test_a_text_is_unescaped_before_it_is_parsed() -> None:
    assert tags_in("&#y") == ()
    assert tags_in("&amp;#y") == ("y",)


@given(TEXTS)
def test_tags_are_those_that_a_plain_reading_finds(text: str) -> None:
    assume("." not in text)  # no link
    assume(all(unicodedata.category(sign) != "Cn" for sign in text))  # new since this Python
    assert list(tags_in(text)) == read_plainly(text)


@given(TEXTS)
def test_every_tag_found_may_be_named_and_every_name_is_found(text: str) -> None:
    for tag in tags_in(text):
        assert named(f"#{tag}") == unicodedata.normalize("NFC", tag)
        assert tags_in(f"x. #{tag}!") == (tag,)


@given(TEXTS)
def test_an_operator_may_name_only_complete_tags(text: str) -> None:
    tag = unicodedata.normalize("NFC", text.strip()).removeprefix("#").removeprefix("＃")
    if tags_in(f"#{tag}") == (tag,):
        assert named(text) == tag
    else:
        with pytest.raises(ContestError, match=r"isn't a valid hashtag.*\.$"):
            named(text)


def test_every_single_character_follows_the_grammar() -> None:
    for sign in map(chr, range(0x3000)):
        for text in (sign, f"a{sign}", f"{sign}a"):
            tag = unicodedata.normalize("NFC", text.strip()).removeprefix("#")
            try:
                assert (named(text),) == tags_in(f"#{tag}")
            except ContestError:
                assert tags_in(f"#{tag}") != (tag,), ascii(text)


@given(st.sampled_from(["a.bc/", "https://a.bc/", "http://a.bc/x?y=", "a.bc/(x)"]), TEXTS)
def test_no_tag_is_found_in_a_link(link: str, text: str) -> None:
    path = "".join(sign for sign in text if sign.isascii() and (sign.isalnum() or sign in "#_/-"))
    assert tags_in(f"see {link}{path} there") == ()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "part",
    [
        "a",
        "é",
        "a.",
        "é.",
        "#",
        "#1",
        "1",
        "!",
        "(",
        "(a",
        "(a)",
        "(!(!)",
        "http://",
        "a.bc/(",
        "＃é_",
    ],
)
@pytest.mark.parametrize("start", ["", "#", "http://", "http://a.bc/", "a.bc/?"])
def test_no_text_takes_long_to_read(start: str, part: str) -> None:
    """A backtracking parser would not end; and every tag that is found is in the text."""
    text = start + part * (20_000 // len(part))
    for end in ("#", "!#a"):
        for tag in tags_in(text + end):
            assert tag in text + end


def test_the_longest_name_is_accepted_and_a_longer_one_is_reported() -> None:
    assert named("é" * LONGEST) == "é" * LONGEST
    with pytest.raises(ContestError, match=f"more than {LONGEST} characters"):
        named("é" * (LONGEST + 1))
