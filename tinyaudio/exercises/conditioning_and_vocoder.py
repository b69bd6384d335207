"""Chapter 6, "Conditioning and the mel vocoder": upsampling of frames; the checkers of the chapter."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.conditioned_gate import check_gate as check_gate
from tinyaudio.exercises.conditioned_layer import check_layer as check_layer
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.source_filter import check_sweep as check_sweep
from tinyaudio.exercises.time_stretching import check_stretch as check_stretch


def _frames(generator: Generator) -> list[Case]:
    return [
        (torch.tensor([[1.0, 2.0, 3.0]]), 2),
        (torch.randn(2, 5, generator=generator), 3),
        (torch.randn(3, 4, generator=generator), 4),
    ]


def _held(frames: Tensor, hop: int) -> Tensor:
    return frames.repeat_interleave(hop, dim=1)


def _lines(frames: Tensor, following: Tensor, hop: int, p: Tensor | None = None) -> Tensor:
    """From each frame towards the one that follows."""
    p = torch.arange(hop) / hop if p is None else p
    return torch.lerp(frames[:, :, None], following[:, :, None], p).flatten(1)


def _next(frames: Tensor) -> Tensor:
    return F.pad(frames, (-1, 1), "replicate")


def _glide(frames: Tensor, hop: int) -> Tensor:
    return _lines(frames, _next(frames), hop)


def _centred(frames: Tensor, hop: int) -> Tensor:
    return F.interpolate(frames[None], scale_factor=hop, mode="linear")[0]


def _corners(frames: Tensor, hop: int) -> Tensor:
    size = frames.shape[1] * hop
    return F.interpolate(frames[None], size=size, mode="linear", align_corners=True)[0]


def _half_step(frames: Tensor, hop: int) -> Tensor:
    return _lines(frames, _next(frames), hop, (torch.arange(hop) + 0.5) / hop)


def _extended(frames: Tensor, hop: int) -> Tensor:
    before = F.pad(frames, (1, -1), "replicate")
    return _lines(frames, torch.cat([frames[:, 1:], 2 * frames[:, -1:] - before[:, -1:]], 1), hop)


TOO_SHORT = (
    "한 프레임만큼 짧습니다. 마지막 프레임 뒤에도 hop개의 샘플이 있어야 합니다.",
    "One frame too few: hop samples belong to the last frame, too.",
)
HOLD = Exercise(
    right=_held,
    cases=_frames,
    edges=[(torch.tensor([[1.0, 2.0]]), 1), (torch.ones(2, 1), 3)],
    mistakes=(
        Mistake(
            lambda frames, hop: frames.repeat(1, hop),
            "전체 열이 되풀이됩니다(abcabc). 프레임 하나하나가 되풀이되어야 합니다(aabbcc).",
            "The whole sequence comes again and again (abcabc); each frame should (aabbcc).",
        ),
        Mistake(
            lambda frames, hop: frames.repeat(hop, 1),
            "채널 축으로 전체가 되풀이됩니다. 시간은 둘째 축이고, 프레임 하나하나를 되풀이합니다.",
            "Everything is repeated along the channels; time is the second axis, and each frame is repeated.",
        ),
        Mistake(
            lambda frames, hop: frames.repeat_interleave(hop, dim=0),
            "채널이 늘었습니다. 시간은 둘째 축입니다.",
            "The channels were repeated; time is the second axis.",
        ),
        Mistake(
            lambda frames, hop: frames.repeat_interleave(hop),
            "축을 주지 않아 한 줄로 펴졌습니다. dim=1이 필요합니다.",
            "Without an axis everything is flattened; dim=1 is needed.",
        ),
        Mistake(lambda frames, hop: _held(frames[:, :-1], hop), *TOO_SHORT),
        Mistake(
            lambda frames, hop: F.pad(frames[:, :, None], (0, hop - 1)).flatten(1),
            "프레임의 첫 샘플에만 값이 있고 나머지는 0입니다. 조건이 깜빡입니다.",
            "Only the first sample of a frame has its value, the others are 0: the condition flickers.",
        ),
        Mistake(
            lambda frames, hop: _held(frames, hop + 1),
            "프레임마다 하나씩 많습니다. hop번입니다.",
            "One too many for each frame: it is hop times.",
        ),
        Mistake(
            lambda frames, hop: _held(frames, hop - 1),
            "프레임마다 하나씩 모자랍니다. hop번입니다.",
            "One too few for each frame: it is hop times.",
        ),
        Mistake(
            lambda frames, hop: frames[:, :, None].expand(-1, -1, hop),
            "축이 하나 더 있습니다. (C, N, hop)을 (C, N * hop)으로 펴십시오.",
            "There is one more axis: flatten (C, N, hop) to (C, N * hop).",
        ),
        Mistake(
            _glide,
            "프레임 사이를 선으로 이었습니다. 여기서는 같은 값이 hop번 되풀이됩니다.",
            "There are lines between frames; here the same value should come hop times.",
        ),
        Mistake(
            lambda frames, hop: _centred(frames, hop),
            "선형 보간입니다. 여기서는 같은 값이 hop번 되풀이됩니다.",
            "That is linear interpolation; here the same value should come hop times.",
        ),
        Mistake(
            lambda frames, hop: F.pad(_held(frames, hop), (1, -1)),
            "한 샘플 늦습니다. 샘플 n * hop에서 이미 프레임 n이어야 합니다.",
            "One sample late: at sample n * hop it should be frame n already.",
        ),
    ),
    hint=("repeat_interleave를 보십시오.", "Have a look at repeat_interleave."),
)


def check_hold(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 6.1: upsampling by repetition, hop samples a frame.

    Args:
        answer: (frames, hop), frames of shape (C, N) -> (C, N hop).

    Example:
        >>> check_hold(lambda frames, hop: frames.repeat(1, hop))
        ✘ The whole sequence comes again and again...
    """
    return HOLD.check(answer)


