"""Which samples the logits of a reader's WaveNet depend on.

Implements: `causal`, a test; `seen_samples`, by the gradient.
See:        `tinyaudio.exercises.own.wavenet`, where it is used.
"""

import torch
from torch import nn

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.properties import gradient_of
from tinyaudio.language import tr
from tinyaudio.models.wavenet import WaveNetConfig


def seen_samples(net: nn.Module, n_levels: int, t: int, n_samples: int) -> list[int]:
    """The samples that the logits of sample t depend on, by the gradient of the embedding.

    Every sample has a code of its own, so that a row of the embedding's gradient is a sample's.

    Args:
        net: Has one `torch.nn.Embedding` of so many levels.
        n_levels: Of a sample.
        t: Of the logits.
        n_samples: Of the recording; below the number of levels.
    """
    embedding = next(
        (
            one
            for one in net.modules()
            if isinstance(one, nn.Embedding) and one.num_embeddings == n_levels
        ),
        None,
    )
    if embedding is None:
        return []
    codes = torch.tensor([c for c in range(n_levels) if c != n_levels // 2])[:n_samples]
    logits = net(codes[None], torch.tensor([[1, 4]]))[0, :, t]
    pull = (logits * torch.linspace(-1, 1, len(logits))).sum()
    (gradient,) = gradient_of(pull, [embedding.weight])
    rows = gradient.abs().sum(1)[codes]
    return rows.nonzero().flatten().tolist()


def causal(net: nn.Module, config: WaveNetConfig) -> CheckResult:
    """Whether the logits of sample t depend on all samples of the receptive field before t, and on no other."""
    t, n_samples = 14, 24
    reach = 1 + (config.kernel_size - 1) * sum(config.dilations)
    seen = seen_samples(net, config.n_levels, t, n_samples)
    if not seen:
        return CheckResult(
            False,
            tr(
                "로짓의 기울기가 nn.Embedding(n_levels, ...)에 닿지 않습니다.",
                "No gradient of the logits reaches an nn.Embedding(n_levels, ...).",
            ),
        )
    if later := [s - t for s in seen if s > t]:
        return CheckResult(
            False,
            tr(
                f"인과적이지 않습니다. 샘플 t의 로짓이 t+{max(later)}까지 내다봅니다. 왼쪽에만 패딩하십시오.",
                f"Not causal: the logits of sample t look ahead, up to t+{max(later)}. Pad on the left only.",
            ),
        )
    if t in seen:
        return CheckResult(
            False,
            tr(
                "인과적이지 않습니다. 샘플 t의 로짓이 바로 그 샘플 t를 봅니다. 입력을 한 샘플 미루십시오.",
                "Not causal: the logits of sample t see sample t itself. Shift the input by one sample.",
            ),
        )
    if seen != [*range(t - reach, t)]:
        missing = sorted({*range(t - reach, t)} - {*seen})
        places = ", ".join(
            f"t-{t - s}" for s in missing or sorted({*seen} - {*range(t - reach, t)})
        )
        ko = f"{places} 샘플을 " + ("보지 못합니다." if missing else "더 봅니다.")
        en = f"but miss {places}." if missing else f"but also see {places}."
        return CheckResult(
            False,
            tr(
                f"샘플 t의 로짓은 t-{reach}부터 t-1까지 보아야 하는데, {ko} 딜레이션을 보고, 모든 층의 z가"
                " 출력에 이르는지 보십시오.",
                f"The logits of sample t should see t-{reach} to t-1, {en} Look at the dilations, and whether"
                " the z of every layer reaches the output.",
            ),
        )
    return CheckResult(
        True,
        tr(
            f"인과적입니다. 샘플 t의 로짓은 t-{reach}부터 t-1까지만 봅니다.",
            f"Causal: the logits of sample t see t-{reach} to t-1, and nothing else.",
        ),
    )
