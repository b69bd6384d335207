"""Losses, one family a file.  Each takes any network of the right shape and imports none.

A loss is a function ``(batch, step) -> (scalar, logs)``, ready for a `tinyaudio.train.Learner`.
"""
