"""The one-off sign-in as a command: wires configuration, flow and pages, and does nothing else."""

from __future__ import annotations

import argparse
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.core import app_logger, tokens
from twittervotes.core.errors import SignInError, TwittervotesError

if TYPE_CHECKING:
    from twittervotes.web.sign_in import SignIn

_EXAMPLES = """\
examples:
  python twitter_auth.py                   opens the page in your browser
  python twitter_auth.py --no-browser      tells the address only
  python twitter_auth.py --port 3001       where port 3000 is taken

On a machine far away, bring its port to yours first, then open the address here:
  ssh -L 3000:127.0.0.1:3000 that-machine

The token is kept in .twitterauth in the current folder, or where TWITTERVOTES_AUTH says.
exit codes: 0 signed in, 1 the sign-in did not come to an end, 2 wrong use or configuration
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Sign in; return the exit code."""
    options = _parser().parse_args(argv)
    app_logger.setup()
    try:
        return _sign_in(options)
    except KeyboardInterrupt:
        return _sorry("Ended before the sign-in was done; nothing was saved.", 1)
    except SignInError as error:
        return _sorry(str(error), 1)
    except TwittervotesError as error:
        return _sorry(str(error), 2)


def _sign_in(options: argparse.Namespace) -> int:
    from twittervotes.web.flow import Flow  # after the parser: these take a while to import
    from twittervotes.web.server import serve

    path = tokens.place()
    tokens.check_writable(path)
    flow = Flow(_settings(options.config, options.address, options.port), path)

    def opened(url: str) -> None:
        _say(f"Sign in at {url} (Ctrl-C ends)")
        if options.browser:
            # A browser for terminals stays until it is closed.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    token = serve(flow, opened)
    who = f"Signed in as @{token.screen_name}" if token.screen_name else "Signed in"
    _say(f"{who}; kept in {path}, for you alone.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="twitter_auth.py",
        description="Sign in with X in a browser, once, so that votes can be read.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="the configuration")
    parser.add_argument("--address", help="where the page is served (127.0.0.1)")
    parser.add_argument("--port", type=int, help="its port (3000)")
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="tell the address only"
    )
    return parser


def _settings(config: Path | None, address: str | None, port: int | None) -> SignIn:
    """Return what the configuration says of the sign-in; the command line has the last word."""
    from twittervotes.catalogue import sections
    from twittervotes.core.config import load
    from twittervotes.sources.twitter import Settings as TwitterSettings
    from twittervotes.web.sign_in import PageSettings, SignIn

    found = load(config, sections())
    network, page = found.section(TwitterSettings), found.section(PageSettings)
    return SignIn(
        network.consumer_key,
        network.consumer_secret,
        network.request_token_url,
        network.authorize_url,
        network.access_token_url,
        page.address if address is None else address,
        page.port if port is None else port,
        page.timeout_s,
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _sorry(text: str, code: int) -> int:
    sys.stderr.write(f"{text}\n")
    return code
