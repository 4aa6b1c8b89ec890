"""The wiring: assembles the parts for the start files and the commands."""
