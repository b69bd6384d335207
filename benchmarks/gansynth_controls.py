r"""Notes without a network, through GANSynth's images: the mean note of a pitch, and draws from a Gaussian.

Both have the instantaneous frequency that the pitch f_0 lets expect: in every bin that of the nearest harmonic,

    k = \max(1, round(f / f_0)),   \nu = wrap(2 k f_0 h / r)   half turns a hop h at the sample rate r

so that what they get wrong is in their magnitudes.
"""

from typing import Any

N_DIRECTIONS = 24  # principal components of the log magnitudes of a pitch


def expected_frequency(pitch: int, config: Any) -> Any:
    """Channel 1 of an image (N, F) of a note in which every harmonic is stationary and starts at phase 0."""
    import torch

    from tinyaudio.audio.pitch import midi_to_hz
    from tinyaudio.represent.gansynth_image import RANGE
    from tinyaudio.represent.ifreq import wrap

    first = int(config.dropped == "dc")
    hz = torch.arange(first, first + config.n_bins) * config.sample_rate / config.n_fft
    harmonic_hz = (hz / midi_to_hz(pitch)).round().clamp(min=1) * midi_to_hz(pitch)
    turn = wrap(2 * harmonic_hz * config.hop_length / config.sample_rate)
    image = turn.repeat(config.n_frames, 1)
    image[0] = 0
    return RANGE * image


class Magnitudes:
    """Mean and principal components of the log magnitudes of each pitch.

    Args:
        clips: Training notes (N, 1, T).
        pitches: Theirs (N,).
        config: A `tinyaudio.represent.gansynth_image.ImageConfig`.
    """

    def __init__(self, clips: Any, pitches: Any, config: Any) -> None:
        import torch

        from tinyaudio.metrics.generative import PrincipalComponents
        from tinyaudio.represent.gansynth_image import to_image

        self.config = config
        self.components, self.deviations = {}, {}
        for pitch in pitches.unique().tolist():
            images = [to_image(one, config)[:, 0] for one in clips[pitches == pitch].split(100)]
            x = torch.cat(images).flatten(1)
            found = PrincipalComponents(x, min(N_DIRECTIONS, len(x) - 1))
            # Coordinates along principal components are uncorrelated.
            self.components[pitch], self.deviations[pitch] = found, found(x).std(0)

    def play(self, pitches: Any, draws: Any | None = None) -> Any:
        """Notes (N, 1, T) of these pitches.

        Args:
            pitches: MIDI (N,).
            draws: From N(0, I), (N, `N_DIRECTIONS`); None plays the mean note.
        """
        import torch

        from tinyaudio.represent.gansynth_image import RANGE, to_audio

        notes = []
        for i, pitch in enumerate(pitches.tolist()):
            found, deviations = self.components[pitch], self.deviations[pitch]
            z = torch.zeros(len(deviations)) if draws is None else draws[i, : len(deviations)]
            magnitude = found.inverse((z * deviations)[None]).unflatten(1, (-1, self.config.n_bins))
            # Nothing is softer than silence.
            image = [magnitude[0].clamp(min=-RANGE), expected_frequency(pitch, self.config)]
            notes.append(to_audio(torch.stack(image)[None], self.config))
        return torch.cat(notes)
