"""The exercises' checkers, one file a chapter: an answer passes, or its mistake is named."""

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer

__all__ = ["CheckResult", "Mistake", "check_answer"]
