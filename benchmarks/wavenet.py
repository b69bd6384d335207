"""How fast does a WaveNet generate and learn, beside the implementation that most people know?

One run, one thread, everything interleaved. The network is WN30: 30 layers = 3 x (1, 2, ..., 512), kernel
2, 64 residual, 64 gated, 256 skip channels, a softmax over 256 mu-law codes, 32-bit floats, one clip,
drawing included, nothing conditioned. The peer is `wavenet_vocoder` 0.1.1 (r9y9, 2018), the release that pip
installs, in the same configuration: without dropout and weight normalization, `legacy=False`. Its 1.267 M
parameters compute what our 1.256 M do: it has a skip bias in each of 30 layers where one is enough,
and a residual of the last layer that nothing reads. (`parameters` says both as counted.)

native_over_r9y9        samples a second of `samplers.native` over those of `incremental_forward`
cached_over_r9y9        of `samplers.autoregressive.cached`, likewise
numba_over_r9y9         of the fallback where no compiler is, likewise; null without numba
native_over_naive       of native over a full forward pass of 3,070 samples under inference mode for each sample
native_bf16_over_naive  the same after ``net.bfloat16().float()``: native reads such weights in half the bytes
native_bf16_over_native likewise, over native before it
native_max_logit_error  largest difference of any logit from the model's own forward pass, 3,500 samples
cached_max_logit_error  likewise
native_bf16_max_logit_error  likewise, of the rounded network from the rounded network's own forward pass
train_step_over_r9y9    time of a training step (forward, backward, Adam) on 4 x 8,000 samples, over the
                        peer's. The peer gets its one-hot input ready made
samples_per_second      of each, the median; NAME_16 is of 16 clips at once, all together; tiny_native is the
                        book's tiny WaveNet (20 layers, 32/32/64), of which 16,000 are real time, and
                        tiny_native_bf16 the same, rounded
read_gb_per_s           what this thread reads in a second from a buffer of the weights' size, summing it
gflop_per_s             additions and multiplications in a product of matrices, 512 x 512
native_bytes_per_sample weights that native reads for one sample; native cannot be faster than
native_read_bound       read_gb_per_s over that, in samples a second, where the weights do not fit the
                        core's own cache (they are about 5 MB)
gpu                     on a CUDA device: its name, and samples a second, of all clips together, for one
                        clip and for 256 of `samplers.graph` and of `cached`; null without one

Times are the thread's CPU time, which a busy machine disturbs less than the clock's. Each ratio is the
median over the rounds of the ratio within one round. Keys of the peer are null where it is not installed:

    pip install --no-deps wavenet_vocoder
    python -m benchmarks.wavenet --json
"""

import copy
import importlib.util
import json
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.command import parser
from benchmarks.wavenet_peer import peer

ROUNDS = 7
TRAINING_ROUNDS = 3
# Samples that are generated in a round: about half a second's work each, three for native.
N_NAIVE, N_PEER, N_CACHED, N_NUMBA, N_NATIVE = 3, 150, 400, 2_000, 16_000
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


def rounded(net: Any) -> Any:
    """A copy with weights that are bfloat16 numbers, kept as 32-bit floats."""
    return copy.deepcopy(net).bfloat16().float()


def rate(generate: Callable[[], Any], n_samples: int) -> float:
    """Samples a second."""
    start = time.thread_time()
    generate()
    return n_samples / (time.thread_time() - start)


def ratio(over: list[float], under: list[float]) -> float | None:
    """Median of the ratios round by round; None if one of both was not measured."""
    if not over or not under:
        return None
    return significant(statistics.median(a / b for a, b in zip(over, under, strict=True)))


def significant(x: float) -> float:
    """Four digits, which is more than a machine repeats."""
    return float(f"{x:.4g}")


