"""Chapter 11, "Translating music": the whole loss of encoder and decoders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Exercise, fixed
from tinyaudio.objectives.confusion import confusion_loss

Map = Callable[[Tensor], Tensor]


@dataclass(eq=False)
class Scaled:
    """A network for the checker: every channel times a number, plus a number."""

    name: str
    factor: float
    offset: float

    def __call__(self, x: Tensor) -> Tensor:
        """The scaled channels."""
        return x * (self.factor + torch.arange(x.shape[-1]) / 4) + self.offset

    def __repr__(self) -> str:
        return self.name


@dataclass(eq=False)
class Detuned:
    """An augmentation for the checker: another change at every call, as if it were drawn."""

    calls: int = field(default=0, repr=False)

    def __call__(self, x: Tensor) -> Tensor:
        """Changed by as much as there were calls."""
        self.calls += 1
        return x + 0.3 * self.calls * x.roll(1, -1)

    def __repr__(self) -> str:
        return "augment"


def _classify(z: Tensor) -> Tensor:
    return 2 * z


def _case(seed: int, domain: Sequence[int], weight: float) -> tuple[Any, ...]:
    # A clip is loudest in its domain's channel, so that it is classified better than by chance.
    x = torch.eye(3)[list(domain)]
    x = x + 0.2 * torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    decoders = [Scaled(f"decoder {j}", 0.5 + 0.5 * j, -0.1 * j) for j in range(3)]
    return (
        x,
        torch.tensor(domain),
        Detuned(),
        Scaled("encode", 0.8, 0.2),
        decoders,
        _classify,
        weight,
    )


def _own(z: Tensor, domain: Tensor, decoders: Sequence[Map]) -> Tensor:
    return torch.stack([decoders[j](one) for one, j in zip(z, domain.tolist(), strict=True)])


def _loss(z: Tensor, target: Tensor, domain: Tensor, decoders: Sequence[Map]) -> Tensor:
    return (_own(z, domain, decoders) - target).abs().mean()


def _right(
    x: Tensor,
    domain: Tensor,
    augment: Map,
    encode: Map,
    decoders: Sequence[Map],
    classify: Map,
    weight: float,
) -> Tensor:
    z = encode(augment(x))
    return _loss(z, x, domain, decoders) + confusion_loss(classify(z), domain, weight)


def _with(latents: Callable[[Tensor, Map, Map], tuple[Tensor, Tensor]]) -> Answer:
    """With other latents and another target, of clips, augmentation and encoder."""

    def answer(x, domain, augment, encode, decoders, classify, weight):  # type: ignore[no-untyped-def]
        z, target = latents(x, augment, encode)
        return _loss(z, target, domain, decoders) + confusion_loss(classify(z), domain, weight)

    return answer


def _decoded(decode: Callable[[Tensor, Tensor, Sequence[Map]], Tensor]) -> Answer:
    """With another way of decoding latents, of their domains and the decoders."""

    def answer(x, domain, augment, encode, decoders, classify, weight):  # type: ignore[no-untyped-def]
        z = encode(augment(x))
        error = (decode(z, domain, decoders) - x).abs().mean()
        return error + confusion_loss(classify(z), domain, weight)

    return answer


def _weighted(sign: int, square: bool = False) -> Answer:
    """With this factor before the confusion, and squares for absolute values."""

    def answer(x, domain, augment, encode, decoders, classify, weight):  # type: ignore[no-untyped-def]
        z = encode(augment(x))
        residual = _own(z, domain, decoders) - x
        error = residual.square().mean() if square else residual.abs().mean()
        return error + sign * confusion_loss(classify(z), domain, weight)

    return answer


def _target_too(x: Tensor, augment: Map, encode: Map) -> tuple[Tensor, Tensor]:
    detuned = augment(x)
    return encode(detuned), detuned


def _clean_confusion(x, domain, augment, encode, decoders, classify, weight):  # type: ignore[no-untyped-def]
    error = _loss(encode(augment(x)), x, domain, decoders)
    return error + confusion_loss(classify(encode(x)), domain, weight)


def _by_row(z: Tensor, domain: Tensor, decoders: Sequence[Map]) -> Tensor:
    return torch.stack([decoders[i % len(decoders)](one) for i, one in enumerate(z)])


TRANSLATION_LOSS = Exercise(
    right=_right,
    cases=fixed(_case(0, (2, 0, 1, 1), 0.5), _case(1, (1, 2, 2, 0, 0), 0.25)),
    mistakes=(
        Mistake(
            _weighted(-1),
            "혼동 항의 부호가 반대입니다. 인코더가 도메인을 더 잘 드러내게 됩니다.",
            "The sign of the confusion is reversed: the encoder would learn to show the domain.",
        ),
        Mistake(
            _weighted(0),
            "혼동 항이 빠졌습니다.",
            "The confusion term is missing.",
        ),
        Mistake(
            _decoded(lambda z, domain, decoders: decoders[0](z)),
            "모든 도메인을 디코더 하나로 복원했습니다. 그러면 어느 악기로 바꿀지 고를 수 없습니다.",
            "One decoder restores all domains: like this there is no choice of instrument left.",
        ),
        Mistake(
            _decoded(_by_row),
            "배치에서의 자리로 디코더를 골랐습니다. domain의 번호로 고르십시오.",
            "The decoder is chosen by the place in the batch; choose it by the number in domain.",
        ),
        Mistake(
            _decoded(lambda z, domain, decoders: torch.stack([one(z) for one in decoders])),
            "디코더마다 모든 도메인을 복원하게 했습니다. 디코더는 자기 도메인만 배워야 합니다.",
            "Every decoder has to restore every domain; each should learn its own domain only.",
        ),
        Mistake(
            _with(lambda x, augment, encode: (augment(encode(x)), x)),
            "인코딩한 뒤에 증강했습니다. 인코더가 음이 어긋난 소리를 입력받아야 합니다.",
            "The augmentation comes after the encoder; the encoder has to get the clip out of tune.",
        ),
        Mistake(
            _with(_target_too),
            "목표도 증강했습니다. 디코더는 음이 맞는 원래 클립으로 돌아가야 합니다.",
            "The target is augmented, too; the decoder has to lead back to the clip in tune.",
        ),
        Mistake(
            _with(lambda x, augment, encode: (encode(augment(x)), augment(x))),
            "목표를 한 번 더 증강했습니다. 목표는 원래 클립입니다.",
            "The target is augmented by another draw; the target is the clip as it is.",
        ),
        Mistake(
            _with(lambda x, augment, encode: (encode(x), augment(x))),
            "거꾸로 되었습니다. 증강한 것이 인코더의 입력이고 원래 클립이 목표입니다.",
            "That is the wrong way round: the augmented clip is the input, and the clip as it is the target.",
        ),
        Mistake(
            _with(lambda x, augment, encode: (encode(x), x)),
            "증강이 빠졌습니다. 인코더에 augment(x)를 주십시오.",
            "Nothing is augmented: give the encoder augment(x).",
        ),
        Mistake(
            _clean_confusion,
            "분류기에 다른 잠재 변수를 주었습니다. 디코더가 받은 바로 그 z를 분류하십시오.",
            "The classifier gets other latents; classify the same z that the decoders get.",
        ),
        Mistake(
            _weighted(1, square=True),
            "제곱의 평균입니다. 절댓값의 평균입니다.",
            "That is the mean of squares; take the mean of absolute values.",
        ),
    ),
    hint=(
        "z = encode(augment(x)) 하나를 디코더와 분류기가 함께 씁니다.",
        "Decoders and classifier share one z = encode(augment(x)).",
    ),
)  # fmt: skip


def check_translation_loss(answer: Callable[..., Tensor]) -> CheckResult:
    """Exercise 11.4: what encoder and decoders learn from.

    Args:
        answer: (x, domain, augment, encode, decoders, classify, weight), clips (B, d), their domains (B,), two
            functions of clips, a list of functions of latents, a function from latents to logits (B, k), and
            a number -> a single number.

    Example:
        >>> check_translation_loss(lambda x, domain, augment, encode, *others: (encode(x) - x).abs().mean())
        ✘ <lambda>(<4 × 3>, [2, 0, 1, 1], augment, encode, [decoder 0, decoder 1, decoder 2], ...
    """
    return TRANSLATION_LOSS.check(answer)
