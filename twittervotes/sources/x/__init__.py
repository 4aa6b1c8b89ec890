"""X by its API v2."""