def naive_sample(net: Any) -> Callable[[], Any]:
    """What one sample costs `naive` once there is a past: the whole receptive field, and a draw."""
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
    halved, tiny_halved = rounded(net), rounded(tiny)
    ways: dict[str, tuple[Callable[[], Any], int]] = {
        "naive": (naive_sample(net), N_NAIVE),
        "cached": (lambda: cached(net, N_CACHED), N_CACHED),
        "native": (lambda: native(net, N_NATIVE), N_NATIVE),
        "native_bf16": (lambda: native(halved, N_NATIVE), N_NATIVE),
        "tiny_native": (lambda: native(tiny, N_NATIVE), N_NATIVE),
        "tiny_native_bf16": (lambda: native(tiny_halved, N_NATIVE), N_NATIVE),
        "native_4": (lambda: native(net, N_NATIVE // 8, range(4)), N_NATIVE // 2),
        "native_16": (lambda: native(net, N_NATIVE // 16, range(16)), N_NATIVE),
        "cached_16": (lambda: cached(net, N_CACHED // 4, range(16)), 4 * N_CACHED),
    }
    if other is not None:

        def incremental() -> None:
            with torch.inference_mode():
                other.incremental_forward(T=N_PEER)

        ways["r9y9"] = (incremental, N_PEER)
    if importlib.util.find_spec("numba") is not None:
        ways["numba"] = (lambda: without_compiler(net), N_NUMBA)
    weights = sum(p.numel() for p in net.parameters())
    buffer = torch.ones(weights)

    def read() -> None:
        for _ in range(100):
            buffer.sum()

    square = torch.ones(512, 512)
    ways["read"] = (read, 100 * 4 * weights)  # in bytes
    ways["multiply"] = (lambda: [square @ square for _ in range(10)], 10 * 2 * 512**3)
    for generate, _ in ways.values():
        generate()  # what is compiled or loaded once
    found: dict[str, list[float]] = {"r9y9": [], "numba": []}
    for _ in range(ROUNDS):
        for name, (generate, n) in ways.items():
            found.setdefault(name, []).append(rate(generate, n))
    return found


def without_compiler(net: Any) -> None:
    """What generates where nothing can be compiled."""
    from tinyaudio.samplers.native import native

    before = os.environ.get("CXX")
    os.environ["CXX"] = "false"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is said is tested elsewhere
            native(net, N_NUMBA)
    finally:
        os.environ.pop("CXX") if before is None else os.environ.update(CXX=before)


def logit_errors(net: Any) -> dict[str, float]:
    """Largest difference of any logit from the forward pass's, of every fast way."""
    import torch

    from tinyaudio.samplers.native import score

    codes = torch.randint(256, (1, N_SCORED), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = net(codes)[0].T
        memory, previous = net.start(1), torch.tensor([net.silence])
        stepped = []
        for t in range(N_SCORED):
            stepped.append(net.step(previous, memory, t)[0])
            previous = codes[:, t]
        halved = rounded(net)
        pairs = {
            "native": (score(net, codes)[0].T, expected),
            "cached": (torch.stack(stepped), expected),
            "native_bf16": (score(halved, codes)[0].T, halved(codes)[0].T),
        }
    return {
        f"{name}_max_logit_error": significant(float((logits - true).abs().max()))
        for name, (logits, true) in pairs.items()
    }


def training_ratio(net: Any, other: Any) -> float | None:
    """Time of a training step over the peer's."""
    import torch
    from torch.nn import functional as F

    if other is None:
        return None
    codes = torch.randint(256, (4, 8_000), generator=torch.Generator().manual_seed(2))
    one_hot = F.one_hot(codes, 256).transpose(1, 2).float()  # (B, K, T)
    losses: list[tuple[Any, Callable[[], Any]]] = [
        (net, lambda: F.cross_entropy(net(codes), codes)),
        (other, lambda: F.cross_entropy(other(one_hot)[:, :, :-1], codes[:, 1:])),
    ]
    seconds: list[list[float]] = [[], []]
    other.train()
    steps = [(torch.optim.Adam(model.parameters()), loss) for model, loss in losses]
    for turn in range(TRAINING_ROUNDS + 1):
        for i, (optimizer, loss) in enumerate(steps):
            start = time.thread_time()
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
            if turn:  # the first one allocates
                seconds[i].append(time.thread_time() - start)
    return ratio(*seconds)


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


def cpu() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def measure() -> dict[str, Any]:
    import torch

    from tinyaudio.samplers.native.step import NativeStep

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="torch")  # the peer's old ways
    net, other = network(), peer()
    found = speeds(net, other)
    read, multiply = (statistics.median(found.pop(name)) for name in ("read", "multiply"))
    step = NativeStep(net, 1)
    n_bytes = step.bytes_per_sample
    return {
        "native_over_r9y9": ratio(found["native"], found["r9y9"]),
        "cached_over_r9y9": ratio(found["cached"], found["r9y9"]),
        "numba_over_r9y9": ratio(found["numba"], found["r9y9"]),
        "native_over_naive": ratio(found["native"], found["naive"]),
        "native_bf16_over_naive": ratio(found["native_bf16"], found["naive"]),
        "native_bf16_over_native": ratio(found["native_bf16"], found["native"]),
        **logit_errors(net),
        "train_step_over_r9y9": training_ratio(net, other),
        "samples_per_second": {
            name: significant(statistics.median(rounds)) if rounds else None
            for name, rounds in found.items()
        },
        "read_gb_per_s": significant(read / 1e9),
        "gflop_per_s": significant(multiply / 1e9),
        "native_bytes_per_sample": n_bytes,
        "native_read_bound": significant(read / n_bytes),
        "gpu": gpu(),
        "parameters": {
            "tinyaudio": sum(p.numel() for p in net.parameters()),
            "r9y9": sum(p.numel() for p in other.parameters()) if other else None,
        },
        "threads": torch.get_num_threads(),
        "lanes": step.lanes,
        "cpu": cpu(),
    }


def main() -> None:
    options = parser("wavenet", __doc__).parse_args()
    os.environ.setdefault("TINYAUDIO_BUILD", "1")  # no progress bar between the clock's hands
    found = measure()
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:24} {'-' if value is None else value}")


if __name__ == "__main__":
    main()
