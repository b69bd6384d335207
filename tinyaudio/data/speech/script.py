"""The input of a speech synthesizer: phones with their durations, pitch and voicing.

A real system predicts all of this from text.  Here it is taken from a procedural voice and exact, so
that every fault in a synthesizer's output is the synthesizer's.

Implements: `Script`, `Half`, `halves`, `spoken`.
See:        chapter 5, "WaveNet".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.data.speech.content import PHONES, Content
from tinyaudio.data.speech.speakers import MIDDLE_HZ as MIDDLE_HZ
from tinyaudio.data.speech.speakers import Speaker
from tinyaudio.data.voices import voice
from tinyaudio.errors import DataError, UserError


@dataclass(frozen=True)
class Script:
    """Phones, their lengths, and the pitch at every sample.

    Attributes:
        phones: Names of `tinyaudio.data.speech.content.PHONES`, in order.
        durations_s: One length a phone, in seconds; silence follows the last one.
        f0_hz: The pitch at every sample, also where nothing is voiced.
        voiced: 1 where the glottis vibrates, else 0, at every sample.
        sample_rate: In Hz.
    """

    phones: tuple[str, ...]
    durations_s: tuple[float, ...]
    f0_hz: Float[Tensor, " time"] = field(repr=False)
    voiced: Float[Tensor, " same"] = field(repr=False)
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        unknown = set(self.phones) - PHONES.keys()
        if unknown:
            raise DataError(f"no phone {sorted(unknown)[0]!r}; choose some of: {', '.join(PHONES)}")
        if not self.phones or len(self.phones) != len(self.durations_s):
            raise DataError(
                f"{len(self.phones)} phones and {len(self.durations_s)} durations; give one each"
            )
        if len(self.f0_hz) != len(self.voiced):
            raise DataError(
                f"pitch for {len(self.f0_hz)} samples, voicing for {len(self.voiced)}; give one each"
            )
        if self.edges[-1] > len(self.f0_hz):
            raise DataError(
                f"the phones last {self.edges[-1]} samples, the pitch {len(self.f0_hz)};"
                " it must last as long or longer"
            )

    @property
    def edges(self) -> Int[np.ndarray, " edges"]:
        """The samples at which the phones begin, and the one at which the last phone ends.

        Example:
            >>> Script(("s", "aa"), (0.1, 0.2), torch.full((4800,), 100.0), torch.ones(4800)).edges
            array([   0, 1600, 4800])
        """
        seconds = np.concatenate([[0.0], np.cumsum(self.durations_s)])
        return np.rint(seconds * self.sample_rate).astype(np.int64)


class Half(NamedTuple):
    """Half a phone, in a recording or in a script.

    Attributes:
        phone: Its name.
        second: Whether it is the second half, which the next phone influences.
        neighbour: The phone beyond its outer edge, "" at the ends.
        begin: First sample.
        end: The sample after the last one.
        octaves: The pitch in its middle, in octaves from 150 Hz.
    """

    phone: str
    second: bool
    neighbour: str
    begin: int
    end: int
    octaves: float


def halves(script: Script) -> list[Half]:
    """Cut every phone of a script in the middle.

    Example:
        >>> spoken = Script(("s", "aa"), (0.1, 0.2), torch.full((4800,), 300.0), torch.ones(4800))
        >>> halves(spoken)[2]
        Half(phone='aa', second=False, neighbour='s', begin=1600, end=3200, octaves=1.0)
    """
    edges = script.edges.tolist()
    around = ["", *script.phones, ""]
    found = []
    for i, phone in enumerate(script.phones):
        begin, end = edges[i], edges[i + 1]
        middle = (begin + end) // 2
        for second, (a, b) in enumerate(((begin, middle), (middle, end))):
            hz = script.f0_hz[min((a + b) // 2, len(script.f0_hz) - 1)]
            octaves = torch.log2(hz / MIDDLE_HZ).item()
            found.append(Half(phone, bool(second), around[i + 2 * second], a, b, octaves))
    return found


def one_rate(scripts: Iterable[Script]) -> int:
    """The sample rate of all of these scripts.

    Raises:
        UserError: No script is given, or their rates differ.

    Example:
        >>> one_rate([Script(("s",), (0.1,), torch.full((1600,), 100.0), torch.ones(1600))])
        16000
    """
    rates = {script.sample_rate for script in scripts}
    if len(rates) != 1:
        raise UserError(f"recordings at {len(rates)} sample rates; give one or more, at one rate")
    return rates.pop()


def spoken(
    talker: Speaker, content: Content, *, sample_rate: int = 16_000, seed: int = 0
) -> tuple[Float[Tensor, "1 time"], Script]:
    """A sentence by a procedural speaker, and its exact script.

    Args:
        talker: See `tinyaudio.data.speech.speakers.speaker`.
        content: See `tinyaudio.data.speech.content.sentence`.
        sample_rate: In Hz.
        seed: Decides jitter, shimmer and noise.

    Returns:
        The sound and the script.

    Example:
        >>> from tinyaudio.data.speech.content import sentence
        >>> from tinyaudio.data.speech.speakers import speaker
        >>> audio, script = spoken(speaker(0), sentence(0, syllables=2))
        >>> script.phones, audio.shape[1] == len(script.f0_hz)
        (('z', 'ow', 'sh', 'uw'), True)
    """
    take = voice(talker, content, sample_rate=sample_rate, seed=seed)
    script = Script(content.phones, content.durations_s, take.f0_hz, take.voiced, sample_rate)
    return take.clip, script
