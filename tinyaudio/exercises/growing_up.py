"""Chapter 26, "Growing up": the checkers of the chapter."""

from tinyaudio.exercises.accumulated_step import check_accumulated_step as check_accumulated_step
from tinyaudio.exercises.averaged_gradient import check_averaged_gradient as check_averaged_gradient
from tinyaudio.exercises.noise_rows import check_noise_rows as check_noise_rows
