"""The terminal view, and the files for streaming software."""
