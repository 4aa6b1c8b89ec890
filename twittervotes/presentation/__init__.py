"""How facts are worded and choices are marked: the same in every view."""
