"""Chapter 13, "VAE against GAN, and both together": the checkers of the chapter."""

from tinyaudio.exercises.gan_losses import check_losses as check_losses
from tinyaudio.exercises.global_variance_ratio import check_gv as check_gv
from tinyaudio.exercises.jensen_shannon import check_js as check_js
