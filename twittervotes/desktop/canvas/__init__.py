"""Drawing on a Tk canvas: items, images, text, sizes and the theme."""
