"""The commands, each in a module named after it or its kind."""
