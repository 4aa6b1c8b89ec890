"""What a vote is: contest, rules, acts, posts and snapshots; values and pure functions."""
