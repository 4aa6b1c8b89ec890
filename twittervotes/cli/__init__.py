"""The command line: its parser and its options."""
