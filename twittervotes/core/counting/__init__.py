"""From posts to a tally: judging, the running count, the recount, and explanations."""
