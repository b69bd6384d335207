"""Chapter 17, "How good is it": the checkers of the chapter."""

from tinyaudio.exercises.frechet_gaussians import check_fid as check_fid
from tinyaudio.exercises.great_circle import check_slerp as check_slerp
from tinyaudio.exercises.inception import check_inception as check_inception
