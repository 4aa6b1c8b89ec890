"""The ledger: one file that keeps every post and act, its hash chain, and its verification."""
