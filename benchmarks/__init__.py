"""Benchmarks: how fast it counts and how much memory that takes, measured beside other ways.

    python -m benchmarks --quick          all of them, small: what `make bench` runs
    python -m benchmarks.live --seconds 20    one by itself

Each prints tables in Markdown, checks that what was counted is exact, and ends with an exit code
that says so. They use the program as it is used: through its commands, sessions and ledgers.
"""
