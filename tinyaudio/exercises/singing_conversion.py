"""Chapter 12, "Singing voice conversion": the checkers of the chapter."""

from tinyaudio.exercises.back_translation import check_back_translation as check_back_translation
from tinyaudio.exercises.mixed_voice import check_mixed_voice as check_mixed_voice
from tinyaudio.exercises.recording_versions import check_undo as check_undo
from tinyaudio.exercises.singer_confusion import check_phase_one as check_phase_one
