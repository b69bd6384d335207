"""Chapter 6, "Conditioning and the mel vocoder": upsampling, gates, time stretching, a sweep."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.exercises.conditioned_layer import check_layer as check_layer
from tinyaudio.exercises.source_filter import check_sweep as check_sweep
from tinyaudio.language import tr


def _too_short() -> str:
    return tr(
        "한 프레임만큼 짧습니다. 마지막 프레임 뒤에도 hop개의 샘플이 있어야 합니다.",
        "One frame too few: hop samples belong to the last frame, too.",
    )


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def check_hold(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 6.1: upsampling by repetition, hop samples a frame.

    Args:
        answer: (frames, hop), frames of shape (C, N) -> (C, N hop).

    Example:
        >>> check_hold(lambda frames, hop: frames.repeat(1, hop))
        ✘ The whole sequence comes again and again...
    """

    def right(frames: Tensor, hop: int) -> Tensor:
        return frames.repeat_interleave(hop, dim=1)

    mistakes = (
        Mistake(
            lambda frames, hop: frames.repeat(1, hop),
            tr(
                "줄 전체가 되풀이됩니다(abcabc). 프레임 하나하나가 되풀이되어야 합니다(aabbcc).",
                "The whole sequence comes again and again (abcabc); each frame should (aabbcc).",
            ),
        ),
        Mistake(
            lambda frames, hop: frames.repeat_interleave(hop, dim=0),
            tr(
                "채널이 늘었습니다. 시간은 둘째 축입니다.",
                "The channels were repeated; time is the second axis.",
            ),
        ),
        Mistake(
            lambda frames, hop: frames.repeat_interleave(hop),
            tr(
                "축을 주지 않아 한 줄로 펴졌습니다. dim=1이 필요합니다.",
                "Without an axis everything is flattened; dim=1 is needed.",
            ),
        ),
        Mistake(lambda frames, hop: right(frames[:, :-1], hop), _too_short()),
        Mistake(
            lambda frames, hop: F.pad(frames[:, :, None], (0, hop - 1)).flatten(1),
            tr(
                "프레임의 첫 샘플에만 값이 있고 나머지는 0입니다. 조건이 깜빡입니다.",
                "Only the first sample of a frame has its value, the others are 0: the condition flickers.",
            ),
        ),
    )
    cases = [(torch.tensor([[1.0, 2.0, 3.0]]), 2), (_random(2, 4), 3)]
    hint = tr("repeat_interleave를 보십시오.", "Have a look at repeat_interleave.")
    return check_answer(answer, right, cases, mistakes, hint)


def check_glide(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 6.2: upsampling by linear interpolation, the last frame held.

    Args:
        answer: (frames, hop), frames of shape (C, N) -> (C, N hop).

    Example:
        >>> check_glide(lambda frames, hop: frames.repeat_interleave(hop, dim=1))
        ✘ These are steps, not lines...
    """

    def interpolate(frames: Tensor, following: Tensor, hop: int) -> Tensor:
        p = torch.arange(hop) / hop
        return torch.lerp(frames[:, :, None], following[:, :, None], p).flatten(1)

    def right(frames: Tensor, hop: int) -> Tensor:
        return interpolate(frames, F.pad(frames, (-1, 1), "replicate"), hop)

    def half_frame_off(frames: Tensor, hop: int) -> Tensor:
        return F.interpolate(frames[None], scale_factor=hop, mode="linear")[0]

    def corners_aligned(frames: Tensor, hop: int) -> Tensor:
        size = frames.shape[1] * hop
        return F.interpolate(frames[None], size=size, mode="linear", align_corners=True)[0]

    mistakes = (
        Mistake(
            half_frame_off,
            tr(
                "반 프레임 어긋났습니다. 프레임 n의 값은 도막의 가운데가 아니라 샘플 n * hop에 옵니다.",
                "Off by half a frame: frame n belongs at sample n * hop, not in the middle of its stretch.",
            ),
        ),
        Mistake(
            corners_aligned,
            tr(
                "마지막 프레임을 마지막 샘플까지 잡아 늘였습니다. 그러면 모든 프레임이 제자리에서 벗어납니다.",
                "The last frame was pulled to the last sample, and every frame away from its place.",
            ),
        ),
        Mistake(
            lambda frames, hop: interpolate(frames, F.pad(frames[:, 1:], (0, 1)), hop),
            tr(
                "마지막 프레임 뒤가 0으로 내려갑니다. 가장자리에서 조건이 흐려집니다.",
                "After the last frame it falls to zero: at the edge the condition fades.",
            ),
        ),
        Mistake(lambda frames, hop: right(frames, hop)[:, :-hop], _too_short()),
        Mistake(
            lambda frames, hop: interpolate(F.pad(frames, (1, -1), "replicate"), frames, hop),
            tr(
                "한 프레임 늦습니다. 샘플 n * hop에서 이미 프레임 n이어야 합니다.",
                "A frame late: at sample n * hop it should be frame n already.",
            ),
        ),
        Mistake(
            lambda frames, hop: frames.repeat_interleave(hop, dim=1),
            tr(
                "계단입니다. 다음 프레임까지 선으로 이으십시오.",
                "These are steps, not lines: go straight from each frame to the next.",
            ),
        ),
    )
    cases = [(torch.tensor([[0.0, 4.0, -4.0]]), 4), (_random(2, 5), 3)]
    hint = tr(
        "무게는 (1 - p)와 p이고, p는 0, 1/hop, 2/hop, ...입니다.",
        "The weights are (1 - p) and p, with p at 0, 1/hop, 2/hop, ...",
    )
    return check_answer(answer, right, cases, mistakes, hint)


def check_gate(answer: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 6.3: a gated activation with a local condition.

    Args:
        answer: (a, b, y, V_f, V_g), of shapes (G,), (G,), (C,), (G, C), (G, C) -> z, (G,).

    Example:
        >>> check_gate(lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b) + V_f @ y)
        ✘ The condition is added to what comes out...
    """

    def right(a: Tensor, b: Tensor, y: Tensor, V_f: Tensor, V_g: Tensor) -> Tensor:
        return torch.tanh(a + V_f @ y) * torch.sigmoid(b + V_g @ y)

    mistakes = (
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b) + V_f @ y,
            tr(
                "게이트를 나온 것에 조건을 더했습니다. 그러면 여닫지 못합니다. tanh와 σ의 안에 더합니다.",
                "The condition is added to what comes out of the gate, and can open or close nothing; "
                "add it inside tanh and sigmoid.",
            ),
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: right(a, b, y, V_f, V_f),
            tr(
                "두 곳에 같은 V_f를 썼습니다. 무엇을 말할지와 얼마나 열지는 따로 배웁니다.",
                "Both halves use V_f; what to say and how far to open are learned apart.",
            ),
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) * torch.sigmoid(b),
            tr(
                "σ에는 조건이 들어가지 않았습니다. 그러면 채널을 닫을 수 없습니다.",
                "The sigmoid is not conditioned, so that the condition cannot close a channel.",
            ),
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b + V_g @ y),
            tr(
                "tanh에는 조건이 들어가지 않았습니다. 여닫을 뿐 다른 말을 하지는 못합니다.",
                "The tanh is not conditioned: the condition opens and closes, but does not change what passes.",
            ),
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.sigmoid(a + V_f @ y) * torch.tanh(b + V_g @ y),
            tr(
                "tanh와 σ가 바뀌었습니다. W_f와 V_f가 tanh의 것입니다.",
                "Tanh and sigmoid changed places; W_f and V_f belong to the tanh.",
            ),
        ),
    )
    G, C = 4, 3
    cases = [
        (torch.zeros(G), torch.zeros(G), torch.ones(C), torch.ones(G, C), -torch.ones(G, C)),
        (*_random(3, G)[:2], _random(C), _random(G, C), _random(C, G).T),
    ]
    hint = tr("더한 다음 눌러 넣습니다.", "First add, then squash.")
    return check_answer(answer, right, cases, mistakes, hint)


