"""The desk: people who sign in at the board and request acts of the counter."""
