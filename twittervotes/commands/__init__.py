"""What each command does, in a module of its name or of its kind."""
