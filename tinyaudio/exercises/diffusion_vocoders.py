"""Chapter 19, "Diffusion vocoders": the checkers of the chapter."""

from tinyaudio.exercises.film import check_film as check_film
from tinyaudio.exercises.log_snr_steps import check_log_snr_steps as check_log_snr_steps
from tinyaudio.exercises.noise_level import check_noise_level as check_noise_level
from tinyaudio.exercises.two_sided_field import check_two_sided_field as check_two_sided_field
from tinyaudio.exercises.vocoded import check_vocoded as check_vocoded
