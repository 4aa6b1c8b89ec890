"""The verifier that is published with a result: one file that needs nothing of this project."""
