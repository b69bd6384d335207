"""Metrics of generated sound, independent of the model that generated it.

`pitch` estimates and compares fundamental frequencies, `spectral` measures log-spectral distances,
`harmonicity` the noise between harmonics.  `conversion` says whether a conversion has reached its target, and
`generative` whether one set of sounds is distributed as another.  `upsampling` compares a sound with what it
was before its rate was lowered, and `high_band` only what lies above the band that was left.
"""
