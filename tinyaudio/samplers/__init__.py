"""Samplers: how sound is generated from a trained model.

A *sample* is one number of a waveform; a model's output is *generated*.
"""
