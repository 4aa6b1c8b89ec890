"""How Sphinx builds the pages of this folder: `make docs`."""

from twittervotes import __version__

project = "twittervotes"
author = "The twittervotes developers"
version = release = __version__

extensions = ["myst_parser"]
myst_heading_anchors = 4  # links to headings work as they do on GitHub
html_theme = "furo"
html_title = f"twittervotes {release}"
html_copy_source = False
nitpicky = True
