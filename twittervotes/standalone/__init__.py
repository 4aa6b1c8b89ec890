"""What is given out with a result: one file that checks it and needs nothing of this project."""
