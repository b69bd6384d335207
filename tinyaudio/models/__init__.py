"""Networks: one paper a file.  No datasets, no loss, no optimiser.

The two classical synthesizers, `concatenative` and `parametric`, read scripts of `tinyaudio.data.speech`.
"""
