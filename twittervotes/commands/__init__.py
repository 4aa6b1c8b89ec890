"""The commands on a ledger, one module each: what is asked of a file of votes, and what is told."""
