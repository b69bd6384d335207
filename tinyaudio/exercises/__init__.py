"""The exercises' checkers, one file a chapter.  An answer passes, or the mistake is named."""

from tinyaudio.exercises.verdict import Mistake, Verdict, examine

__all__ = ["Mistake", "Verdict", "examine"]
