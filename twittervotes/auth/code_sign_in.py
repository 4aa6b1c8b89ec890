"""What a sign-in by OAuth 2.0 needs to know: the client, the network's addresses, our own.

Checked as a whole when it is made, as the other sign-in is. Knows nothing of files, Flask and
requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from twittervotes.auth.settings import Served, check_endpoint, check_served, is_key
from twittervotes.core.errors import ConfigError

SCOPE = "tweet.read users.read offline.access"  # the last is for the refresh token


@dataclass(frozen=True, slots=True)
class CodeSignIn(Served):
    """The settings of a sign-in; its repr shows no key. `timeout` is of one request, in seconds.

    `client_secret` is "" for a public client: one that cannot keep a secret.
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
