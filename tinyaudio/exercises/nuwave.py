"""Chapter 21, "NU-Wave: up to 48 kHz": the checkers of the chapter."""

from tinyaudio.exercises.cached_condition import check_cached as check_cached
from tinyaudio.exercises.condition_field import check_condition_field as check_condition_field
from tinyaudio.exercises.log_absolute_error import check_log_absolute as check_log_absolute
from tinyaudio.exercises.position_noise import check_noise_at as check_noise_at
from tinyaudio.exercises.whitened_upsampling import check_upsampled as check_upsampled
