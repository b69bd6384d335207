r"""Conditioning: telling a network what to say, in whose voice, at which pitch.

Something known of a whole clip (global: family, pitch, speaker) or of every moment of it (local:
mel frames, phones, F0) is added inside both gates of every layer of a WaveNet:

    z = \tanh(W_f * x + V_f * y) \odot \sigma(W_g * x + V_g * y)            [WaveNet, section 2.5]

Here both kinds are one sequence of vectors at the frame rate; a global one has a single frame.

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, section 2.5.
Implements: `Conditioner`, the sum of all parts of a `Condition`, and the V of all layers.
Differs:    V is applied to frames and its output upsampled, not the other way round.  Both are
            linear, so the result is the same, for a hop's fraction of the work.  The paper leaves
            the upsampling's size open.  Class, vector and frames share one V.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.frames import FrameLayer, Upsampler
from tinyaudio.represent.oscillator import waves


class Conditioner(nn.Module):
    r"""From a condition to what it adds to the gates of every layer.

    y_n = \sum_i E_i[class_i] + U\, vector + (W * frames)_n,   offset_n = V y_n + O\, waves + S\, samples

    Args:
        config: What a condition consists of.
        n_layers: Layers that are told.
        n_gates: Gates a layer.

    Example:
        >>> conditioner = Conditioner(ConditionConfig(n_classes=(11, 128)), 20, 64)
        >>> first, *others = conditioner(Condition(classes=torch.tensor([[3, 60]])), 1, 16_000)
        >>> first.shape, len(others)
        (torch.Size([1, 1, 64]), 19)
    """

    def __init__(self, config: ConditionConfig, n_layers: int, n_gates: int) -> None:
        super().__init__()
        self.config, self.n_layers = config, n_layers
        C, F = config.channels, config.n_frame_channels
        # No biases: the gates that all of this is added to have one already.
        self.classes = nn.ModuleList(nn.Embedding(n, C) for n in config.n_classes)
        self.vector = nn.Linear(config.n_vector, C, bias=False) if config.n_vector else None
        self.frames = self.upsample = None
        if F:
            k = config.frame_taps
            # The first and last frames go on outside, so that no edge is heard.
            self.frames = nn.Conv1d(F, C, k, padding=k // 2, padding_mode="replicate", bias=False)
            self.thinking = nn.Sequential(*(FrameLayer(C) for _ in range(config.frame_layers)))
            self.upsample = Upsampler(config.hop_length)
        self.offsets = nn.Linear(C, n_layers * n_gates, bias=False)  # V, layer by layer
        # O and S, likewise. They are zero at first: it begins as one that hears neither.
        self.waves = self.samples = None
        if config.n_octaves:
            self.waves = nn.Linear(2 * config.n_octaves, n_layers * n_gates, bias=False)
            nn.init.zeros_(self.waves.weight)
        if config.n_sample_channels:
            self.samples = nn.Linear(config.n_sample_channels, n_layers * n_gates, bias=False)
            nn.init.zeros_(self.samples.weight)

    def forward(
        self, condition: Condition, batch_size: int, n_samples: int
    ) -> Iterator[Float[Tensor, "B T gates"]]:
        """What the gates of each layer get, for a whole recording.

        Args:
            condition: Exactly the parts that this model was built for.
            batch_size: Clips; a condition of one clip serves them all.
            n_samples: Length of the clips; of the last frame, whatever part of it there is. Cycles and
                samples may go on.

        Returns:
            One tensor a layer, made when it is asked for; T is 1 where nothing changes with time.

        Raises:
            UserError: A part is missing, superfluous or of another size, or a class is unknown.
        """
        y = self.summed(condition, batch_size)
        hop = self.config.hop_length
        if self.upsample and y.shape[1] != -(-n_samples // hop):
            raise UserError(
                f"{y.shape[1]} frames of {hop} samples are {y.shape[1] * hop} samples, not the"
                f" {n_samples} of the recording; cut one to the length of the other"
            )
        offsets = self.offsets(y).chunk(self.n_layers, dim=2)
        upsample = self.upsample
        steady = (upsample(one)[:, :n_samples] if upsample else one for one in offsets)
        return self._moving(steady, *self._each_sample(condition, y), 0, n_samples)

    def summed(self, condition: Condition, batch_size: int) -> Float[Tensor, "B N C"]:
        """The sum y of all parts, one vector a frame."""
        self.check(condition)
        parts: list[Tensor] = []
        if condition.classes is not None:
            columns = condition.classes.unbind(1)
            parts += [E(c)[:, None] for E, c in zip(self.classes, columns, strict=True)]
        if self.vector is not None:
            parts.append(self.vector(condition.vectors)[:, None])
        if self.frames is not None:
            parts.append(self.thinking(self.frames(condition.frames)).transpose(1, 2))
        y = self.offsets.weight.new_zeros(1, 1, self.config.channels)  # an oscillator may be all
        for part in parts:
            y = y + part  # a global part is one frame and broadcasts over all
        for given in (y, condition.cycles, condition.samples):
            if given is not None and len(given) not in (1, batch_size):
                raise UserError(f"conditions of {len(given)} clips for a batch of {batch_size}")
        return y.expand(batch_size, -1, -1)

    def start(self, condition: Condition, batch_size: int) -> list[Tensor]:
        """The memories of `step`: y, what the frames around the present give the gates; cycles; samples."""
        y = self.summed(condition, batch_size)
        window = self.offsets(y[:, :1]).repeat(1, Upsampler.TAPS if self.upsample else 1, 1)
        return [y, window, *self._each_sample(condition, y)]

    def step(self, memory: list[Tensor], t: int) -> tuple[Float[Tensor, "B gates"], ...]:
        """What the gates of each layer get at sample t; samples must come in order.

        Args:
            memory: From `start`; changed in place.
            t: How many samples came before this one.

        Raises:
            UserError: The frames have come to their end.
        """
        y, window, cycles, samples = memory
        phase = t % self.config.hop_length
        offsets = window[:, 0]
        if self.upsample:
            if phase == 0:  # V is applied once a frame, not once a sample
                window.copy_(self._around(y, t))
            offsets = self.upsample.step(window, phase)
        if self.moves:
            moving, columns = self.between(cycles, samples, t, t + 1)
            offsets = offsets + moving[:, 0] @ columns.T
        return offsets.chunk(self.n_layers, dim=1)

    def prefill(
        self, memory: list[Tensor], first: int, t: int
    ) -> Iterator[Float[Tensor, "B T gates"]]:
        """What the gates of each layer get from sample ``first`` to before t, where `step` goes on."""
        y, window, cycles, samples = memory
        hop, upsample = self.config.hop_length, self.upsample
        steady: Iterator[Tensor] = iter(window[:, :1].chunk(self.n_layers, dim=2))
        if upsample:
            window.copy_(self._around(y, t - 1))
            begin = max(first // hop - 1, 0)  # a neighbour more, here and at the end
            offsets = self.offsets(y[:, begin : -(-t // hop) + 1]).chunk(self.n_layers, dim=2)
            steady = (upsample(one)[:, first - begin * hop : t - begin * hop] for one in offsets)
        return self._moving(steady, cycles, samples, first, t)

    @property
    def moves(self) -> bool:
        """Whether anything is told that changes from sample to sample."""
        return bool(self.waves or self.samples)

    def moving(
        self, cycles: Float[Tensor, "B N 2"], samples: Float[Tensor, "B S T"], t: Int[Tensor, " n"]
    ) -> tuple[Float[Tensor, "B n moving"], Float[Tensor, "offsets moving"]]:
        """What changes from sample to sample, at samples t, and its columns: those of O, S, or both."""
        values, columns = [], []
        if self.waves:
            values.append(waves(cycles, t, self.config.hop_length, self.config.n_octaves))
            columns.append(self.waves.weight)
        if self.samples:
            values.append(samples.index_select(2, t).mT)
            columns.append(self.samples.weight)
        return torch.cat(values, dim=2), torch.cat(columns, dim=1)

    def between(
        self, cycles: Float[Tensor, "B N 2"], samples: Float[Tensor, "B S T"], first: int, end: int
    ) -> tuple[Float[Tensor, "B n moving"], Float[Tensor, "offsets moving"]]:
        """The same from sample ``first`` to before ``end``, which must have been told."""
        if self.waves:
            self._reaches(cycles.shape[1] * self.config.hop_length, end - 1)
        if self.samples:
            self._reaches(samples.shape[2], end - 1)
        return self.moving(cycles, samples, torch.arange(first, end, device=cycles.device))

    def _moving(
        self,
        steady: Iterator[Tensor],
        cycles: Float[Tensor, "B N 2"],
        samples: Float[Tensor, "B S T"],
        first: int,
        end: int,
    ) -> Iterator[Float[Tensor, "B T gates"]]:
        if not self.moves:
            return steady
        moving, columns = self.between(cycles, samples, first, end)
        of_layers = columns.chunk(self.n_layers)
        return (one + moving @ w.T for one, w in zip(steady, of_layers, strict=True))

    def _each_sample(self, condition: Condition, y: Float[Tensor, "B N C"]) -> list[Tensor]:
        """Cycles and samples of all clips, without any frames or samples where none are told."""
        cycles = y.new_zeros(1, 0, 2) if condition.cycles is None else condition.cycles
        samples = y.new_zeros(1, 0, 0) if condition.samples is None else condition.samples
        return [part.expand(len(y), -1, -1) for part in (cycles, samples)]

    def _around(self, y: Float[Tensor, "B N C"], t: int) -> Float[Tensor, "B 3 offsets"]:
        assert self.upsample is not None
        self._reaches(y.shape[1] * self.config.hop_length, t)
        return self.offsets(self.upsample.window(y, t // self.config.hop_length))

    def _reaches(self, end: int, t: int) -> None:
        """Raise a `UserError` if sample t lies behind the end of what is told."""
        if t >= end:
            raise UserError(f"the condition ends after {end} samples; give more frames")

    def check(self, condition: Condition) -> None:
        """Raise a `UserError` for a condition that this model was not built for."""
        config = self.config
        for name, wanted, given in (
            ("classes", len(config.n_classes), condition.classes),
            ("vectors", config.n_vector, condition.vectors),
            ("frames", config.n_frame_channels, condition.frames),
            ("cycles", config.n_octaves, condition.cycles),
            ("samples", config.n_sample_channels, condition.samples),
        ):
            if given is None and wanted:
                raise UserError(f"this model is conditioned on {name} ({wanted} each); give them")
            if given is None:
                continue
            if not wanted:
                raise UserError(f"this model takes no {name}; leave them out of the condition")
            has, takes = (given.shape[-1], 2) if name == "cycles" else (given.shape[1], wanted)
            if has != takes:
                raise UserError(f"{has} numbers in {name}; this model takes {takes}")
            if not given.numel():
                raise UserError(f"the condition's {name} are empty")
        for i, n in enumerate(config.n_classes):
            assert condition.classes is not None
            low, high = (int(end) for end in condition.classes[:, i].aminmax())
            if low < 0 or high >= n:
                wrong = low if low < 0 else high
                raise UserError(f"class {wrong} of kind {i} is not one of 0 to {n - 1}")