def _shares(p: Callable[[int], Tensor]) -> Answer:
    """With other shares p of the next frame."""
    return lambda frames, hop: _lines(frames, _next(frames), hop, p(hop))


GLIDE = Exercise(
    right=_glide,
    cases=_frames,
    edges=[(torch.tensor([[0.0, 4.0]]), 4), (torch.ones(2, 1), 3), (torch.tensor([[1.0, 2.0]]), 1)],
    mistakes=(
        Mistake(
            _centred,
            "반 프레임 어긋났습니다. 프레임 n의 값은 구간의 가운데가 아니라 샘플 n * hop에 옵니다.",
            "Off by half a frame: frame n belongs at sample n * hop, not in the middle of its stretch.",
        ),
        Mistake(
            _half_step,
            "반 샘플 어긋났습니다. p는 0, 1/hop, 2/hop, …입니다.",
            "Off by half a sample: p goes 0, 1/hop, 2/hop, ....",
        ),
        Mistake(
            _corners,
            "마지막 프레임을 마지막 샘플까지 잡아 늘였습니다. 그러면 모든 프레임이 제자리에서 벗어납니다.",
            "The last frame was pulled to the last sample, and every frame away from its place.",
        ),
        Mistake(
            lambda frames, hop: _lines(frames, F.pad(frames[:, 1:], (0, 1)), hop),
            "마지막 프레임 뒤가 0으로 내려갑니다. 마지막 값에 머물러야 합니다.",
            "After the last frame it falls to zero: it should stay at the last value.",
        ),
        Mistake(
            lambda frames, hop: _lines(frames, frames.roll(-1, 1), hop),
            "마지막 프레임이 첫 프레임으로 이어집니다. 마지막 값에 머물러야 합니다.",
            "After the last frame it goes on to the first one; it should stay at the last value.",
        ),
        Mistake(
            _extended,
            "마지막 프레임 뒤로 선을 그대로 뻗었습니다. 마지막 값에 머물러야 합니다.",
            "Beyond the last frame the line goes on; it should stay at the last value.",
        ),
        Mistake(lambda frames, hop: _glide(frames, hop)[:, :-hop], *TOO_SHORT),
        Mistake(
            lambda frames, hop: _glide(frames, hop)[:, : (frames.shape[1] - 1) * hop + 1],
            "마지막 프레임의 샘플이 하나뿐입니다. hop개가 있어야 합니다.",
            "The last frame has one sample only; there should be hop.",
        ),
        Mistake(
            lambda frames, hop: _lines(F.pad(frames, (1, -1), "replicate"), frames, hop),
            "한 프레임 늦습니다. 샘플 n * hop에서 이미 프레임 n이어야 합니다.",
            "A frame late: at sample n * hop it should be frame n already.",
        ),
        Mistake(
            _held,
            "계단입니다. 다음 프레임까지 선으로 이으십시오.",
            "These are steps, not lines: go straight from each frame to the next.",
        ),
        Mistake(
            lambda frames, hop: _lines(_next(frames), frames, hop),
            "두 가중치가 바뀌었습니다. 프레임 n의 가중치가 1 - p, 다음 프레임의 가중치가 p입니다.",
            "The two weights are swapped: frame n has 1 - p, the next one p.",
        ),
        Mistake(
            _shares(lambda hop: torch.linspace(0, 1, hop)),
            "p가 1까지 갑니다. 다음 프레임의 값이 두 번 나옵니다. p는 (hop - 1) / hop까지입니다.",
            "p goes up to 1, and every frame's value comes twice; p ends at (hop - 1) / hop.",
        ),
        Mistake(
            _shares(lambda hop: (torch.arange(hop) + 1) / hop),
            "한 샘플 앞섭니다. p는 0에서 시작합니다.",
            "One sample ahead: p begins at 0.",
        ),
        Mistake(
            lambda frames, hop: _glide(frames.T, hop).T,
            "채널을 보간했습니다. 시간은 둘째 축입니다.",
            "You interpolated between channels; time is the second axis.",
        ),
        Mistake(
            lambda frames, hop: _lines(frames, _next(frames), hop).view(len(frames), -1, hop)
            .transpose(1, 2).flatten(1),
            "축의 순서가 바뀐 채 폈습니다. (C, N, hop)의 순서로 펴십시오.",
            "Flattened with axes in the wrong order; flatten (C, N, hop).",
        ),
    ),
    hint=(
        "가중치는 (1 - p)와 p이고, p는 0, 1/hop, 2/hop, …입니다.",
        "The weights are (1 - p) and p, with p at 0, 1/hop, 2/hop, ...",
    ),
)  # fmt: skip


def check_glide(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 6.2: upsampling by linear interpolation, the last frame held.

    Args:
        answer: (frames, hop), frames of shape (C, N) -> (C, N hop).

    Example:
        >>> check_glide(lambda frames, hop: frames.repeat_interleave(hop, dim=1))
        ✘ These are steps, not lines...
    """
    return GLIDE.check(answer)
