"""The page on which a vote is prepared."""
