"""Benchmarks: the program's speed and memory use, compared with other ways to count.

    python -m benchmarks --quick          all of them, small: what `make bench` runs
    python -m benchmarks.live --seconds 20    one by itself

Each prints Markdown tables, checks that every count is exact, and sets its exit code accordingly.
They use the program as users do: through its commands, sessions and ledgers.
"""
