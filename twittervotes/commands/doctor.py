"""The doctor: looks whether a vote could begin here and now, and says what to mend.

Every line is "ok", "mend" with what to do, or "note" for what is no hindrance. No secret is shown:
what is said of keys and tokens are the sentences of the sources themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from twittervotes.cli import command_options as order
from twittervotes.commands import here
from twittervotes.commands.here import MEND, NOTE, OK, Found
from twittervotes.commands.probe import Probed, probe
from twittervotes.commands.say import say
from twittervotes.commands.sources import REHEARSAL, Listed, listed
from twittervotes.core.config.loader import Config, load
from twittervotes.core.contest.clock import Clock, apart
from twittervotes.core.contest.contest import Choice, Contest, chosen
from twittervotes.core.contest.posts import Source
from twittervotes.core.contest.turkish import hints
from twittervotes.core.errors import TwittervotesError
from twittervotes.sources.plugin import Registry

SICK = 1  # the exit code when something is to be mended
NOBODY = "twittervotesdoctor"  # a hashtag that nobody uses: who charges for posts charges nothing
PERIOD_MS = 60_000


def run(ordered: order.Doctor, registry: Registry) -> int:
    """Look at everything, and tell it line by line, as it is found."""
    sick = False
    for found in _all(ordered, registry):
        say(*found.lines())
        sick = sick or found.state == MEND
    say("", "There is something to mend." if sick else "All is well.")
    return SICK if sick else 0


def _all(ordered: order.Doctor, registry: Registry) -> Iterator[Found]:
    yield here.python()
    config = None
    try:
        config = load(ordered.config, registry.sections)
    except TwittervotesError as error:
        for line in str(error).splitlines():
            yield Found(MEND, line, "Mend that line of the configuration.")
    else:
        yield Found(OK, f"The configuration can be used: {config.path}")
        yield from _spellings(config)
    yield from here.window(config)
    yield from here.folder()
    if config is not None:
        yield from _networks(registry, config)


def _spellings(config: Config) -> Iterator[Found]:
    """Look for hashtags that people will write in ways that do not count."""
    settings = config.contest
    choices = settings.choices or chosen(settings.hashtags)[0]
    for hint in hints(Contest(settings.title or "", choices), config.sources):
        aliases = ", ".join(hint.forms)
        advice = f"Under choices: - {{tag: {hint.tag}, aliases: [{aliases}]}} counts both."
        yield Found(NOTE, f"{hint.words}.", advice)


def _networks(registry: Registry, config: Config) -> Iterator[Found]:
    now_ms = Clock().today()
    contest = Contest(
        "", (Choice(NOBODY),), opens_ms=now_ms - PERIOD_MS, closes_ms=now_ms + PERIOD_MS
    )
    ready: list[tuple[Listed, Source]] = []
    for each in listed(registry, config):
        if each.name == REHEARSAL:
            if each.chosen:
                yield Found(OK, "rehearsal: it is chosen, and always ready.")
        elif each.needs:
            yield from _missing(each)
        else:
            plugin = registry.plugins[each.name]
            try:
                made = plugin.make(config.section(plugin.settings), contest)
                ready += [(each, source) for source in made]
            except Exception as error:  # whatever a stranger's package raises
                yield Found(MEND, f"{each.name}: it cannot be made ready.", _said(error))
    for name in config.sources:
        if name not in (*registry.plugins, REHEARSAL):
            advice = "Install it, or choose another: twittervotes sources lists them."
            yield Found(MEND, f"{name}: it is chosen, but not installed.", advice)
    probed = probe([source for _, source in ready], contest)
    for (each, _), answer in zip(ready, probed, strict=True):
        yield _asked(answer, chosen=each.chosen)
    yield _clock([each.ahead_ms for each in probed if each.ahead_ms is not None])


def _missing(each: Listed) -> Iterator[Found]:
    for sentence in each.needs:
        if each.chosen:
            yield Found(MEND, f"{each.name}: it is chosen, but not ready.", sentence)
        else:
            yield Found(NOTE, f"{each.name}: it is not ready, and not chosen.", sentence)


def _asked(probed: Probed, *, chosen: bool) -> Found:
    if probed.trouble:
        state = MEND if chosen else NOTE
        return Found(state, f"{probed.name}: {probed.trouble}", probed.advice)
    return Found(OK, f"{probed.name}: it answers.")


def _clock(ahead_ms: list[int]) -> Found:
    """Compare this computer's clock with those of the servers: the one in the middle is right."""
    if not ahead_ms:
        return Found(NOTE, "No server told the time: nothing is known of this computer's clock.")
    apart_ms = sorted(ahead_ms)[len(ahead_ms) // 2]
    words = apart(apart_ms, "the servers'.")
    if not words:
        return Found(OK, "This computer's clock is right.")
    return Found(
        MEND,
        words,
        "Let the system set the time by itself; a vote opens and closes by this clock.",
    )


def _said(error: Exception) -> str:
    if isinstance(error, TwittervotesError):
        return str(error)
    return f"Tell its makers: {type(error).__name__}."
