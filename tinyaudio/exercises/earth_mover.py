"""Chapter 14, "The Wasserstein distance and WaveGAN": the checkers of the chapter."""

from tinyaudio.exercises.clipped_training import check_one_round as check_one_round
from tinyaudio.exercises.critic_loss import check_critic_loss as check_critic_loss
from tinyaudio.exercises.empirical_distance import check_distance as check_distance
from tinyaudio.exercises.shifted_phase import check_shuffle as check_shuffle
