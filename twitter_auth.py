"""Sign in with X in a browser, once: python twitter_auth.py."""

import sys

from twittervotes.twitter_auth import main

if __name__ == "__main__":
    sys.exit(main())
