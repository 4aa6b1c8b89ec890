"""Turkish capitals, which some networks don't match with their small letters.

In Turkish and Azeri the capital of "i" is "İ", and that of "ı" is "I". Many networks compare
letters by rules that ignore the language (`Network.turkish_apart`): #İstanbul differs from
#istanbul, and #Irmak from #ırmak. An operator who wants such posts counted adds the spelling as an
alias.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from twittervotes.core.contest import networks
from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.tie import listed

if TYPE_CHECKING:
    from collections.abc import Collection

    from twittervotes.core.contest.contest import Contest

CAPITALS: Final = str.maketrans("iı", "İI")
SMALL: Final = str.maketrans("İI", "iı")
LETTERS: Final = frozenset("ğĞşŞıİ")  # they tell Turkish from most other languages


class Hint(NamedTuple):
    """Spellings of a choice that don't count for it on some networks."""

    tag: str
    forms: tuple[str, ...]
    where: str

    @property
    def words(self) -> str:
        """The hint as a sentence."""
        forms = listed([f"#{form}" for form in self.forms])
        return (
            f"In Turkish #{self.tag} is also {forms}, which does not count for it on {self.where}"
        )

    @property
    def option(self) -> str:
        """The choice as written on the command line, with its aliases."""
        return "=".join((self.tag, *self.forms))


def spellings(tag: str, network: str = "") -> tuple[str, ...]:
    """Return the Turkish spellings of `tag` that are different hashtags on `network`."""
    forms = [
        tag[:1].translate(CAPITALS).upper() + tag[1:],
        tag.translate(CAPITALS).upper(),
        *([tag.translate(SMALL).lower()] if "İ" in tag else []),
    ]
    folded = {fold(tag, network): tag}
    for form in forms:
        folded.setdefault(fold(form, network), form)
    return tuple(folded.values())[1:]


def missed(contest: Contest, network: str = "") -> dict[str, tuple[str, str]]:
    """Return the spellings that `network` doesn't count: folded spelling to spelling and choice."""
    counted = {fold(tag, network) for tag in contest.tags}
    return {
        fold(form, network): (form, choice.tag)
        for choice in contest.choices
        for tag in (choice.tag, *choice.aliases)
        for form in spellings(tag, network)
        if fold(form, network) not in counted
    }


def hints(contest: Contest, sources: Collection[str] = ()) -> list[Hint]:
    """Return the spellings that won't count, if people are likely to post them.

    That is the case if the vote has Turkish letters, or a hashtag begins with "i".
    """
    held = map(networks.of_source, sources) if sources else networks.installed()
    names = dict.fromkeys(network.title for network in held if network.turkish_apart)
    if not names:
        return []
    texts = (contest.title, *contest.tags, *(choice.label for choice in contest.choices))
    is_turkish = any(not LETTERS.isdisjoint(text) for text in texts)
    forms: dict[str, list[str]] = {}
    for form, tag in missed(contest).values():
        if is_turkish or tag[:1] in "iı":
            forms.setdefault(tag, []).append(form)
    return [Hint(tag, tuple(found), listed([*names])) for tag, found in forms.items()]
