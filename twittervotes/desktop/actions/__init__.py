"""What an operator can do in the window, and the forms for it."""
