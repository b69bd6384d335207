"""What is minimised: one family of losses a file.  Each takes any network that fits and imports none.

A loss is a function ``(batch, step) -> (scalar, logs)``, ready for a `tinyaudio.train.Learner`.
"""
