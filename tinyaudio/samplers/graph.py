"""Generation on a GPU: one step is captured as a CUDA graph and replayed for every sample.

A step is about three hundred kernels of a microsecond or two, and launching one from Python takes
longer: dispatch overhead.  A CUDA graph launches all of them at once.

Paper:      Le Paine et al., "Fast Wavenet Generation Algorithm", 2016, for the cache.
Implements: `graph`, which draws the same samples as `tinyaudio.samplers.autoregressive.cached`;
            `stream`, the same in chunks; `GraphStep`, a step that can be captured.
Differs:    on the CPU the same step runs without a graph, so that any machine can test it.
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
from tinyaudio.samplers.conditioned import unwrap
from tinyaudio.samplers.request import Autoregressive, check, concat_chunks, make_generators

CHUNK = 128  # samples whose noise is drawn at once; Ctrl-C is handled between chunks
WARM_UP = 3  # steps before the capture, in which libraries allocate their workspaces


def graph(
    model: Autoregressive,
    n_samples: int,
    seeds: Sequence[int] = (0,),
    temperature: float | Sequence[float] = 1.0,
    prompt: Int[Tensor, "B P"] | None = None,
) -> Int[Tensor, "B T"]:
    """Generate the same as `cached`, on CUDA by replaying a captured step.

    Args:
        model: A `WaveNet` with a softmax, or a `Conditioned` one.
        n_samples: Length, in samples.
        seeds: One clip is generated for each; a GPU is used well by many.
        temperature: See `tinyaudio.samplers.autoregressive.draw`.
        prompt: Codes to continue, one row a seed; None begins after silence.

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
    """Generate what `graph` generates in chunks, in constant memory.

    Args:
        model: See `graph`; its weights must not change before the last chunk.
        n_samples: Length of all chunks together.
        seeds: One clip is generated for each.
        temperature: See `graph`.
        prompt: Codes to continue, one row a seed; None begins after silence.
        chunk: Length of a chunk; the last may be shorter.

    Returns:
        The chunks, generated lazily.

    Raises:
        UserError: See `graph`; an impossible request is refused at once.
    """
    check(model, n_samples, seeds, temperature, prompt, chunk)
    wavenet, condition = unwrap(model)
    if not isinstance(wavenet, WaveNet) or wavenet.config.n_mixtures:
        raise UserError("a step is captured only for a WaveNet with a softmax; use cached")
    return _chunks(wavenet, condition, n_samples, seeds, temperature, prompt, chunk)


@torch.no_grad()
def _chunks(
    model: WaveNet,
    condition: Condition | None,
    n_samples: int,
    seeds: Sequence[int],
    temperature: float | Sequence[float],
    prompt: Int[Tensor, "B P"] | None,
    chunk: int,
) -> Iterator[Int[Tensor, "B n"]]:
    device = next(model.parameters()).device
    scale = torch.tensor(temperature, dtype=torch.float64, device=device).reshape(-1, 1)
    generators = make_generators(seeds)
    given = None if prompt is None or not prompt.shape[1] else prompt.to(device, torch.int64)
    step = GraphStep(model, len(seeds), scale, given, condition)
    replay = capture(step) if device.type == "cuda" else step
    for begin in range(0, n_samples, chunk):
        n, parts = min(chunk, n_samples - begin), []
        for first in range(0, n, CHUNK):
            size = (min(CHUNK, n - first), model.config.n_levels)
            # The same numbers that `draw` takes, sample after sample.
            u = [torch.rand(size, generator=g, dtype=torch.float64) for g in generators]
            parts.append(step.run(torch.stack(u, dim=1), replay))
        yield torch.cat(parts, dim=1)


