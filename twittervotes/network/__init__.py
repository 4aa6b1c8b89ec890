"""The way to the network: HTTP with one deadline, and the addresses that may get secrets."""
