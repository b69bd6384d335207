"""Output for notebooks: waveforms, spectrograms, audio players, and sliders over them.

Everything is plain HTML with the sound inside it, so that it plays in a notebook, on the book's
page without a kernel, on Colab, and with the network closed.
"""

from tinyaudio.show.html import Html
from tinyaudio.show.pictures import spectrogram, waveform
from tinyaudio.show.players import compare, player
from tinyaudio.show.sliders import explore

__all__ = ["Html", "compare", "explore", "player", "spectrogram", "waveform"]
