"""The settings of a browser sign-in: the keys, the network's endpoints, our own address.

They are validated on construction, so a mistake is reported before a page is opened. Knows nothing
of files, Flask and HTTP clients.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from twittervotes.core.errors import ConfigError
from twittervotes.network.address import is_loopback, is_safe

CALLBACK_PATH = "/callback"


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The `sign_in:` section of the configuration: where the page is served."""

    address: str = "127.0.0.1"
    port: int = 3000
    timeout_s: int = 20  # for each response of the network


class Served:
    """The address of the sign-in pages, and what they call the network."""

    __slots__ = ()
    host: str
    port: int
    timeout: float
    authorize_url: str

    @property
    def page_url(self) -> str:
        """The URL of the sign-in page."""
        return f"http://{self.authority}/"

    @property
    def callback_url(self) -> str:
        """The callback URL; it must be registered at the network exactly so."""
        return f"http://{self.authority}{CALLBACK_PATH}"

    @property
    def authority(self) -> str:
        """Our host and port as in a browser's Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    @property
    def network(self) -> str:
        """What to call the network."""
        host = urlsplit(self.authorize_url).hostname or ""
        known = host in ("x.com", "twitter.com") or host.endswith((".x.com", ".twitter.com"))
        return "X" if known else urlsplit(self.authorize_url).netloc


@dataclass(frozen=True, slots=True)
class SignIn(Served):
    """The settings of a sign-in; the repr shows no key. `timeout` is per request, in seconds."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    request_token_url: str
    authorize_url: str
    access_token_url: str
    host: str = "127.0.0.1"
    port: int = 3000
    timeout: float = 20.0

    def __post_init__(self) -> None:
        for name, value in (
            ("consumer_key", self.consumer_key),
            ("consumer_secret", self.consumer_secret),
        ):
            if not is_key(value):
                raise ConfigError(
                    f"{name} is missing or not a key. Copy it from your app's page at the network"
                    f" into config.yaml, or set TWITTERVOTES_TWITTER_{name.upper()}."
                )
        check_endpoint("request_token_url", self.request_token_url)
        check_endpoint("authorize_url", self.authorize_url)
        check_endpoint("access_token_url", self.access_token_url)
        check_served(self)


def is_key(text: str) -> bool:
    """Return whether `text` can be an app's key."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def check_served(served: Served) -> None:
    """Raise ConfigError unless the pages can be served at their address."""
    if not is_loopback(served.host):
        raise ConfigError(
            f"The sign-in page cannot be served at {served.host!r}: anyone in that network could"
            " open it. Use 127.0.0.1."
        )
    if not 0 < served.timeout <= 300:
        raise ConfigError("timeout must be more than zero and at most 5 minutes.")
    if not 1 <= served.port <= 65535:
        raise ConfigError(f"{served.port} is not a port. Use one from 1 to 65535, such as 3000.")


def check_endpoint(name: str, url: str) -> None:
    """Raise ConfigError unless tokens can be sent to this URL safely."""
    parts = _split(url)
    if parts is None or not parts.hostname or parts.scheme not in ("http", "https"):
        raise ConfigError(
            f"{name} is not a web address. It looks like https://api.x.com/oauth/...; correct it in"
            " the configuration."
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ConfigError(f"{name} must not contain a user, a password or a '#'. Take them out.")
    if not is_safe(parts):
        raise ConfigError(f"{name} starts with http://, which is not encrypted. Use https://.")


def _split(url: str) -> SplitResult | None:
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # the property raises if the port is invalid
    except ValueError:
        return None
    return parts


SCOPE = "tweet.read users.read offline.access"  # offline.access is for the refresh token


@dataclass(frozen=True, slots=True)
class CodeSignIn(Served):
    """The settings of a sign-in; the repr shows no key. `timeout` is per request, in seconds.

    `client_secret` is "" for a public client, one that can't keep a secret.
    """

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    authorize_url: str
    token_url: str
    account_url: str
    host: str = "127.0.0.1"
    port: int = 3000
    timeout: float = 20.0

    def __post_init__(self) -> None:
        if not is_key(self.client_id):
            raise ConfigError(
                "client_id is missing or not a key. Copy it from your app's page at the network"
                " into config.yaml, under x, or set TWITTERVOTES_X_CLIENT_ID."
            )
        if self.client_secret and not is_key(self.client_secret):
            raise ConfigError(
                "client_secret is not a key. Copy it from your app's page at the network into"
                " config.yaml, under x, or set TWITTERVOTES_X_CLIENT_SECRET."
            )
        check_endpoint("authorize_url", self.authorize_url)
        check_endpoint("token_url", self.token_url)
        check_endpoint("account_url", self.account_url)
        check_served(self)
