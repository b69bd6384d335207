"""Chapter 5, "WaveNet": gated activation, generation, registered layers, number of parameters."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.exercises.gated_layer import check_layer as check_layer
from tinyaudio.language import tr
from tinyaudio.models.gated import GatedLayer


def _mistakes(*wrong: tuple[Callable[..., Any], str, str]) -> list[Mistake]:
    return [Mistake(answer, tr(korean, english)) for answer, korean, english in wrong]


def check_gated(answer: Callable[[Tensor, int, Tensor, Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 5.1: the gated activation of one channel.

    Args:
        answer: (x, d, w_f, w_g, offsets): a signal (T,), a dilation, two taps for each gate (the past
            one first) and what the condition adds to each -> z (T,).

    Example:
        >>> check_gated(lambda x, d, w_f, w_g, offsets: x)
        ✘ <lambda>(<9>, 1, <2>, <2>, <2>) should be <9>...
    """

    def conv(x: Tensor, d: int, w: Tensor) -> Tensor:
        return w[0] * F.pad(x, (d, 0))[: len(x)] + w[1] * x

    def gated(x: Tensor, d: int, w_f: Tensor, w_g: Tensor, offsets: Tensor) -> Tensor:
        f, g = conv(x, d, w_f) + offsets[0], conv(x, d, w_g) + offsets[1]
        return torch.tanh(f) * torch.sigmoid(g)

    mistakes = _mistakes(
        (
            lambda x, d, w_f, w_g, offsets: (
                torch.sigmoid(conv(x, d, w_f) + offsets[0])
                * torch.tanh(conv(x, d, w_g) + offsets[1])
            ),
            "tanh와 시그모이드가 바뀌었습니다. 말하는 쪽(f)이 tanh, 여닫는 쪽(g)이 시그모이드입니다.",
            "Sigmoid and tanh have changed places: what is said (f) goes through the tanh, the gate (g)"
            " through the sigmoid.",
        ),
        (
            lambda x, d, w_f, w_g, offsets: gated(x, d, w_f, w_f, offsets),
            "합성곱 하나를 둘이 나누어 씁니다. 게이트가 따로 배우려면 제 가중치 w_g가 있어야 합니다.",
            "Both share one convolution. A gate that is to learn for itself needs its own w_g.",
        ),
        (
            lambda x, d, w_f, w_g, offsets: (
                torch.tanh(conv(x, d, w_f) + offsets[0])
                + torch.sigmoid(conv(x, d, w_g) + offsets[1])
            ),
            "더했습니다. 여닫으려면 곱해야 합니다.",
            "You added them; to let through or hold back, the gate has to multiply.",
        ),
        (
            lambda x, d, w_f, w_g, offsets: gated(
                x, d, w_f, w_g, offsets * torch.tensor([1.0, 0.0])
            ),
            "조건이 tanh에만 들어갔습니다. 게이트에도 더합니다.",
            "The condition reaches the tanh only; it is added inside the gate, too.",
        ),
        (
            lambda x, d, w_f, w_g, offsets: gated(x, d, w_f.flip(0), w_g.flip(0), offsets),
            "두 탭이 바뀌었습니다. 첫째가 과거 x[t - d], 둘째가 현재입니다.",
            "The taps have changed places: the first is the past, x[t - d], the second the present.",
        ),
        (
            lambda x, *rest: gated(x.flip(0), *rest).flip(0),
            "미래 x[t + d]를 봅니다.",
            "This looks ahead, at x[t + d].",
        ),
    )
    g = torch.Generator().manual_seed(0)
    cases = [
        (torch.randn(9, generator=g), d, *(torch.randn(2, generator=g) for _ in range(3)))
        for d in (1, 2, 4)
    ]
    hint = tr("F.pad로 x를 늦춘 뒤 식을 옮기십시오.", "Delay x with F.pad, then write the formula.")
    return check_answer(answer, gated, cases, mistakes, hint)


def _toy(codes: Tensor) -> Tensor:
    """A model of four values that looks two samples back: codes (B, T) -> logits (B, 4, T)."""
    table = 2 * torch.randn(4, 4, 4, generator=torch.Generator().manual_seed(1))
    before = F.pad(codes, (2, 0))
    return table[before[:, :-2], before[:, 1:-1]].transpose(1, 2)


