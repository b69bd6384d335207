"""Chapter 15, "Phase and instantaneous frequency": the checkers of the chapter."""

from tinyaudio.exercises.frame_turn import check_turn as check_turn
from tinyaudio.exercises.image_spectrum import check_spectrum as check_spectrum
from tinyaudio.exercises.mel_phase import check_mel_frequency as check_mel_frequency
from tinyaudio.exercises.phase_difference import check_frequency as check_frequency
