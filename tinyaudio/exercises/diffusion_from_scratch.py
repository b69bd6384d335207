"""Chapter 18, "Diffusion from scratch": the checkers of the chapter."""

from tinyaudio.exercises.clean_from_v import check_clean_from_v as check_clean_from_v
from tinyaudio.exercises.ddim_step import check_ddim_step as check_ddim_step
from tinyaudio.exercises.gaussian_denoiser import check_expected_noise as check_expected_noise
