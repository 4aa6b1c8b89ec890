"""The soak: votes on all rehearsed networks while everything that can break is broken, at random.

It runs the real program in processes of its own, and compares each result with a truth that the
networks know. `python -m soak` (from `tests`; `make soak`) prints which faults were survived.
"""
