"""The operator's window (Tk). Knows the core's values, and no other view."""
