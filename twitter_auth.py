"""Sign in with X in a browser, once: python twitter_auth.py."""

import sys

from twittervotes.app.sign_in import main

if __name__ == "__main__":
    sys.exit(main())
