"""Where events are in Kafka, and how to reach its brokers.

A file of options is passed to librdkafka, so that brokers can be reached over TLS and with a
password. Its values are never shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SCHEME: Final = "kafka://"
PLACES: Final = "kafka://HOST:PORT/PREFIX"
# Options that say how to reach brokers; others affect whether each event arrives once.
CONNECTING: Final = ("client.", "enable.ssl.", "https.", "sasl.", "security.", "socket.", "ssl.")
# Values that reveal nothing and may be shown in a message.
PUBLIC: Final = (
    *("false", "gssapi", "oauthbearer", "oidc", "plain", "plaintext", "sasl_plaintext", "sasl_ssl"),
    *("scram-sha-256", "scram-sha-512", "ssl", "true"),
)

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class KafkaPlace:
    """The bootstrap servers, the prefix of the topic's name, and librdkafka's own options.

    `ledger` is the ID of the ledger whose events are read, or "" if the topic has only one.
    """

    servers: str
    prefix: str
    ledger: str = ""
    options: Options = field(default=(), repr=False)

    @property
    def topic(self) -> str:
        """The topic's name."""
        return f"{self.prefix}.events"

    def without_secrets(self, words: str) -> str:
        """Return `words` without the values of the options."""
        for value in sorted((value for _, value in self.options), key=len, reverse=True):
            if value and value.lower() not in PUBLIC:
                words = words.replace(value, "…")
        return words


def place_of(url: str, options: Options = ()) -> KafkaPlace:
    """Parse kafka://HOST:PORT[,HOST:PORT…]/PREFIX, optionally with the ID of a ledger after it.

    Raises:
        ConfigError: `url` is anything else.
    """
    parts = urlsplit(url)
    prefix, _, ledger = parts.path.strip("/").partition("/")
    is_name = prefix.replace(".", "").replace("-", "").replace("_", "").isalnum()
    if parts.scheme != "kafka" or not parts.netloc:
        raise ConfigError(f"There are no events at {url}. Use - or {PLACES}.")
    if "@" in parts.netloc:
        raise ConfigError(
            f"A name or a password can't be in the address. Use {PLACES}, and put them into a file"
            " for --kafka-config."
        )
    if not is_name or not prefix.isascii() or len(prefix) > 200:
        raise ConfigError(
            f"{prefix!r} can't be the prefix of a topic. Use letters, digits, '.', '_' and '-'."
        )
    if ledger and (len(ledger) != 32 or {*ledger} - {*"0123456789abcdef"}):
        raise ConfigError(f"{ledger[:40]!r} isn't the ID of a ledger in its events.")
    return KafkaPlace(parts.netloc, prefix, ledger, options)


def options_in(path: Path) -> Options:
    """Read a file of librdkafka's options: one NAME=VALUE per line; # begins a comment.

    Raises:
        ConfigError: The file can't be read or holds something else; the message shows no values.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} can't be read: it isn't a text in UTF-8.") from error
    options: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name:
            raise ConfigError(f"{path}, line {number}: write NAME=VALUE.")
        if not name.startswith(CONNECTING) or name in options:
            why = "is there twice" if name in options else "can't be set"
            shown = name if name.replace(".", "").replace("_", "").isalpha() else "the option"
            raise ConfigError(
                f"{path}, line {number}: {shown[:60]} {why}. Options begin with"
                f" {', '.join(CONNECTING)}."
            )
        options[name] = value
    return tuple(options.items())