def check_go_on(answer: Callable[[Any, Tensor, Sequence[float]], Tensor]) -> CheckResult:
    """Exercise 5.2: continue a prompt, one sample at a time.

    Args:
        answer: (model, codes, us): a model codes (1, T) -> logits (1, K, T) whose column t sees codes
            before t only; a beginning (1, T); a random number for each new sample -> (1, T + n).

    Example:
        >>> check_go_on(lambda model, codes, us: codes)
        ✘ <lambda>(...
    """

    def draw(logits: Tensor, u: float) -> Tensor:
        return (logits.softmax(1).cumsum(1) > u).int().argmax(1, keepdim=True)

    def next_logits(model: Any, codes: Tensor) -> Tensor:
        logits: Tensor = model(F.pad(codes, (0, 1)))
        return logits[:, :, -1]

    def right(model: Any, codes: Tensor, us: Sequence[float]) -> Tensor:
        for u in us:
            codes = torch.cat([codes, draw(next_logits(model, codes), u)], dim=1)
        return codes

    def likeliest(model: Any, codes: Tensor, us: Sequence[float]) -> Tensor:
        for _ in us:
            codes = torch.cat([codes, next_logits(model, codes).argmax(1, keepdim=True)], dim=1)
        return codes

    def one_step_behind(model: Any, codes: Tensor, us: Sequence[float]) -> Tensor:
        for u in us:
            codes = torch.cat([codes, draw(model(codes)[:, :, -1], u)], dim=1)
        return codes

    def context_of_one(model: Any, codes: Tensor, us: Sequence[float]) -> Tensor:
        for u in us:
            codes = torch.cat([codes, draw(next_logits(model, codes[:, -1:]), u)], dim=1)
        return codes

    def not_fed_back(model: Any, codes: Tensor, us: Sequence[float]) -> Tensor:
        logits = next_logits(model, codes)
        return torch.cat([codes, *(draw(logits, u) for u in us)], dim=1)

    mistakes = _mistakes(
        (
            likeliest,
            "argmax는 뽑기가 아닙니다. 소리가 멈추어 섭니다. u로 누적 확률에서 고르십시오.",
            "argmax does not draw: sound comes to a stop. Choose by u from the running sum.",
        ),
        (
            one_step_behind,
            "한 칸 늦었습니다. 마지막 열은 이미 있는 샘플의 분포입니다. 빈 자리를 하나 붙여 넣으십시오.",
            "One step behind: the last column is about a sample that is there already. Append a blank"
            " place for the one to come.",
        ),
        (
            context_of_one,
            "마지막 샘플만 넣었습니다. 모델은 더 먼 과거도 봅니다.",
            "Only the last sample goes in; the model sees further back than that.",
        ),
        (
            not_fed_back,
            "뽑은 샘플이 다시 들어가지 않았습니다.",
            "What was drawn never goes back in.",
        ),
    )
    g = torch.Generator().manual_seed(0)
    cases = [
        (_toy, torch.tensor([[1, 3, 2]]), torch.rand(12, generator=g).tolist()),
        (_toy, torch.tensor([[0, 2, 2, 1]]), torch.rand(12, generator=g).tolist()),
    ]
    hint = tr(
        "codes 뒤에 아무 값이나 하나 붙여 model에 넣으면 마지막 열이 다음 샘플의 로짓입니다.",
        "Append any one value to codes: the model's last column is then about the next sample.",
    )
    return check_answer(answer, right, cases, mistakes, hint)


