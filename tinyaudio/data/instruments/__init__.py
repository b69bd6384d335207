"""Procedural instruments, on which `notes` and `melodies` are played: their parameters and their sound."""