class GraphStep:
    """One step of a WaveNet and the draw of its sample, entirely in tensors on one device.

    Calling it generates one sample.  All state, including the time, is in tensors that are updated in
    place: a captured step reads and writes the same addresses at every replay.

    Args:
        model: A network with a softmax.
        batch_size: Clips.
        temperature: One for all clips, or one a clip.
        prompt: Codes to continue, on the model's device.
        condition: If the model takes one.
    """

    def __init__(
        self,
        model: WaveNet,
        batch_size: int,
        temperature: Float[Tensor, "#B 1"],
        prompt: Int[Tensor, "B P"] | None = None,
        condition: Condition | None = None,
    ) -> None:
        self.model, self.temperature, self.conditioner = model, temperature, model.conditioner
        device, K = temperature.device, model.config.n_levels
        if prompt is None:
            self.cache, n_prompt = model.init_cache(batch_size, condition), 0
            self.previous = torch.full((batch_size,), model.silence, device=device)
        else:
            self.cache, n_prompt = model.prefill(prompt, condition), prompt.shape[1]
            self.previous = prompt[:, -1].clone()
        self.upsampling = None  # weights of the upsampler, (hop, 3)
        if self.conditioner and self.conditioner.upsample:
            upsample = self.conditioner.upsample
            self.upsampling = upsample.sum_to_one(upsample.weight)
        self.t = torch.tensor([n_prompt], device=device)
        self.host_t = n_prompt  # the same on the CPU, without a synchronisation
        self.index = torch.zeros(1, dtype=torch.int64, device=device)  # in the chunk
        self.noise = torch.zeros(CHUNK, batch_size, K, dtype=torch.float64, device=device)
        self.codes = torch.zeros(CHUNK, batch_size, dtype=torch.int64, device=device)
        self.finite = torch.ones((), dtype=torch.bool, device=device)

    @property
    def state(self) -> list[Tensor]:
        """The tensors that a step changes and the next one reads."""
        return [self.cache.layers.buffers, self.previous, self.t, self.index, self.finite]

    def __call__(self) -> None:
        """Generate one sample."""
        logits = self.logits()
        self.finite.logical_and_(logits.isfinite().all())
        noise = self.noise.index_select(0, self.index)[0]
        new = (logits.double() + self.temperature * noise).argmax(1)  # the Gumbel-max trick
        self.codes.index_copy_(0, self.index, new[None])
        self.previous.copy_(new)
        self.t.add_(1)
        self.index.add_(1)

    def logits(self) -> Float[Tensor, "B K"]:
        """The model's own `step`, with the time as a tensor."""
        net, cache = self.model, self.cache
        zs = gated.step_layers(
            net.embed(self.previous), self.offsets(), cache.layers, cache.weights, self.t
        )
        logits: Tensor = net.logits(net.head(net.skip(torch.cat(zs, dim=1))))
        return logits

    def offsets(self) -> Sequence[Float[Tensor, "B gates"]] | None:
        """What the condition adds to the gates of each layer."""
        if self.cache.condition is None:
            return None
        offsets = self.cache.condition.window[:, :1]
        if self.upsampling is not None:
            row = self.t % len(self.upsampling)
            offsets = self.upsampling.index_select(0, row) @ self.cache.condition.window
        return offsets[:, 0].chunk(len(self.cache.weights), dim=1)

    def run(self, u: Float[Tensor, "n B K"], replay: Callable[[], None]) -> Int[Tensor, "B n"]:
        """Generate the next n samples, at most `CHUNK`.

        Args:
            u: Uniform noise.
            replay: This step, or its CUDA graph.

        Raises:
            UserError: An output was not finite.
        """
        n = len(u)
        self.noise[:n] = (
            u.to(self.noise.device).log_().neg_().log_().neg_()
        )  # of Gumbel's distribution
        self.index.zero_()
        for _ in range(n):
            self.update_window()
            replay()
            self.host_t += 1
        if not bool(self.finite):
            raise UserError(f"the model's output is not finite before sample {self.host_t}")
        return self.codes[:n].T.clone()

    def update_window(self) -> None:
        """At the first sample of a frame, recompute V times the frames around it."""
        cache = self.cache.condition
        if cache and self.conditioner and self.conditioner.upsample:
            frame, offset = divmod(self.host_t, self.conditioner.config.hop_length)
            if offset == 0:
                window = self.conditioner.upsample.window(cache.y, frame)
                cache.window.copy_(self.conditioner.offsets(window))


def capture(step: GraphStep) -> Callable[[], None]:
    """Capture a step as a CUDA graph, leaving its state as it was; returns what replays it."""
    before = [tensor.clone() for tensor in step.state]
    with torch.cuda.device(step.t.device):
        side_stream = torch.cuda.Stream()
        side_stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side_stream):
            for _ in range(WARM_UP):
                step()
        torch.cuda.current_stream().wait_stream(side_stream)
        cuda_graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(cuda_graph):
            step()
    for tensor, saved in zip(step.state, before, strict=True):
        tensor.copy_(saved)
    return cuda_graph.replay
