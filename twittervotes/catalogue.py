"""What there is to wire: the sections of the configuration, and the sources by their names."""

from __future__ import annotations

from contextlib import ExitStack

from twittervotes.core import tokens
from twittervotes.core.config import Config
from twittervotes.core.contest import Contest
from twittervotes.core.errors import ConfigError
from twittervotes.core.model import Source
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.sources.twitter import Settings as TwitterSettings
from twittervotes.sources.twitter import Twitter
from twittervotes.web.sign_in import PageSettings

SECTIONS: dict[str, type[object]] = {
    "twitter": TwitterSettings,
    "rehearsal": RehearsalSettings,
    "sign_in": PageSettings,
}
REHEARSAL = "rehearsal"
NAMES = ("twitter", REHEARSAL)


def check(names: tuple[str, ...]) -> None:
    """Raise ConfigError unless every name is a source's, and none mixes with the rehearsal."""
    for name in names:
        if name not in NAMES:
            raise ConfigError(f"There is no source {name!r}. There are: {', '.join(NAMES)}.")
    if REHEARSAL in names and len(names) > 1:
        raise ConfigError("A rehearsal cannot be counted together with a real network.")


def sources(
    names: tuple[str, ...], config: Config, contest: Contest, running: ExitStack
) -> tuple[Source, ...]:
    """Return the sources by their names; what they need to run is ended with `running`."""
    return tuple(
        _rehearsal(config, contest, running) if name == REHEARSAL else _twitter(config)
        for name in names
    )


def _twitter(config: Config) -> Source:
    settings = config.section(TwitterSettings)
    token = tokens.read(tokens.place())
    return Twitter(
        settings.consumer_key,
        settings.consumer_secret,
        token.oauth_token,
        token.oauth_token_secret,
        settings.endpoint(),
        settings.overlap_s * 1000,
    )


def _rehearsal(config: Config, contest: Contest, running: ExitStack) -> Source:
    from twittervotes.rehearsal import stage

    network = running.enter_context(stage.start(config.section(RehearsalSettings), contest.tags))
    keys = network.credentials
    return Twitter(
        keys.consumer_key,
        keys.consumer_secret,
        keys.oauth_token,
        keys.oauth_token_secret,
        network.url,
        config.section(TwitterSettings).overlap_s * 1000,
        name=REHEARSAL,
        complete=True,
    )
