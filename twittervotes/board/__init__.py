"""The board: live results as web pages, as streams and as an API; docs/board.md describes it."""
