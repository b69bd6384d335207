"""Chapter 20, "What fills the top band": the checkers of the chapter."""

from tinyaudio.exercises.aligned_upsampling import check_aligned as check_aligned
from tinyaudio.exercises.filtered_decimation import check_decimate as check_decimate
from tinyaudio.exercises.subpixel_shuffle import check_shuffle as check_shuffle
