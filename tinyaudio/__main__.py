"""``python -m tinyaudio`` is the command ``tinyaudio``; under torchrun: ``torchrun -m tinyaudio train ...``."""

from tinyaudio.cli import main

main()
