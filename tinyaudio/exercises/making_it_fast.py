"""Chapter 7, "Making it fast": bytes a sample, what a cache saves, a ring buffer, the roofline."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tinyaudio.exercises.cached_generation import check_generate as check_generate
from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr


def check_bytes(answer: Callable[[int, int, int, int, int, int], int]) -> CheckResult:
    """Exercise 7.1: bytes of weights read for each sample.

    Args:
        answer: (L, k, R, G, S, K): layers, taps, widths of residual, gates and skips, values -> bytes.

    Example:
        >>> check_bytes(lambda L, k, R, G, S, K: 162_816)
        ✘ <lambda>(1, 2, 4, 5, 6, 7) should be 752, not 162816.
    """

    def right(L: int, k: int, R: int, G: int, S: int, K: int) -> int:
        return 4 * (L * 2 * G * k * R + (L - 1) * R * G + S * L * G + S * S + K * S)

    mistakes = (
        Mistake(
            lambda *sizes: right(*sizes) // 4,
            tr(
                "가중치의 개수입니다. 32비트 가중치 하나는 4바이트입니다.",
                "That is the number of weights; one of 32 bits has 4 bytes.",
            ),
        ),
        Mistake(
            lambda *sizes: right(*sizes) // 2,
            tr(
                "연산의 수(곱셈과 덧셈)입니다. 물은 것은 읽는 바이트입니다.",
                "Those are operations, multiplications and additions; bytes were asked for.",
            ),
        ),
        Mistake(
            lambda L, k, R, G, S, K: right(L, k, R, G, S, K) + 4 * R * G,
            tr(
                "마지막 층의 잔차까지 세었습니다. 받을 층이 없으므로 그 행렬은 없습니다.",
                "You counted a residual in the last layer; nobody would read it, so it has none.",
            ),
        ),
        Mistake(
            lambda L, k, R, G, S, K: right(L, k, R, G, S, K) - 4 * L * G * k * R,
            tr(
                "게이트를 하나만 세었습니다. tanh와 시그모이드에 행렬이 하나씩 있습니다.",
                "One gate is missing: tanh and sigmoid have a matrix each.",
            ),
        ),
        Mistake(
            lambda L, k, R, G, S, K: right(L, 1, R, G, S, K),
            tr(
                "탭을 하나만 세었습니다. 게이트는 지금과 과거의 탭 k개를 봅니다.",
                "Only one tap was counted; the gates look at k of them.",
            ),
        ),
    )
    hint = tr(
        "행렬을 하나씩 적고 크기를 곱해 보십시오.", "List the matrices and multiply their sizes."
    )
    cases = [(1, 2, 4, 5, 6, 7), (20, 2, 32, 32, 64, 256), (30, 3, 64, 48, 128, 100)]
    return check_answer(answer, right, cases, mistakes, hint)


def check_saving(answer: Callable[[Sequence[int], int], int]) -> CheckResult:
    """Exercise 7.2: how many times fewer multiplications `cached` makes than `naive`.

    Args:
        answer: (dilations, k) -> columns that `naive` computes for one sample.

    Example:
        >>> check_saving(lambda dilations, k: (k - 1) * sum(dilations))
        ✘ One too few: the present sample is part of the receptive field.
    """

    def right(dilations: Sequence[int], k: int) -> int:
        return 1 + (k - 1) * sum(dilations)

    mistakes = (
        Mistake(
            lambda dilations, k: (k - 1) * sum(dilations),
            tr(
                "하나 모자랍니다. 지금 샘플도 수용 영역에 듭니다.",
                "One too few: the present sample is part of the receptive field.",
            ),
        ),
        Mistake(
            lambda dilations, k: 1 + k * sum(dilations),
            tr(
                "탭이 k개면 가장 먼 탭까지의 간격은 k-1개입니다.",
                "Between k taps there are k - 1 gaps.",
            ),
        ),
        Mistake(
            lambda dilations, k: 1 + sum(dilations),
            tr("탭의 수 k를 쓰지 않았습니다.", "The number of taps, k, is not used."),
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * max(dilations),
            tr(
                "가장 먼 층만 보았습니다. 층을 지날 때마다 거리가 더해집니다.",
                "Only the farthest layer was counted; the reaches of all layers add up.",
            ),
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * (sum(dilations) - dilations[0]),
            tr(
                "첫 층을 빠뜨렸습니다. 팽창이 1이어도 한 칸을 더합니다.",
                "The first layer was left out; a dilation of 1 adds one, too.",
            ),
        ),
    )
    hint = tr("4장의 수용 영역을 떠올리십시오.", "Remember the receptive field of chapter 4.")
    cases = [([1, 2, 4], 2), (2 * [1, 2, 4, 8], 3), (2 * [2**i for i in range(10)], 2)]
    return check_answer(answer, right, cases, mistakes, hint)


def check_taps(answer: Callable[[Tensor, float, int], tuple[float, float]]) -> CheckResult:
    """Exercise 7.3: a ring buffer for a layer of three taps.

    Args:
        answer: (ring, x, t), a tensor of length 2 d, the new value, the time -> the values 2 d and d
            ago; x is written into the ring buffer.

    Example:
        >>> check_taps(lambda ring, x, t: (0.0, 0.0))
        ✘ The new value was never put into the ring: it gives its first zeros for ever.
    """

    def read_and_write(
        ring: Tensor, x: float, t: int, oldest: int, newer: int
    ) -> tuple[float, float]:
        n = len(ring)
        both = ring[(t - oldest) % n].item(), ring[(t - newer) % n].item()
        ring[t % n] = x
        return both

    def right(ring: Tensor, x: float, t: int) -> tuple[float, float]:
        return read_and_write(ring, x, t, len(ring), len(ring) // 2)

    def written_before_read(ring: Tensor, x: float, t: int) -> tuple[float, float]:
        ring[t % len(ring)] = x
        return ring[t % len(ring)].item(), ring[(t - len(ring) // 2) % len(ring)].item()

    mistakes = (
        Mistake(
            run_over_signal(lambda ring, x, t: (0.0, 0.0)),
            tr(
                "새 값을 고리에 적지 않았습니다. 그래서 언제나 처음의 0이 나옵니다.",
                "The new value was never put into the ring: it gives its first zeros for ever.",
            ),
        ),
        Mistake(
            run_over_signal(written_before_read),
            tr(
                "읽기 전에 썼습니다. 가장 오래된 값이 지워져 지금 값이 나왔습니다.",
                "You wrote before you read: the oldest value was gone, and the present one came out.",
            ),
        ),
        Mistake(
            run_over_signal(lambda ring, x, t: right(ring, x, t)[::-1]),
            tr(
                "순서가 바뀌었습니다. 더 오래된 값이 먼저입니다.",
                "The order is wrong: the older value comes first.",
            ),
        ),
        Mistake(
            run_over_signal(lambda ring, x, t: read_and_write(ring, x, t, 2, 1)),
            tr(
                "바로 앞의 두 값입니다. 팽창 d만큼 떨어진 값을 보아야 합니다.",
                "Those are the last two values; the taps are d apart.",
            ),
        ),
        Mistake(
            run_over_signal(
                lambda ring, x, t: read_and_write(ring, x, t, len(ring), len(ring) // 2 - 1)
            ),
            tr(
                "둘째 값이 한 칸 가깝습니다. 나머지를 구하는 자리를 다시 보십시오.",
                "The second value is one too near; look at the place that you take the remainder of.",
            ),
        ),
    )
    hint = tr("먼저 어느 자리를 읽을지 적어 보십시오.", "First say which two places are read.")
    given, wanted = run_over_signal(answer), run_over_signal(right)
    return check_answer(given, wanted, [(2, 9), (3, 20), (8, 40)], mistakes, hint)


def run_over_signal(
    step: Callable[[Tensor, float, int], tuple[float, float]],
) -> Callable[[int, int], Tensor | None]:
    """Run an answer over a signal of n values, with a ring buffer of length 2 d: the two taps of each."""

    def run(d: int, n: int) -> Tensor | None:
        buffer = torch.zeros(2 * d)
        pairs = [step(buffer, float(t + 1), t) for t in range(n)]
        given = [[float(value) for value in pair] for pair in pairs if pair is not None]
        return torch.tensor(given) if len(given) == n else None

    run.__name__ = getattr(step, "__name__", "taps")
    return run


def check_ceiling(answer: Callable[[float, float, float, float], float]) -> CheckResult:
    """Exercise 7.4: the roofline, in samples a second of all clips together.

    Args:
        answer: (M, B, P, W), multiplications, clips, operations and bytes a second -> samples a second.

    Example:
        >>> check_ceiling(lambda M, B, P, W: min(P / (2 * M), W / (4 * M)))
        ✘ The weights are read once for all clips, not once for each.
    """

    def right(M: float, B: float, P: float, W: float) -> float:
        return B / max(2 * M * B / P, 4 * M / W)

    mistakes = (
        Mistake(
            lambda M, B, P, W: right(M, B, P, W) / B,
            tr(
                "클립 하나의 속도입니다. 한 걸음에 샘플이 B개 나옵니다.",
                "That is the speed of one clip; a step makes B samples.",
            ),
        ),
        Mistake(
            lambda M, B, P, W: min(P / (2 * M), W / (4 * M)),
            tr(
                "가중치는 클립마다가 아니라 모두를 위해 한 번 읽습니다.",
                "The weights are read once for all clips, not once for each.",
            ),
        ),
        Mistake(
            lambda M, B, P, W: B * min(P / (2 * M), W / (4 * M)),
            tr(
                "곱셈은 클립마다 해야 합니다. 첫째 항에는 B가 있습니다.",
                "Multiplications are made for every clip: there is a B in the first term.",
            ),
        ),
        Mistake(
            lambda M, B, P, W: B / min(2 * M * B / P, 4 * M / W),
            tr(
                "빠른 쪽을 골랐습니다. 한 걸음은 둘 가운데 느린 쪽을 기다립니다.",
                "You took the faster of the two; a step waits for the slower one.",
            ),
        ),
        Mistake(
            lambda M, B, P, W: B / (2 * M * B / P + 4 * M / W),
            tr(
                "두 시간을 더했습니다. 읽기와 곱하기는 동시에 일어나므로 큰 쪽입니다.",
                "You added both times; reading and multiplying overlap, so it is the larger one.",
            ),
        ),
        Mistake(
            lambda M, B, P, W: B / max(M * B / P, 4 * M / W),
            tr(
                "곱셈만 세었습니다. 곱셈마다 덧셈이 하나 따르므로 연산은 2M번입니다.",
                "Only multiplications were counted; with the additions there are 2M operations.",
            ),
        ),
    )
    cases = [(1e6, 1.0, 1e11, 2e10), (1e6, 100.0, 1e11, 2e10), (2e5, 8.0, 3e10, 5e9)]
    hint = tr("한 걸음의 시간부터 구하십시오.", "Begin with the time of a step.")
    return check_answer(answer, right, cases, mistakes, hint)
