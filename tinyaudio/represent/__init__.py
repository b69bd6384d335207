"""Views of a waveform: codes, spectra, mel bands; and of a voice, its source and filter."""
