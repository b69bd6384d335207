"""The settings that make a mel spectrogram: two links of a chain must agree on all of them.

A mel spectrogram is numbers without units.  A vocoder that takes frames 16 ms apart for frames 11.6 ms
apart, or bands up to 8 kHz for bands up to 11 kHz, makes a sound of them, too: of another length, or of
another vowel.  So the settings travel with the networks, and are compared before anything is computed.

Implements: `FrontEnd`.
See:        `tinyaudio.represent.logmel`; the chapter on the whole chain.
"""

from dataclasses import astuple, dataclass

from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS

WORDS = ("sample rate {} Hz", "n_fft {}", "hop {}", "{} bands")


@dataclass(frozen=True)
class FrontEnd:
    """What a log-mel spectrogram was made with.

    Attributes:
        sample_rate: In Hz; the bands reach to half of it.
        n_fft: Length of a frame's window, in samples.
        hop_length: From frame to frame, in samples.
        n_mels: Number of bands.
    """

    sample_rate: int
    n_fft: int = N_FFT
    hop_length: int = HOP_LENGTH
    n_mels: int = N_MELS

    def difference(self, other: "FrontEnd") -> str:
        """In what the other one differs, in words; nothing if they agree.

        Example:
            >>> FrontEnd(16_000).difference(FrontEnd(8_000, n_fft=512))
            'sample rate 8000 Hz instead of 16000, n_fft 512 instead of 1024'
        """
        values = zip(WORDS, astuple(other), astuple(self), strict=True)
        return ", ".join(
            f"{words.format(theirs)} instead of {ours}"
            for words, theirs, ours in values
            if theirs != ours
        )
