"""Output for notebooks: waveforms, spectrograms, audio players, sliders over them, and a recorder.

Everything but the recorder is plain HTML with the sound inside it, so that it plays in a notebook,
on the book's page without a kernel, on Colab, and with the network closed.
"""

from tinyaudio.show.html import Html
from tinyaudio.show.pictures import spectrogram, waveform
from tinyaudio.show.players import compare, player
from tinyaudio.show.recorder import Recorder
from tinyaudio.show.sliders import explore

__all__ = ["Html", "Recorder", "compare", "explore", "player", "spectrogram", "waveform"]
