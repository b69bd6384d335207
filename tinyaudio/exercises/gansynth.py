"""Chapter 16, "GANSynth: a picture grows": the checkers of the chapter."""

from tinyaudio.exercises.generator_layer import check_layer as check_layer
from tinyaudio.exercises.growing_image import check_grown as check_grown
from tinyaudio.exercises.minibatch_deviation import check_deviation as check_deviation
