"""Chapter 5, "WaveNet": generation that goes on from a beginning."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def model(codes: Tensor) -> Tensor:
    """A model of four values that looks two samples back: codes (B, T) -> logits (B, 4, T)."""
    table = 2 * torch.randn(4, 4, 4, generator=Generator().manual_seed(1))
    before = F.pad(codes, (2, 0))
    return table[before[:, :-2].long(), before[:, 1:-1].long()].transpose(1, 2)


def even_model(codes: Tensor) -> Tensor:
    """A model to which four values are equally likely."""
    return torch.zeros(len(codes), 4, codes.shape[1])


def _first_above(logits: Tensor, u: float) -> Tensor:
    return (logits.softmax(1).cumsum(1) > u).int().argmax(1, keepdim=True)


def _first_at_least(logits: Tensor, u: float) -> Tensor:
    return (logits.softmax(1).cumsum(1) >= u).int().argmax(1, keepdim=True)


def _next(model: Any, codes: Tensor) -> Tensor:
    logits: Tensor = model(F.pad(codes, (0, 1)))
    return logits[:, :, -1]


def _going_on(
    logits: Callable[[Any, Tensor], Tensor] = _next,
    draw: Callable[[Tensor, float], Tensor] = _first_above,
    append: Callable[[Tensor, Tensor], Tensor] = lambda codes, new: torch.cat([codes, new], dim=1),
) -> Answer:
    def go_on(model: Any, codes: Tensor, us: Sequence[float]) -> Tensor:
        for u in us:
            codes = append(codes, draw(logits(model, codes), u))
        return codes

    return go_on


_continued = _going_on()


def _not_fed_back(model: Any, codes: Tensor, us: Sequence[float]) -> Tensor:
    logits = _next(model, codes)
    return torch.cat([codes, *(_first_above(logits, u) for u in us)], dim=1)


def _beginnings(generator: Generator) -> list[Case]:
    """Numbers u that lie in the middle half of the share of the value that they choose."""
    cases: list[Case] = []
    for beginning in ([1, 3, 2], [0, 2, 2, 1], [3]):
        codes, us = torch.tensor([beginning]), []
        start = codes
        for _ in range(12):
            above = _next(model, codes).softmax(1).cumsum(1)[0].tolist()
            k = int(torch.multinomial(_next(model, codes).softmax(1), 1, generator=generator))
            below, inside = (
                above[k - 1] if k else 0.0,
                0.25 + 0.5 * torch.rand((), generator=generator),
            )
            us.append(below + inside.item() * (above[k] - below))
            codes = torch.cat([codes, torch.tensor([[k]])], dim=1)
        cases.append((model, start, us))
    return cases


GO_ON = Exercise(
    right=_continued,
    cases=_beginnings,
    edges=[(even_model, torch.tensor([[1]]), [0.0, 0.25, 0.5, 0.75, 0.9]), (model, torch.tensor([[1, 2]]), [])],
    codes=True,
    mistakes=(
        Mistake(
            _going_on(draw=lambda logits, u: logits.argmax(1, keepdim=True)),
            "argmax는 뽑기가 아닙니다. 같은 값만 되풀이됩니다. u로 누적 확률에서 고르십시오.",
            "argmax does not draw: sound comes to a stop. Choose by u from the running sum.",
        ),
        Mistake(
            _going_on(logits=lambda model, codes: model(codes)[:, :, -1]),
            "한 칸 늦었습니다. 마지막 열은 이미 있는 샘플의 분포입니다. 빈 자리를 하나 붙여 넣으십시오.",
            "One step behind: the last column is about a sample that is there already. Append a blank"
            " place for the one to come.",
        ),
        Mistake(
            _going_on(logits=lambda model, codes: _next(model, codes[:, -1:])),
            "마지막 샘플만 넣었습니다. 모델은 더 먼 과거도 봅니다.",
            "Only the last sample goes in; the model sees further back than that.",
        ),
        Mistake(
            lambda model, codes, us: _going_on(
                logits=lambda model, seen: _next(model, seen[:, -codes.shape[1] :])
            )(model, codes, us),
            "모델에 마지막 T개만 넣은 것과 같습니다. 모델은 더 먼 과거도 볼 수 있으므로, 지금까지 이은 것을 "
            "모두 넣으십시오.",
            "It is as if the model saw the last T samples only; as it may look further back, put in all there "
            "are.",
        ),
        Mistake(
            _not_fed_back,
            "뽑은 샘플을 다시 입력하지 않았습니다.",
            "What was drawn never goes back in.",
        ),
        Mistake(
            lambda model, codes, us: _continued(model, codes, us)[:, codes.shape[1] :],
            "새 샘플만 돌려주었습니다. 앞에 codes도 있어야 합니다.",
            "You returned the new samples only; codes come first.",
        ),
        Mistake(
            lambda model, codes, us: _continued(model, codes, us[:1]),
            "하나만 뽑았습니다. us마다 하나씩 뽑으십시오.",
            "Only one sample was drawn; draw one for each of us.",
        ),
        Mistake(
            lambda model, codes, us: _continued(model, codes, us[:-1]),
            "하나 모자랍니다. us마다 하나씩 뽑으십시오.",
            "One sample too few: draw one for each of us.",
        ),
        Mistake(
            lambda model, codes, us: _continued(model, codes, us[::-1]),
            "us를 뒤에서부터 썼습니다.",
            "us is used from its end.",
        ),
        Mistake(
            lambda model, codes, us: _continued(model, codes, len(us) * us[:1]),
            "같은 난수를 되풀이하여 썼습니다. us를 차례로 쓰십시오.",
            "The same random number is used again and again; go through us.",
        ),
        Mistake(
            _going_on(append=lambda codes, new: torch.cat([new, codes], dim=1)),
            "새 샘플을 앞에 붙였습니다. 뒤에 붙이십시오.",
            "New samples were put in front; append them.",
        ),
        Mistake(
            _going_on(append=lambda codes, new: torch.cat([codes[:, 1:], new], dim=1)),
            "붙일 때마다 맨 앞 샘플을 버렸습니다. 모두 남기십시오.",
            "With each new sample the first one was dropped; keep them all.",
        ),
        Mistake(
            _going_on(logits=lambda model, codes: model(F.pad(codes, (0, 1)))[:, :, 0]),
            "첫 열을 썼습니다. 다음 샘플의 로짓은 마지막 열입니다.",
            "You took the first column; the next sample's logits are in the last.",
        ),
        Mistake(
            _going_on(logits=lambda model, codes: model(F.pad(codes, (0, 2)))[:, :, -1]),
            "빈 자리를 둘 붙였습니다. 하나만 붙이십시오.",
            "There are two blank places; append one.",
        ),
        Mistake(
            _going_on(draw=lambda logits, u: (logits.softmax(1) > u).int().argmax(1, keepdim=True)),
            "확률을 차례로 더하지 않았습니다. 누적한 확률이 u를 처음 넘는 곳을 찾습니다.",
            "The probabilities are not added up; look where their running sum first exceeds u.",
        ),
        Mistake(
            _going_on(draw=lambda logits, u: (logits.cumsum(1) > u).int().argmax(1, keepdim=True)),
            "로짓을 더했습니다. 먼저 소프트맥스를 취합니다.",
            "You added up logits: take the softmax first.",
        ),
        Mistake(
            _going_on(draw=lambda logits, u: (_first_above(logits, u) + 1).clamp(max=3)),
            "한 칸 뒤의 값입니다. 누적한 확률이 u를 처음 넘는 값을 고르십시오.",
            "One value too far; choose the first at which the running sum exceeds u.",
        ),
        Mistake(
            _going_on(draw=lambda logits, u: (_first_above(logits, u) - 1).clamp(min=0)),
            "한 칸 앞의 값입니다. 누적한 확률이 u를 처음 넘는 값을 고르십시오.",
            "One value too early; choose the first at which the running sum exceeds u.",
        ),
        Mistake(
            _going_on(draw=_first_at_least),
            "누적한 확률이 u와 같을 때도 골랐습니다. u를 넘어야 합니다.",
            "A running sum equal to u counts as well here; it has to exceed u.",
        ),
    ),
    hint=(
        "codes 뒤에 아무 값이나 하나 붙여 model에 넣으면 마지막 열이 다음 샘플의 로짓입니다.",
        "Append any one value to codes: the model's last column is then about the next sample.",
    ),
)  # fmt: skip


def check_go_on(answer: Callable[[Any, Tensor, Sequence[float]], Tensor]) -> CheckResult:
    """Exercise 5.2: continue a prompt, one sample at a time.

    Args:
        answer: (model, codes, us): a model codes (1, T) -> logits (1, K, T) whose column t sees codes
            before t only; a beginning (1, T); a random number for each new sample -> (1, T + n).

    Example:
        >>> check_go_on(lambda model, codes, us: codes)
        ✘ The shape of <lambda>(model, <1 × 3>, <12>) should be (1, 15), not (1, 3).
    """
    return GO_ON.check(answer)
