"""Start the program as `python -m twittervotes`; the wiring is in `twittervotes.app.main`."""

import sys

if __name__ == "__main__":
    from twittervotes.app.main import (
        main,  # imported here because every worker process imports this file again
    )

    sys.exit(main())
