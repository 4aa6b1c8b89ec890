"""Where the desktop bundle starts.

The program starts parts of itself as `python -m MODULE`, `-c CODE` and `-I FILE`. In a bundle
`sys.executable` is the program itself, so it answers these three as Python does.
"""

from __future__ import annotations

import multiprocessing
import runpy
import sys


def main() -> int:
    """Run what the command line asks for, and return the exit code."""
    multiprocessing.freeze_support()  # worker processes start here as well
    match sys.argv[1:]:
        case ["-m", module, *rest]:
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", code, *rest]:
            sys.argv = ["-c", *rest]
            exec(code, {"__name__": "__main__"})  # noqa: S102 - what `python -c` does
        case ["-I", file, *rest]:
            sys.argv = [file, *rest]
            runpy.run_path(file, run_name="__main__")
        case _:
            from twittervotes.app.main import main as program

            return program()
    return 0


if __name__ == "__main__":
    sys.exit(main())
