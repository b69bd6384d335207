"""What `benchmarks.timbre` measures: clips decoded from latents, and how far they are from others."""

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.asked_pitch import WITHIN_CENTS, Note, levels_of, off_cents

FRAME_S = 0.032  # of the course of the level
RANGE_DB = 60.0


class Autoencoder:
    """The network of a run: latents of clips (T,), and what they are decoded to.

    Args:
        run: Of ``wavenet-autoencoder``.
        temperature: Of the draws.
    """

    def __init__(self, run: Any, temperature: float) -> None:
        from tinyaudio.models.wavenet_autoencoder import WaveNetAutoencoder
        from tinyaudio.recipe import network

        self.net: Any = network(run.models, "net", WaveNetAutoencoder)
        self.temperature = temperature

    def encode(self, clip: Any) -> Any:
        """Latents (1, D, N), the last of them filled up with silence."""
        import torch

        padded = torch.nn.functional.pad(clip, (0, -len(clip) % self.net.config.hop_length))
        with torch.no_grad():
            return self.net.encode(padded[None, None])

    def condition(self, latents: Any, pitch: int) -> Any:
        """Latents, and the pitch if the decoder takes one."""
        import torch

        key = torch.tensor([pitch]) if self.net.config.n_pitches else None
        return self.net.condition(latents, key)

    def decode(self, latents: Any, pitch: int, n_samples: int, seed: int) -> Any:
        """A clip that is drawn under these latents."""
        from tinyaudio.represent import mulaw
        from tinyaudio.samplers.conditioned import Conditioned
        from tinyaudio.samplers.native import native

        source = Conditioned(self.net.decoder, self.condition(latents, pitch))
        codes = native(source, n_samples, [seed], self.temperature)
        return mulaw.decode(codes, self.net.decoder.config.n_levels)[0]

    def bits(self, clips: Sequence[Any], latents: Sequence[Any], notes: Sequence[Note]) -> float:
        """Mean bits a sample of clips of notes under latents, to their last whole hop."""
        import torch

        from tinyaudio.recipes.nll import NLL

        hop = self.net.config.hop_length
        whole = [clip[: len(clip) // hop * hop] for clip in clips]
        conditions = [
            {"frames": one[:, :, : len(clip) // hop]}
            | ({"classes": torch.tensor([[pitch]])} if self.net.config.n_pitches else {})
            for one, clip, (_, pitch) in zip(latents, clips, notes, strict=True)
        ]
        return bits_of(NLL(self.net.decoder), whole, conditions)


def bits_of(nll: Any, clips: Sequence[Any], conditions: Sequence[dict[str, Any]]) -> float:
    """Mean bits a sample of clips (T,), each under its condition."""
    import torch

    with torch.no_grad():
        found = [
            nll({"audio": clip[None, None], **condition}, 0)[0].item()
            for clip, condition in zip(clips, conditions, strict=True)
        ]
    return statistics.mean(found)


def level_course(clip: Any, original: Any, rate: int) -> float:
    """Correlation of the levels of two clips over time, as `benchmarks.timbre` defines it."""
    import torch

    n = round(FRAME_S * rate)
    courses = []
    for one in (clip, original):
        power = one[: len(one) // n * n].unflatten(0, (-1, n)).square().mean(1)
        db = 10 * torch.log10(power + 1e-12)
        courses.append(db.clamp(min=float(db.max()) - RANGE_DB))
    if any(float(course.std()) < 1e-3 for course in courses):
        return 0.0
    return float(torch.corrcoef(torch.stack(courses))[0, 1])


def compared(
    clips: Sequence[Any], originals: Sequence[Any], notes: Sequence[Note], rate: int
) -> Any:
    """A row of ``reconstruction`` but its bits."""
    from tinyaudio.metrics.spectral import log_mel_distance
    from tinyaudio.metrics.timbre import harmonics_distance

    right, harmonics, mel, course = [], [], [], []
    for clip, original, (_, pitch) in zip(clips, originals, notes, strict=True):
        right.append(abs(off_cents(clip, pitch, rate)) <= WITHIN_CENTS)
        levels, wanted = (levels_of(one, pitch, rate) for one in (clip, original))
        harmonics.append(harmonics_distance(levels, wanted))
        mel.append(log_mel_distance(clip, original, rate))
        course.append(level_course(clip, original, rate))
    return {
        "pitch": round(statistics.mean(right), 3),
        "harmonics_error_db": round(statistics.mean(harmonics), 2),
        "log_mel_db": round(statistics.mean(mel), 2),
        "level_course": round(statistics.mean(course), 3),
    }
