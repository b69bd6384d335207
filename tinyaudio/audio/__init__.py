"""Sound in and out: a clip is a float32 tensor (channels, time) in [-1, 1] and an int sample rate.

See: chapter 1, "Sound into numbers".
"""

from tinyaudio.audio.editing import crop, peak_db, rms_db, to_mono
from tinyaudio.audio.reading import load
from tinyaudio.audio.resampling import resample
from tinyaudio.audio.writing import save

__all__ = ["crop", "load", "peak_db", "resample", "rms_db", "save", "to_mono"]
