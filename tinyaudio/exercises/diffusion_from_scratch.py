"""Chapter 18, "Diffusion from scratch": the checkers of the chapter."""

from tinyaudio.exercises.ancestral_step import check_ancestral_step as check_ancestral_step
from tinyaudio.exercises.clipped_estimate import check_clipped_estimate as check_clipped_estimate
from tinyaudio.exercises.gaussian_denoiser import check_expected_noise as check_expected_noise
from tinyaudio.exercises.noisy_clips import check_noisy_clips as check_noisy_clips
from tinyaudio.exercises.weight_average import check_weight_average as check_weight_average