def check_stretch(answer: Callable[[Tensor, float], Tensor]) -> CheckResult:
    """Exercise 6.4: a mel spectrogram, stretched in time.

    Args:
        answer: (mels, factor), mels of shape (M, N) -> (M, round(N factor)).

    Example:
        >>> check_stretch(lambda mels, factor: mels)
        ✘ <lambda>(<1 × 3>, 2) should be <1 × 6>, not <1 × 3>.
    """

    def interpolate(mels: Tensor, position: Tensor) -> Tensor:
        last = mels.shape[1] - 1
        below = position.floor().long().clamp(max=last)
        above = (below + 1).clamp(max=last)
        return torch.lerp(mels[:, below], mels[:, above], (position - below).clamp(max=1))

    def positions(N: int, factor: float) -> Tensor:
        return (torch.arange(round(N * factor)) / factor).clamp(max=N - 1)

    def right(mels: Tensor, factor: float) -> Tensor:
        return interpolate(mels, positions(mels.shape[1], factor))

    def zero_beyond_the_end(mels: Tensor, factor: float) -> Tensor:
        N = mels.shape[1]
        return interpolate(F.pad(mels, (0, 1)), torch.arange(round(N * factor)) / factor)

    mistakes = (
        Mistake(
            lambda mels, factor: right(mels.T, factor).T,
            tr(
                "시간이 아니라 멜 칸을 늘였습니다. 소리가 느려지지 않고 색이 바뀝니다.",
                "You stretched the bands, not the time: it would not be slower but of another colour.",
            ),
        ),
        Mistake(
            lambda mels, factor: right(mels, 1 / factor),
            tr(
                "거꾸로입니다. factor가 2이면 프레임이 두 배가 되어야 합니다.",
                "The wrong way round: with a factor of 2 there should be twice as many frames.",
            ),
        ),
        Mistake(
            lambda mels, factor: mels[:, positions(mels.shape[1], factor).floor().long()],
            tr(
                "앞 프레임을 그대로 되풀이했습니다. 두 프레임 사이는 선으로 잇습니다.",
                "Frames are repeated as they are; between two of them draw a line.",
            ),
        ),
        Mistake(
            zero_beyond_the_end,
            tr(
                "마지막 프레임 뒤가 0으로 내려갑니다. 마지막 프레임에 머무르십시오.",
                "Beyond the last frame it falls to zero; stay at the last one.",
            ),
        ),
    )
    cases = [(torch.tensor([[0.0, 2.0, 4.0]]), 2.0), (_random(4, 6), 1.5)]
    hint = tr(
        "새 프레임 m은 원래의 m / factor 자리에 있습니다.",
        "New frame m stands where m / factor was.",
    )
    return check_answer(answer, right, cases, mistakes, hint)
