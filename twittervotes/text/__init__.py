"""The terminal view, and the files that streaming software shows."""
