"""Chapter 25, "Your own sound": the checkers of the chapter."""

from tinyaudio.exercises.held_out_recordings import check_held_out as check_held_out
from tinyaudio.exercises.levelled import check_levelled as check_levelled
from tinyaudio.exercises.repeated_recordings import check_originals as check_originals
from tinyaudio.exercises.steps_an_epoch import check_steps as check_steps
