"""Start the desktop program as `python -m twittervotes`; the wiring is in `twittervotes.app`."""

import sys

if __name__ == "__main__":
    from twittervotes.app import main  # not above: every worker process imports this file again

    sys.exit(main())
