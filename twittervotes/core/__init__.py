"""The vote-counting core; it knows no network and no view."""
