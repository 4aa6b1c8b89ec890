"""The sign-in command: wires configuration, flow and pages, and nothing else."""

from __future__ import annotations

import argparse
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.auth import oauth1_token, oauth2_token
from twittervotes.commands.say import complain, say
from twittervotes.core import logs
from twittervotes.core.errors import SignInError, TwittervotesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.auth.flow import Course
    from twittervotes.core.config.loader import Config

_EXAMPLES = """\
examples:
  python twitter_auth.py                   opens the page in your browser
  python twitter_auth.py --no-browser      prints the address only
  python twitter_auth.py --port 3001       if port 3000 is in use
  python twitter_auth.py --oauth2          for the source x with auth: oauth2

On a remote machine, forward its port first, then open the address locally:
  ssh -L 3000:127.0.0.1:3000 that-machine

The token is saved to .twitterauth in the current folder, or to the file that TWITTERVOTES_AUTH
names; with --oauth2 the same name ends with a 2.
exit codes: 0 signed in, 1 sign-in not completed, 2 wrong usage or configuration
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Sign in; return the exit code."""
    options = _parser().parse_args(argv)
    logs.setup()
    try:
        return _sign_in(options)
    except KeyboardInterrupt:
        return _sorry("Sign-in cancelled; nothing was saved.", 1)
    except SignInError as error:
        return _sorry(str(error), 1)
    except TwittervotesError as error:
        return _sorry(str(error), 2)


def _sign_in(options: argparse.Namespace) -> int:
    from twittervotes.auth.server import serve  # imported after parsing because it's slow

    flow = _code_flow(options) if options.oauth2 else _flow(options)

    def opened(url: str) -> None:
        _say(f"Sign in at {url} (Ctrl-C cancels)")
        if options.browser:
            # A browser that runs in the terminal blocks until it is closed.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    token = serve(flow, opened)
    network = flow.sign_in.network
    unnamed = f"Signed in, but {network} didn't report the account"
    who = f"Signed in as @{token.screen_name}" if token.screen_name else unnamed
    _say(f"{who}; saved to {flow.path}, readable only by you.")
    return 0


def _flow(options: argparse.Namespace) -> Course:
    from twittervotes.auth.oauth1_flow import Flow
    from twittervotes.auth.settings import SignIn
    from twittervotes.sources.x_v1.source import TwitterSettings

    path = oauth1_token.place()
    oauth1_token.check_writable(path)
    found = _config(options)
    network = found.section(TwitterSettings)
    sign_in = SignIn(
        network.consumer_key,
        network.consumer_secret,
        network.request_token_url,
        network.authorize_url,
        network.access_token_url,
        *_served(options, found),
    )
    return Flow(sign_in, path)


def _code_flow(options: argparse.Namespace) -> Course:
    from twittervotes.auth.oauth2_flow import CodeFlow
    from twittervotes.auth.settings import CodeSignIn
    from twittervotes.sources.x.source import XSettings

    path = oauth2_token.place()
    oauth1_token.check_writable(path)
    found = _config(options)
    network = found.section(XSettings)
    sign_in = CodeSignIn(
        network.client_id,
        network.client_secret,
        network.authorize_url,
        network.token_url,
        network.account_url,
        *_served(options, found),
    )
    return CodeFlow(sign_in, path)


def _config(options: argparse.Namespace) -> Config:
    from twittervotes.app.registry import sections
    from twittervotes.core.config.loader import load

    return load(options.config, sections())


def _served(options: argparse.Namespace, found: Config) -> tuple[str, int, float]:
    """Return the page's address and its timeout; the command line takes precedence."""
    from twittervotes.auth.settings import PageSettings

    page = found.section(PageSettings)
    return (
        page.address if options.address is None else options.address,
        page.port if options.port is None else options.port,
        page.timeout_s,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="twitter_auth.py",
        description="Sign in to X once, in a browser, so that votes can be read.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="the configuration")
    parser.add_argument("--address", help="where the page is served (127.0.0.1)")
    parser.add_argument("--port", type=int, help="its port (3000)")
    parser.add_argument("--oauth2", action="store_true", help="use OAuth 2.0, for the source x")
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="print the address only"
    )
    return parser


def _say(text: str) -> None:
    say(text)
    sys.stdout.flush()


def _sorry(text: str, code: int) -> int:
    complain(text, "twitter_auth.py")
    return code
