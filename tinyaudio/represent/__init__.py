"""Views of a waveform that can be turned back into it."""
