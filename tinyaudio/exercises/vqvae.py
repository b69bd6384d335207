"""Chapter 9, "VQ-VAE and voice conversion": the checkers of the chapter."""

from tinyaudio.exercises.moving_codebook import check_ema as check_ema
from tinyaudio.exercises.nearest_code import check_nearest as check_nearest
from tinyaudio.exercises.quantizer_loss import check_two_terms as check_two_terms
from tinyaudio.exercises.straight_through import check_quantize as check_quantize
