"""Sound to learn from: procedural, recorded, rendered from a soundfont, or a folder of your own."""
