"""Measures of generated sound that ask nothing of the model that generated it.

`pitch` hears which note a sound has, `spectral` how far two sounds are apart in colour.
"""
