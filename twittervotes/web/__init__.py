"""Pages for a browser: the one-off sign-in. Knows the core, and no other view."""
