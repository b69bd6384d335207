"""Chapter 23, "Every vocoder on one bench: flow, GAN and frame rate": the checkers of the chapter."""

from tinyaudio.exercises.affine_coupling import check_coupled as check_coupled
from tinyaudio.exercises.feature_matching import check_matched_features as check_matched_features
from tinyaudio.exercises.flow_likelihood import check_flow_nats as check_flow_nats
from tinyaudio.exercises.mel_error import check_mel_error_db as check_mel_error_db
from tinyaudio.exercises.squeeze import check_squeezed as check_squeezed
