"""Generation on a graphics card: one step is recorded once and played back for every sample.

A step is some three hundred small pieces of work.  A card does each in a microsecond or two, but to be
told of one takes Python several; played back as a CUDA graph, all of them are told at once.

Paper:      Le Paine et al., "Fast Wavenet Generation Algorithm", 2016, for what is kept.
Implements: `graph`, which draws the same samples as `tinyaudio.samplers.autoregressive.cached`;
            `stream`, the same piece by piece; `GraphStep`, the step that can be recorded.
Differs:    elsewhere than on CUDA the very same step runs unrecorded, so that any machine tests it.
See:        chapter 7, "Making it fast".
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.models import gated
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.samplers.conditioned import apart
from tinyaudio.samplers.request import Autoregressive, check, concat_chunks, make_generators

CHUNK = 128  # samples between two looks at the keyboard; noise is made for so many at once
WARM_UP = 3  # steps before the recording, in which libraries allocate what they keep


def graph(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
) -> Int[Tensor, "B T"]:
    """Generate the same as `cached`, on CUDA by playing back a recorded step.

    Args:
        model: A `WaveNet` with a softmax, or a `Conditioned` one.
        n_samples: Length, in samples.
        seeds: One clip is generated for each; a card is best used by many.
        temperature: See `tinyaudio.samplers.autoregressive.draw`.
        prompt: Codes to go on from, one row a seed; None begins after silence.

    Returns:
        The generated codes, without the prompt.

    Raises:
        UserError: A request that cannot be met, weights or an output that are not finite.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> from tinyaudio.samplers.autoregressive import cached
        >>> net = WaveNet(WaveNetConfig.tiny())
        >>> torch.equal(graph(net, 20, seeds=[3, 4]), cached(net, 20, seeds=[3, 4]))
        True
    """
    return concat_chunks(stream(model, n_samples, seeds, temperature, prompt), n_samples)


def stream(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
    chunk: int = 1024,
) -> Iterator[Int[Tensor, "B n"]]:
    """Generate what `graph` generates, piece by piece, in memory that does not grow.

    Args:
        model: See `graph`; its weights must stay as they are until the last piece.
        n_samples: Length of all pieces together.
        seeds: One clip is generated for each.
        temperature: See `graph`.
        prompt: Codes to go on from, one row a seed; None begins after silence.
        chunk: Length of a piece; the last may be shorter.

    Returns:
        The pieces, each generated when it is asked for.

    Raises:
        UserError: See `graph`; of what can be known before, at once.
    """
    check(model, n_samples, seeds, temperature, prompt, chunk)
    wavenet, condition = apart(model)
    if not isinstance(wavenet, WaveNet) or wavenet.config.n_mixtures:
        raise UserError("a step is recorded only for a WaveNet with a softmax; use cached")
    return pieces(wavenet, condition, n_samples, seeds, temperature, prompt, chunk)


@torch.no_grad()
def pieces(
    model: WaveNet,
    condition: Condition | None,
    n_samples: int,
    seeds: Sequence[int],
    temperature: float | Sequence[float],
    prompt: Int[Tensor, "B P"] | None,
    chunk: int,
) -> Iterator[Int[Tensor, "B n"]]:
    """The generator behind `stream`."""
    device = next(model.parameters()).device
    heat = torch.tensor(temperature, dtype=torch.float64, device=device).reshape(-1, 1)
    generators = make_generators(seeds)
    given = None if prompt is None or not prompt.shape[1] else prompt.to(device, torch.int64)
    step = GraphStep(model, len(seeds), heat, given, condition)
    once = recorded(step) if device.type == "cuda" else step
    for begin in range(0, n_samples, chunk):
        n, parts = min(chunk, n_samples - begin), []
        for first in range(0, n, CHUNK):
            size = (min(CHUNK, n - first), model.config.n_levels)
            # The very numbers that `draw` asks for, one sample after the other.
            u = [torch.rand(size, generator=g, dtype=torch.float64) for g in generators]
            parts.append(step.run(torch.stack(u, dim=1), once))
        yield torch.cat(parts, dim=1)


class GraphStep:
    """One step of a WaveNet and the draw of its sample, in nothing but tensors of one device.

    Calling it makes one sample.  Whatever changes from sample to sample, also the time, is held in
    tensors that stay where they are: a recorded step reads and writes the same places every time.

    Args:
        model: A network with a softmax.
        batch_size: Clips.
        heat: Temperatures, one for all clips or one a clip.
        prompt: Codes to go on from, on the model's device.
        condition: If the model takes one.
    """

    def __init__(
        self,
        model: WaveNet,
        batch_size: int,
        heat: Float[Tensor, "#B 1"],
        prompt: Int[Tensor, "B P"] | None = None,
        condition: Condition | None = None,
    ) -> None:
        self.model, self.heat, self.told = model, heat, model.conditioner
        device, K = heat.device, model.config.n_levels
        if prompt is None:
            memory, n_given = model.start(batch_size, condition), 0
            self.previous = torch.full((batch_size,), model.silence, device=device)
        else:
            memory, n_given = model.prefill(prompt, condition), prompt.shape[1]
            self.previous = prompt[:, -1].clone()
        self.past, self.begins, self.lengths, self.delays = memory[:4]
        self.layer_weights = memory[8 if self.told else 4 :]
        self.shares = None
        if self.told:
            # (B, N, C); (B, frames, L H), kept by `run`; (B, N, 2); (B, S, T)
            self.y, self.window, self.cycles, self.samples = memory[4:8]
            if self.told.upsample:
                self.shares = self.told.upsample.sum_to_one(self.told.upsample.weight)  # (hop, 3)
        self.at = n_given  # what `t` will be, for the processor
        self.t = torch.tensor([n_given], device=device)
        self.place = torch.zeros(1, dtype=torch.int64, device=device)  # in the chunk
        self.noise = torch.zeros(CHUNK, batch_size, K, dtype=torch.float64, device=device)
        self.codes = torch.zeros(CHUNK, batch_size, dtype=torch.int64, device=device)
        self.finite = torch.ones((), dtype=torch.bool, device=device)

    @property
    def state(self) -> list[Tensor]:
        """What a step changes, and the next one reads."""
        return [self.past, self.previous, self.t, self.place, self.finite]

    def __call__(self) -> None:
        """Make one sample."""
        logits = self.logits()
        self.finite.logical_and_(logits.isfinite().all())
        noise = self.noise.index_select(0, self.place)[0]
        new = (logits.double() + self.heat * noise).argmax(1)
        self.codes.index_copy_(0, self.place, new[None])
        self.previous.copy_(new)
        self.t.add_(1)
        self.place.add_(1)

    def logits(self) -> Float[Tensor, "B K"]:
        """The model's own `step`, with the time as a tensor."""
        net = self.model
        places = self.begins + (self.t - self.delays) % self.lengths  # (L, k - 1)
        taps = self.past[places].transpose(1, 2).flatten(2)  # (L, B, (k - 1) R)
        x, xs, zs = net.embed(self.previous), [], []
        offsets = self.offsets(len(taps))
        for i, (tap, offset) in enumerate(zip(taps.unbind(), offsets, strict=True)):
            xs.append(x)
            x, z = gated.step(x, tap, offset, self.layer_weights[4 * i : 4 * i + 4])
            zs.append(z)
        self.past[places[:, 0]] = torch.stack(xs)
        logits: Tensor = net.logits(net.head(net.skip(torch.cat(zs, dim=1))))
        return logits

    def offsets(self, n_layers: int) -> Sequence[Tensor | None]:
        """What the condition gives to the gates of each layer."""
        if not self.told:
            return [None] * n_layers
        given = self.window[:, :1]
        if self.shares is not None:
            phase = self.t % len(self.shares)
            given = self.shares.index_select(0, phase) @ self.window
        if self.told.moves:
            moving, columns = self.told.moving(self.cycles, self.samples, self.t)
            given = given + moving @ columns.T
        return given[:, 0].chunk(n_layers, dim=1)

    def run(self, u: Float[Tensor, "n B K"], once: Callable[[], None]) -> Int[Tensor, "B n"]:
        """Make the next n samples, at most `CHUNK`.

        Args:
            u: Uniform noise.
            once: This step, or its recording.

        Raises:
            UserError: An output was not finite.
        """
        n = len(u)
        self.noise[:n] = u.to(self.noise.device).log_().neg_().log_().neg_()
        self.place.zero_()
        for _ in range(n):
            self.next_frame()
            once()
            self.at += 1
        if not bool(self.finite):
            raise UserError(f"the model's output is not finite before sample {self.at}")
        return self.codes[:n].T.clone()

    def next_frame(self) -> None:
        """Where a frame begins, renew what the frames around it give to the gates."""
        if self.told and self.told.upsample:
            frame, phase = divmod(self.at, self.told.config.hop_length)
            if phase == 0:
                around = self.told.upsample.window(self.y, frame)
                self.window.copy_(self.told.offsets(around))


def recorded(step: GraphStep) -> Callable[[], None]:
    """Record a step on the graphics card, leaving its state as it was; what plays it back."""
    before = [tensor.clone() for tensor in step.state]
    with torch.cuda.device(step.t.device):
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                step()
        torch.cuda.current_stream().wait_stream(aside)
        recording = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recording):
            step()
    for tensor, kept in zip(step.state, before, strict=True):
        tensor.copy_(kept)
    return recording.replay
