"""X by its API v1.1, as Twitter had it."""
