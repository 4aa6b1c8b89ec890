"""A ledger as a stream of CloudEvents, for programs that follow a vote."""
