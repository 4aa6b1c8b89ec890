"""X's API v1.1, from the days of Twitter."""
