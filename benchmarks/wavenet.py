"""How fast does a WaveNet generate and train, beside the implementation that most people know?

One run, one thread, everything interleaved. The network is WN30: 30 layers = 3 x (1, 2, ..., 512), kernel
2, 64 residual, 64 gated, 256 skip channels, a softmax over 256 mu-law codes, 32-bit floats, one clip,
sampling included, unconditional. The peer is `wavenet_vocoder` 0.1.1 (r9y9, 2018), the release that pip
installs, in the same configuration: without dropout and weight normalization, `legacy=False`. Its 1.267 M
parameters compute what our 1.256 M do: it has a skip bias in each of 30 layers where one is enough,
and a residual of the last layer that nothing reads. (`parameters` has both as counted.)

native_over_r9y9        samples a second of `samplers.native` over those of `incremental_forward`
cached_over_r9y9        of `samplers.autoregressive.cached`, likewise
native_over_naive       of native over a full forward pass of 3,070 samples for each sample
native_max_logit_error  largest difference of any logit from the model's own forward pass, 3,500 samples
cached_max_logit_error  likewise
train_step_over_r9y9    time of a training step (forward, backward, Adam) on 4 x 8,000 samples, over the
                        peer's. The peer's one-hot input is made before the clock starts
fused_step_over_r9y9    the same at the book's tiny size (20 layers, 32/32/64) on 4 x 4,096 samples, by
                        `models.fused`
fused_step_over_pytorch likewise, over the same step by PyTorch
fused_samples_per_second of training
fused_path              its instructions: avx2, avx512, amx, ...
fused_gradient_error    relative distance of its gradients from float64's, mean over the weight tensors; of
                        PyTorch's own float32 and bfloat16 (autocast), too
fused_curve_difference_bits  largest difference of its losses from PyTorch's over 300 steps on notes, of means
                        of ten steps
samples_per_second      of each, the median; NAME_16 is of 16 clips at once, all together; tiny_native is the
                        book's tiny WaveNet (20 layers, 32/32/64), of which 16,000 are real time
read_gb_per_s           what this thread reads in a second from a buffer of the weights' size, summing it
gflop_per_s             additions and multiplications in a product of matrices, 512 x 512
native_bytes_per_sample weights that native reads for one sample
native_read_bound       read_gb_per_s over that, in samples a second: the roofline where the weights, 5 MB,
                        do not fit the core's own cache
native_over_read_bound  samples a second of native over that bound
gpu                     on a CUDA device: its name, and samples a second, of all clips together, for one
                        clip and for 256 of `samplers.graph` and of `cached`; null without one

Times are the thread's CPU time, which other load on the machine changes less than wall-clock time. Each
ratio is the median over the rounds of the ratio within one round. Keys of the peer are null where it is
not installed:

    pip install --no-deps wavenet_vocoder
    python -m benchmarks.wavenet --json
"""

import copy
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

from benchmarks.command import parser
from benchmarks.timing import cpu, rate, ratio, significant
from benchmarks.wavenet_peer import peer

ROUNDS = 7
TRAINING_ROUNDS = 3
# Samples generated in a round: about half a second of work each, three for native.
N_NAIVE, N_PEER, N_CACHED, N_NATIVE = 3, 150, 400, 16_000
N_CURVE = 300  # steps of training
N_SCORED = 3_500  # more than the receptive field


def network(config: Any = None) -> Any:
    """A WaveNet whose logits differ by a few units, as a trained one's do."""
    import torch

    from tinyaudio.models.wavenet import WaveNet, WaveNetConfig

    torch.manual_seed(0)
    config = config or WaveNetConfig.wn30()
    net = WaveNet(config)
    torch.nn.init.normal_(net.logits.weight, std=2 / config.skip_channels**0.5)
    return net


def naive_sample(net: Any) -> Callable[[], Any]:
    """What one sample costs `naive` with a full history: the whole receptive field, and sampling."""
    import torch

    from tinyaudio.samplers.autoregressive import draw

    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(256, (1, net.receptive_field), generator=generator)

    def generate() -> None:
        with torch.inference_mode():
            for _ in range(N_NAIVE):
                draw(net(codes)[:, :, -1], [generator])

    return generate


