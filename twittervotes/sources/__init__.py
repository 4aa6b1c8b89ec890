"""One package for each network, and what they share."""
