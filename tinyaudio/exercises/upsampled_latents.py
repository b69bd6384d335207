"""Chapter 10, "A WaveNet autoencoder, and timbre": latents at the sample rate."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _cases(generator: Generator) -> list[Case]:
    return [
        (torch.randn(D, N, generator=generator), hop)
        for D, N, hop in ((1, 3, 4), (2, 4, 5), (3, 2, 4))
    ]


def _lines(
    place: Callable[[Tensor, int], Tensor] = lambda p, hop: p / hop,
    beyond: Callable[[Tensor], Tensor] = lambda z: z[:, -1:],
    reverse: bool = False,
) -> Answer:
    """A line from each latent to the next, with one thing changed."""

    def upsample(z: Tensor, hop: int) -> Tensor:
        weight = place(torch.arange(hop), hop)
        after = torch.cat([z[:, 1:], beyond(z)], 1)
        if reverse:
            weight = 1 - weight
        return ((1 - weight) * z[:, :, None] + weight * after[:, :, None]).flatten(1)

    return upsample


UPSAMPLED = Exercise(
    right=_lines(),
    cases=_cases,
    edges=[(torch.tensor([[2.0]]), 3), (torch.tensor([[1.0, -1.0]]), 1)],
    mistakes=(
        Mistake(
            lambda z, hop: z.repeat(1, hop),
            "잠재 변수의 열 전체를 hop번 되풀이했습니다. 하나하나를 hop개 샘플로 늘여야 합니다.",
            "The whole sequence of latents comes hop times; every single one has to last hop samples.",
        ),
        Mistake(
            lambda z, hop: z.repeat_interleave(hop, 1),
            "잠재 변수가 계단으로 바뀝니다. 이웃한 둘을 선으로 이으십시오.",
            "The latents change in steps; draw a line from each to the next.",
        ),
        Mistake(
            _lines(lambda p, hop: (p + 0.5) / hop),
            "반 샘플 이릅니다. n번째 잠재 변수는 샘플 n·hop에서 그대로입니다.",
            "Half a sample early: at sample n hop stands the n-th latent itself.",
        ),
        Mistake(
            _lines(lambda p, hop: (p + 1) / hop),
            "한 샘플 이릅니다. n번째 잠재 변수는 샘플 n·hop에서 그대로입니다.",
            "A sample early: at sample n hop stands the n-th latent itself.",
        ),
        Mistake(
            _lines(reverse=True),
            "두 가중치가 바뀌었습니다. 홉의 처음에는 지금 잠재 변수의 가중치가 1입니다.",
            "The two weights are swapped: at a hop's begin the present latent weighs 1.",
        ),
        Mistake(
            _lines(beyond=lambda z: torch.zeros_like(z[:, -1:])),
            "마지막 홉에서 0으로 사라집니다. 다음이 없으므로 마지막 잠재 변수를 유지하십시오.",
            "The last hop fades to 0; as nothing follows, hold the last latent.",
        ),
        Mistake(
            _lines(beyond=lambda z: z[:, :1]),
            "마지막 홉에서 처음으로 돌아갑니다. 마지막 잠재 변수를 유지하십시오.",
            "The last hop returns to the first latent; hold the last one.",
        ),
        Mistake(
            lambda z, hop: F.interpolate(z[None], scale_factor=hop, mode="linear")[0],
            "F.interpolate는 잠재 변수를 홉의 가운데에 둡니다. 여기서는 홉의 처음에 둡니다.",
            "F.interpolate puts a latent in the middle of its hop; here it stands at the begin.",
        ),
        Mistake(
            lambda z, hop: F.interpolate(
                z[None], size=hop * z.shape[1], mode="linear", align_corners=True
            )[0],
            "처음과 끝을 맞추어 늘였으므로 홉마다 조금씩 밀립니다. 한 홉은 꼭 hop개 샘플입니다.",
            "Stretched from the first to the last latent, so that hops are no longer hop samples long.",
        ),
        Mistake(
            lambda z, hop: _lines()(z, hop)[:, : (z.shape[1] - 1) * hop + 1],
            "마지막 홉이 빠졌습니다. 길이는 N·hop입니다.",
            "The last hop is missing; the length is N hop.",
        ),
        Mistake(
            lambda z, hop: F.pad(z[:, :, None], (0, hop - 1)).flatten(1),
            "샘플 사이를 0으로 채웠습니다. 이웃한 둘을 선으로 이으십시오.",
            "Zeros stand between the latents; draw a line from each to the next.",
        ),
    ),
    hint=(
        "n번째 홉의 p번째 샘플은 (1 - p/hop) z[n] + (p/hop) z[n + 1]입니다.",
        "Sample p of hop n is (1 - p/hop) z[n] + (p/hop) z[n + 1].",
    ),
)


def check_upsampled(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 10.2: latents at the sample rate, by lines; the last one is held.

    Args:
        answer: (z, hop), z of shape (D, N) -> (D, N hop).

    Example:
        >>> check_upsampled(lambda z, hop: z.repeat_interleave(hop, 1))
        ✘ The latents change in steps; draw a line from each to the next.
    """
    return UPSAMPLED.check(answer)
