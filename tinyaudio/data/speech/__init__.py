"""Procedural speech, from which `voices` is made: speakers, sentences, and a voice's source and filter."""
