"""Chapter 11, "Translating music": the checkers of the chapter."""

from tinyaudio.exercises.chance_level import check_chance as check_chance
from tinyaudio.exercises.confusion_term import check_confusion as check_confusion
from tinyaudio.exercises.detached_losses import check_two_losses as check_two_losses
from tinyaudio.exercises.translation_loss import check_translation_loss as check_translation_loss
