"""Commands that make what the repository holds: the book, the shipped sounds, the pinned versions."""