def check_stack(answer: Callable[[int, int], nn.Module]) -> CheckResult:
    """Exercise 5.3: a stack of layers, all of them registered.

    Args:
        answer: (n_layers, channels) -> a module that holds so many layers, each a `GatedLayer`,
            of dilations 1, 2, 4 and so on.

    Example:
        >>> check_stack(lambda n, C: nn.ModuleList(GatedLayer(C, C, 2, 2**i) for i in range(n)))
        ✔ Correct.
    """

    def summarized(build: Callable[[int, int], Any]) -> Callable[[int, int], Any]:
        @functools.wraps(build)
        def summary(n_layers: int, channels: int) -> Any:
            module = build(n_layers, channels)
            if not isinstance(module, nn.Module):
                return module
            layers = [layer for layer in module.modules() if isinstance(layer, GatedLayer)]
            n_parameters = sum(p.numel() for p in module.parameters())
            return torch.tensor([n_parameters, sum(layer.delays[0] for layer in layers)])

        return summary

    def stack_of(dilation: Callable[[int], int]) -> Callable[[int, int], nn.Module]:
        return lambda n, C: nn.ModuleList(GatedLayer(C, C, 2, dilation(i)) for i in range(n))

    mistakes = _mistakes(
        (
            summarized(lambda n, C: nn.Module()),
            "층이 하나도 등록되지 않았습니다. 파이썬 리스트 속의 층은 PyTorch가 모릅니다."
            " nn.ModuleList에 담으십시오.",
            "No layer is registered: PyTorch does not look into a Python list. Use nn.ModuleList.",
        ),
        (
            summarized(lambda n, C: nn.ModuleList([GatedLayer(C, C, 2, 1)] * n)),
            "같은 층을 n번 넣었습니다. 가중치가 한 벌뿐입니다.",
            "This is one layer n times over: there is only one set of weights.",
        ),
        (summarized(stack_of(lambda i: 1)), "모든 층의 간격이 1입니다.", "All dilations are 1."),
        (
            summarized(stack_of(lambda i: i + 1)),
            "간격이 1, 2, 3, …으로 늘어납니다. 층마다 두 배가 되어야 합니다.",
            "The dilations go 1, 2, 3, ...; they should double from layer to layer.",
        ),
    )
    hint = tr(
        "nn.Module을 물려받아 __init__에서 GatedLayer를 만들어 담으십시오.",
        "Derive from nn.Module and make the GatedLayers in __init__.",
    )
    right, cases = summarized(stack_of(lambda i: 2**i)), [(3, 4), (6, 8)]
    return check_answer(summarized(answer), right, cases, mistakes, hint, 1e-9)


def check_count(answer: Callable[[int, int, int, int, int], int]) -> CheckResult:
    """Exercise 5.4: the number of parameters of a WaveNet.

    Args:
        answer: (K, R, G, S, L): levels, channels of the stream, of z, of the skips, and layers of two
            taps, without a condition -> the number of parameters of `tinyaudio.models.wavenet.WaveNet`.

    Example:
        >>> check_count(lambda K, R, G, S, L: K * R)
        ✘ <lambda>(4, 2, 3, 5, 1) should be 112, not 8.
    """

    def total(K: int, R: int, G: int, S: int, L: int, **change: int) -> int:
        gates, bias = change.get("gates", 2), change.get("bias", 1)
        layers = L * (2 * R + bias) * gates * G + change.get("residuals", L - 1) * (G + bias) * R
        head = (L * G + bias) * S + (S + bias) * S + (S + bias) * K
        return change.get("embed", 1) * K * R + layers + head

    mistakes = _mistakes(
        (lambda *sizes: total(*sizes, bias=0), "편향이 빠졌습니다.", "The biases are not counted."),
        (
            lambda *sizes: total(*sizes, residuals=sizes[-1]),
            "마지막 층에는 다음 층으로 가는 1×1이 없습니다.",
            "The last layer has no 1x1 towards a next one.",
        ),
        (
            lambda *sizes: total(*sizes, gates=1),
            "층마다 합성곱은 두 벌입니다. tanh에 하나, 시그모이드에 하나.",
            "Every layer has two convolutions: one for the tanh, one for the sigmoid.",
        ),
        (
            lambda *sizes: total(*sizes, embed=0),
            "입력의 임베딩이 빠졌습니다.",
            "The embedding of the input is missing.",
        ),
    )
    cases = [(4, 2, 3, 5, 1), (8, 4, 6, 16, 3), (256, 32, 32, 64, 20), (256, 64, 64, 256, 30)]
    hint = tr(
        "그림의 상자를 하나씩 세십시오. a → b인 상자의 가중치는 a·b개, 편향은 b개입니다.",
        "Go through the boxes of the figure: one from a to b has a b weights and b biases.",
    )
    return check_answer(answer, total, cases, mistakes, hint, 1e-9)
