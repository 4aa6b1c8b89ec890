"""The words of a contest: which are refused, how they are stored, and how networks differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twittervotes.cli.plan import with_words
from twittervotes.core.contest import chat
from twittervotes.core.contest.contest import Choice, Contest, Rules, Several, checked
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import Post, Verdict
from twittervotes.core.contest.words import Chat
from twittervotes.core.errors import ConfigError, ContestError

CHOICES = (
    Choice("debian", "Debian", words=("1", "deb")),
    Choice("arch", words=("2", "arch linux")),
    Choice("Fedora", aliases=("fedoraproject",)),
)
CONTEST = Contest("Which?", CHOICES)


@pytest.mark.parametrize(
    ("choices", "settings", "message"),
    [
        ((Choice("a", words=("1",)), Choice("b", words=("1",))), Chat(), "both a and b"),
        ((Choice("a", words=("b",)), Choice("b")), Chat(), "both a and b"),
        ((Choice("a", words=("a b",)), Choice("b", words=("a_b",))), Chat(), "both a and b"),
        ((Choice("a", words=("ss",)), Choice("b", words=("s" + "s",))), Chat(), "both a and b"),
        ((Choice("a", words=tuple(map(str, range(33)))),), Chat(), "32 words at most"),
        ((Choice("a", words=("!vote 1",)),), Chat(prefix=("!vote",)), "begins with the prefix"),
        ((Choice("a", words=("!vote",)),), Chat(prefix=("!vote",)), "begins with the prefix"),
        ((Choice("a", words=("12",)),), Chat(match="anywhere"), "too short"),
        ((Choice("a", words=("x",)),), Chat(match="anywhere"), "too short"),
        ((Choice("a", words=("x" * 101,)),), Chat(), "A word can have at most 100 characters"),
    ],
)
def test_ambiguous_words_are_refused(
    choices: tuple[Choice, ...], settings: Chat, message: str
) -> None:
    with pytest.raises(ContestError, match=message):
        checked(Contest("?", choices, chat=settings))


def test_distinct_words_are_accepted() -> None:
    assert checked(CONTEST) == CONTEST
    assert checked(replace(CONTEST, chat=Chat(prefix=("!vote",)))).words == CONTEST.words


def test_hashtags_that_fold_to_one_word_are_refused_in_chats() -> None:
    alike = Contest("?", (Choice("a_"), Choice("a")))
    assert checked(alike) == alike
    assert chat.reader(alike).tags_in("a") == ""
    with pytest.raises(ContestError, match="both a_ and a"):
        checked(replace(alike, chat=Chat(bare=True)))


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("DEB", "word:deb"),
        ("debian", ""),
        ("fedora", "Fedora"),
        ("FedoraProject 1", "fedoraproject word:1"),
    ],
)
def test_a_choice_without_words_is_named_by_its_hashtags(text: str, tags: str) -> None:
    assert chat.reader(CONTEST).tags_in(text) == tags


@pytest.mark.parametrize("network", ["twitch", "x", "mastodon"])
@pytest.mark.parametrize(
    ("tags", "opinion"),
    [
        ("word:deb", (Verdict.COUNTED, (0,))),
        ("word:arch_linux", (Verdict.COUNTED, (1,))),
        ("word:1 word:deb", (Verdict.COUNTED, (0,))),
        ("word:2 word:1", (Verdict.COUNTED, (1,))),
        ("deb", (Verdict.NO_CHOICE, ())),
        ("1", (Verdict.NO_CHOICE, ())),
        ("debian", (Verdict.COUNTED, (0,))),
    ],
)
def test_a_word_counts_as_a_word_and_never_as_a_hashtag(
    network: str, tags: str, opinion: tuple[Verdict, tuple[int, ...]]
) -> None:
    judge = Judge(replace(CONTEST, rules=Rules(several=Several.FIRST)))
    expected = opinion
    if network == "mastodon" and "word:" in tags:  # no tag of Mastodon holds a colon
        expected = (Verdict.NO_CHOICE, ())
    assert judge(Post(network, "1", "ann", 1, tags)) == expected


def test_the_audience_reads_how_to_vote() -> None:
    assert chat.in_words(Contest("?", (Choice("debian"),))) == ()
    assert chat.in_words(CONTEST) == ("in chats, type 1 for Debian, 2 for arch, fedora for Fedora",)
    strict = Chat(("!vote",), match="anywhere", shared="all", replies="ignore")
    first, *rest = chat.in_words(replace(CONTEST, chat=strict))
    assert first.startswith("in chats, type !vote 1 for Debian, !vote 2 for arch")
    assert len(rest) == 3


def test_the_command_line_declares_words() -> None:
    pairs = (("#Debian", "1, DEB"), ("Arch Linux", "arch  linux,2"), ("debian", "1,one"))
    debian, arch = with_words((Choice("debian"), Choice("arch", "Arch Linux")), pairs)
    assert debian.words == ("1", "deb", "one")
    assert arch.words == ("arch linux", "2")


@pytest.mark.parametrize(
    ("pair", "message"),
    [(("ubuntu", "1"), "no choice 'ubuntu'"), (("debian", ":)"), "must have a letter")],
)
def test_words_that_cannot_be_declared_are_named(pair: tuple[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        with_words((Choice("debian"),), (pair,))