def speeds(net: Any, other: Any) -> dict[str, list[float]]:
    """Samples a second of every way to generate, a list of rounds each."""
    import torch

    from tinyaudio.models.wavenet import WaveNetConfig
    from tinyaudio.samplers.autoregressive import cached
    from tinyaudio.samplers.native import native

    tiny = network(WaveNetConfig.tiny())
    ways: dict[str, tuple[Callable[[], Any], int]] = {
        "naive": (naive_sample(net), N_NAIVE),
        "cached": (lambda: cached(net, N_CACHED), N_CACHED),
        "native": (lambda: native(net, N_NATIVE), N_NATIVE),
        "tiny_native": (lambda: native(tiny, N_NATIVE), N_NATIVE),
        "native_4": (lambda: native(net, N_NATIVE // 8, range(4)), N_NATIVE // 2),
        "native_16": (lambda: native(net, N_NATIVE // 16, range(16)), N_NATIVE),
        "cached_16": (lambda: cached(net, N_CACHED // 4, range(16)), 4 * N_CACHED),
    }
    if other is not None:

        def incremental() -> None:
            with torch.inference_mode():
                other.incremental_forward(T=N_PEER)

        ways["r9y9"] = (incremental, N_PEER)
    weights = sum(p.numel() for p in net.parameters())
    buffer = torch.ones(weights)

    def read() -> None:
        for _ in range(100):
            buffer.sum()

    square = torch.ones(512, 512)
    ways["read"] = (read, 100 * 4 * weights)  # in bytes
    ways["multiply"] = (lambda: [square @ square for _ in range(10)], 10 * 2 * 512**3)
    for generate, _ in ways.values():
        generate()  # compile and load first
    found: dict[str, list[float]] = {"r9y9": []}
    for _ in range(ROUNDS):
        for name, (generate, n) in ways.items():
            found.setdefault(name, []).append(rate(generate, n))
    return found


def logit_errors(net: Any) -> dict[str, float]:
    """Largest difference of any logit from the forward pass's, of every fast way."""
    import torch

    from tinyaudio.samplers.native import score

    codes = torch.randint(256, (1, N_SCORED), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = net(codes)[0].T
        cache, previous = net.init_cache(1), torch.tensor([net.silence])
        stepped = []
        for t in range(N_SCORED):
            stepped.append(net.step(previous, cache, t)[0])
            previous = codes[:, t]
        found = {"native": score(net, codes)[0].T, "cached": torch.stack(stepped)}
    return {
        f"{name}_max_logit_error": significant(float((logits - expected).abs().max()))
        for name, logits in found.items()
    }


def training_ratios(steps: dict[str, tuple[Any, Callable[[], Any]]]) -> dict[str, list[float]]:
    """Seconds of training steps, side by side.

    Args:
        steps: Networks and their losses.
    """
    import torch

    seconds: dict[str, list[float]] = {name: [] for name in steps}
    optimizers = {name: torch.optim.Adam(net.parameters()) for name, (net, _) in steps.items()}
    for turn in range(TRAINING_ROUNDS + 1):
        for name, (_, loss) in steps.items():
            start = time.process_time()
            optimizers[name].zero_grad()
            loss().backward()
            optimizers[name].step()
            if turn:  # the first one allocates
                seconds[name].append(time.process_time() - start)
    return seconds


def peer_step(other: Any, codes: Any) -> tuple[Any, Callable[[], Any]]:
    """The peer's training step, whose one-hot input is made before the clock starts."""
    from torch.nn import functional as F

    one_hot = F.one_hot(codes, 256).transpose(1, 2).float()  # (B, K, T)
    other.train()
    return other, lambda: F.cross_entropy(other(one_hot)[:, :, :-1], codes[:, 1:])


def training(net: Any, other: Any) -> float | None:
    """Time of a training step of WN30 over the peer's."""
    import torch
    from torch.nn import functional as F

    if other is None:
        return None
    codes = torch.randint(256, (4, 8_000), generator=torch.Generator().manual_seed(2))
    ours = (net, lambda: F.cross_entropy(net(codes), codes))
    found = training_ratios({"ours": ours, "peer": peer_step(other, codes)})
    return ratio(found["ours"], found["peer"])


def fused() -> dict[str, Any]:
    """The fused step at tiny size: time, gradients, and a loss curve."""
    import torch
    from torch.nn import functional as F

    from tinyaudio.models.fused import FusedStep
    from tinyaudio.models.wavenet import WaveNetConfig

    net, same = (network(WaveNetConfig.tiny()) for _ in range(2))
    step, other = FusedStep(net), peer(WaveNetConfig.tiny())
    codes = torch.randint(256, (4, 4_096), generator=torch.Generator().manual_seed(2))
    steps = {
        "fused": (net, lambda: step(codes, codes)),
        "pytorch": (same, lambda: F.cross_entropy(same(codes), codes)),
    }
    if other is not None:
        steps["peer"] = peer_step(other, codes)
    seconds = training_ratios(steps)
    return {
        "fused_step_over_r9y9": ratio(seconds["fused"], seconds.get("peer", [])),
        "fused_step_over_pytorch": ratio(seconds["fused"], seconds["pytorch"]),
        "fused_samples_per_second": significant(
            codes.numel() / statistics.median(seconds["fused"])
        ),
        "fused_path": step.path,
        "fused_gradient_error": gradient_errors(codes[:1]),
        "fused_curve_difference_bits": curve_difference(),
    }


def gradient_errors(codes: Any) -> dict[str, float]:
    """Relative distance of gradients from float64's, mean over the weight tensors, of three ways."""
    import torch
    from torch.nn import functional as F

    from tinyaudio.models.fused import FusedStep
    from tinyaudio.models.wavenet import WaveNetConfig

    net = network(WaveNetConfig.tiny())
    exact = copy.deepcopy(net).double()

    def gradients(model: Any, loss: Any) -> list[Any]:
        model.zero_grad()
        loss.backward()
        return [p.grad.double().clone() for p in model.parameters()]

    reference = gradients(exact, F.cross_entropy(exact(codes), codes))
    with torch.autocast("cpu", torch.bfloat16):
        autocast = F.cross_entropy(net(codes).float(), codes)
    found = {
        "fused": gradients(net, FusedStep(net)(codes, codes)),
        "float32": gradients(net, F.cross_entropy(net(codes), codes)),
        "bfloat16": gradients(net, autocast),
    }
    return {
        name: significant(
            statistics.mean(
                float((g - r).norm() / r.norm()) for g, r in zip(each, reference, strict=True)
            )
        )
        for name, each in found.items()
    }


def curve_difference() -> float:
    """Largest difference of two loss curves of the narrow notes, by the fused step and by PyTorch."""
    from dataclasses import replace

    import torch

    from tinyaudio.data.batches import Batches
    from tinyaudio.recipes.wavenet import NARROW, RECIPE
    from tinyaudio.train import State, train

    curves = []
    for fused_step in (True, False):
        config = replace(NARROW, fused=fused_step, n_samples=1_024, steps=N_CURVE)
        batches = Batches(RECIPE.dataset(config, "train", None), config.batch_size)
        state = State(RECIPE.learners(config))
        states = train(state, batches.from_step(0), N_CURVE)
        curves.append(torch.tensor([one.logs["net/loss"] for one in states]))
    means = [curve.unflatten(0, (-1, 10)).mean(1) for curve in curves]
    return significant(float((means[0] - means[1]).abs().max()))


def gpu() -> dict[str, Any] | None:
    """Samples a second on the graphics card, by the clock."""
    import torch

    if not torch.cuda.is_available():
        return None
    from tinyaudio.samplers.autoregressive import cached
    from tinyaudio.samplers.graph import graph

    net = network().cuda()
    found: dict[str, Any] = {"name": torch.cuda.get_device_name()}
    for rows in (1, 256):
        for name, sampler, n in (("graph", graph, 4_000), ("cached", cached, 400)):
            sampler(net, 100, range(rows))
            torch.cuda.synchronize()
            start = time.perf_counter()
            sampler(net, n, range(rows))
            torch.cuda.synchronize()
            per_second = rows * n / (time.perf_counter() - start)
            found[f"{name}_{rows}"] = significant(per_second)
    return found


def measure() -> dict[str, Any]:
    import torch

    from tinyaudio.samplers.native.step import NativeStep

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="torch")  # the peer calls deprecated functions
    net = network()
    other = peer(net.config)
    found = speeds(net, other)
    read, multiply = (found.pop(name) for name in ("read", "multiply"))
    step = NativeStep(net, 1)
    bound = [one / step.bytes_per_sample for one in read]
    return {
        "native_over_r9y9": ratio(found["native"], found["r9y9"]),
        "cached_over_r9y9": ratio(found["cached"], found["r9y9"]),
        "native_over_naive": ratio(found["native"], found["naive"]),
        **logit_errors(net),
        "train_step_over_r9y9": training(net, other),
        **fused(),
        "samples_per_second": {
            name: significant(statistics.median(rounds)) if rounds else None
            for name, rounds in found.items()
        },
        "read_gb_per_s": significant(statistics.median(read) / 1e9),
        "gflop_per_s": significant(statistics.median(multiply) / 1e9),
        "native_bytes_per_sample": step.bytes_per_sample,
        "native_read_bound": significant(statistics.median(bound)),
        "native_over_read_bound": ratio(found["native"], bound),
        "gpu": gpu(),
        "parameters": {
            "tinyaudio": sum(p.numel() for p in net.parameters()),
            "r9y9": sum(p.numel() for p in other.parameters()) if other else None,
        },
        "threads": torch.get_num_threads(),
        "simd_width": step.simd_width,
        "cpu": cpu(),
    }


def main() -> None:
    options = parser("wavenet", __doc__).parse_args()
    os.environ.setdefault("TINYAUDIO_BUILD", "1")  # no progress bar in what is timed
    found = measure()
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:24} {'-' if value is None else value}")


if __name__ == "__main__":
    main()
