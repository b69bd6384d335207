"""Training data: procedural, recorded, rendered from a soundfont, or a folder of your own."""
