r"""The mean of several draws that keep step with one oscillator: what they agree on stays, noise sinks.

    \bar x_t = \frac{1}{n} \sum_{i=1}^{n} x^{(i)}_t, \quad x^{(i)} \sim p(x \mid h)

A network that is unsure draws noise, every time another.  Told nothing but a pitch, two draws would begin
anywhere in a cycle, and their mean would be a blur.  Told where in its cycle an oscillator is, they begin
alike: n draws of which each is half noise have a mean of which 1 / (n + 1) is.

Implements: `stream_draws`, all draws piece by piece; `mean_of_draws`; `seeds_of`.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.represent import mulaw
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream

DRAWS = 8  # of which the mean is taken where nothing else is asked for


def stream_draws(
    net: WaveNet,
    told: Condition,
    n_samples: int,
    seeds: Sequence[int],
    temperature: float | int,
    n_draws: int = DRAWS,
) -> Iterator[Float[Tensor, "B D n"]]:
    """Draw several waveforms for each seed, piece by piece, all told the same.

    Args:
        net: A network that is told an oscillator.
        told: Of one clip, for all seeds, or of as many as there are seeds.
        n_samples: Length of all pieces together.
        seeds: The first draw of each is the one that `tinyaudio.samplers.native.native` makes of it.
        temperature: Of the draws.
        n_draws: Of each seed.

    Returns:
        Waveforms in [-1, 1], each piece when it is asked for.

    Raises:
        UserError: Not one waveform is to be drawn.
    """
    if n_draws < 1:
        raise UserError(f"{n_draws} draws: at least one waveform must be drawn")
    several = [one for seed in seeds for one in seeds_of(seed, n_draws)]
    n_told = next(len(part) for part in vars(told).values() if part is not None)
    each = told if n_told == 1 else told.each(n_draws)
    pieces = stream(Conditioned(net, each), n_samples, several, temperature)
    n_levels = net.config.n_levels
    return (mulaw.decode(codes, n_levels).unflatten(0, (-1, n_draws)) for codes in pieces)


def mean_of_draws(
    net: WaveNet,
    told: Condition,
    n_samples: int,
    seeds: Sequence[int],
    temperature: float | int,
    n_draws: int = DRAWS,
) -> Float[Tensor, "B T"]:
    """The mean of `stream_draws`, as a whole.

    What is noise in the sound itself sinks as well, by 10 log10(n_draws) dB.

    Example:
        >>> from tinyaudio.models.condition import ConditionConfig
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> from tinyaudio.represent.oscillator import oscillator
        >>> net = WaveNet(WaveNetConfig(layers=2, condition=ConditionConfig(n_octaves=1)))
        >>> a4 = Condition(cycles=oscillator(torch.full((1, 2), 440.0), 16_000, 256))
        >>> mean_of_draws(net, a4, 300, seeds=[0, 1], temperature=1.0).shape
        torch.Size([2, 300])
    """
    pieces = stream_draws(net, told, n_samples, seeds, temperature, n_draws)
    return torch.cat([draws.mean(1) for draws in pieces], dim=1)


def seeds_of(seed: int, n: int) -> list[int]:
    """A seed for each of several draws; the first is the one that was asked for.

    Example:
        >>> first, second = seeds_of(5, 2)
        >>> first, second == seeds_of(5, 9)[1], second == seeds_of(6, 2)[1]
        (5, True, False)
    """
    others = torch.randint(2**31, (n - 1,), generator=torch.Generator().manual_seed(seed))
    return [seed, *others.tolist()]
