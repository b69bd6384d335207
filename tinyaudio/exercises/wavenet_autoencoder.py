"""Chapter 10, "A WaveNet autoencoder, and timbre": the checkers of the chapter."""

from tinyaudio.exercises.glide import check_glide as check_glide
from tinyaudio.exercises.seen_samples import check_seen as check_seen
from tinyaudio.exercises.two_sided_encoder import check_two_sided as check_two_sided
from tinyaudio.exercises.upsampled_latents import check_upsampled as check_upsampled
