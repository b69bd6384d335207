"""The exercises' checkers, one module a chapter: an answer passes, or its mistake is named."""

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Exercise

__all__ = ["CheckResult", "Exercise", "Mistake"]
