"""How each family of models speaks.

A *sample* is one number of a waveform; what a model makes is *generated*.
"""
