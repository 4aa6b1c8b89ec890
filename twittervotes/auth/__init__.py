"""Signing in: OAuth 1.0a and 2.0 flows, tokens, secret files, and the pages of the sign-in."""
