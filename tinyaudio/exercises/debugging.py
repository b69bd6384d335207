"""Chapter 28, "Debugging by curve and by ear": the checkers of the chapter."""

from tinyaudio.exercises.average_diagnosis import check_diagnosis as check_diagnosis
from tinyaudio.exercises.initial_loss import check_initial_loss as check_initial_loss
from tinyaudio.exercises.shift_snr import check_shift_snr as check_shift_snr
from tinyaudio.exercises.used_codes import check_used_codes as check_used_codes
