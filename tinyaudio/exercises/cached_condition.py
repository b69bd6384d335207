"""Chapter 21, "NU-Wave: up to 48 kHz": a condition that is projected once a clip, not at every step."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Project = Callable[[Tensor], Tensor]
Step = Callable[[Tensor, Tensor], Tensor]
Generate = Callable[[Project, Step, Tensor, Tensor, int], Tensor | None]


def _cases(generator: Generator) -> list[Case]:
    """Noise and conditions of a few clips (N, T), and a number of steps."""
    return [
        (torch.randn(N, T, generator=generator), torch.randn(N, T, generator=generator), n_steps)
        for N, T, n_steps in ((2, 4, 3), (3, 2, 2))
    ]


def _counted(answer: Generate) -> Callable[[Tensor, Tensor, int], Tensor | None]:
    """What an answer makes of the clips, and behind it how often it projected a condition."""

    def of_case(noise: Tensor, low: Tensor, n_steps: int) -> Tensor | None:
        calls = 0

        def project(y: Tensor) -> Tensor:
            nonlocal calls
            calls += 1
            return torch.tanh(3 * y) + 0.1 * y

        def step(x: Tensor, offset: Tensor) -> Tensor:
            return 0.7 * x + 0.5 * torch.sin(2 * x + offset)

        clips = answer(project, step, noise, low, n_steps)
        if clips is None:  # not written yet
            return None
        made = torch.stack([torch.as_tensor(clip) for clip in clips])  # NumPy's, too
        return torch.cat([made.flatten(), torch.tensor([float(calls)])])

    return of_case


def _right(project: Project, step: Step, noise: Tensor, low: Tensor, n_steps: int) -> Tensor:
    clips = []
    for x, y in zip(noise, low, strict=True):
        offset = project(y)
        for _ in range(n_steps):
            x = step(x, offset)
        clips.append(x)
    return torch.stack(clips)


def _stale(project: Project, step: Step, noise: Tensor, low: Tensor, n_steps: int) -> Tensor:
    """The first clip's projection serves all."""
    offset, clips = project(low[0]), []
    for x in noise:
        for _ in range(n_steps):
            x = step(x, offset)
        clips.append(x)
    return torch.stack(clips)


def _recomputed(project: Project, step: Step, noise: Tensor, low: Tensor, n_steps: int) -> Tensor:
    clips = []
    for x, y in zip(noise, low, strict=True):
        for _ in range(n_steps):
            x = step(x, project(y))
        clips.append(x)
    return torch.stack(clips)


def _of_the_noise(project: Project, step: Step, noise: Tensor, low: Tensor, n_steps: int) -> Tensor:
    return _right(project, step, noise, noise, n_steps)


def _unprojected(project: Project, step: Step, noise: Tensor, low: Tensor, n_steps: int) -> Tensor:
    return _right(lambda y: y, step, noise, low, n_steps)


def _one_behind(project: Project, step: Step, noise: Tensor, low: Tensor, n_steps: int) -> Tensor:
    """The cache is renewed after a clip, not before it."""
    offset, clips = project(low[0]), []
    for x, y in zip(noise, low, strict=True):
        for _ in range(n_steps):
            x = step(x, offset)
        clips.append(x)
        offset = project(y)
    return torch.stack(clips)


def _projected_again(
    project: Project, step: Step, noise: Tensor, low: Tensor, n_steps: int
) -> Tensor:
    """The offset itself is projected at each step."""
    clips = []
    for x, y in zip(noise, low, strict=True):
        for _ in range(n_steps):
            y = project(y)
            x = step(x, y)
        clips.append(x)
    return torch.stack(clips)


CACHED = Exercise(
    right=_right,
    cases=_cases,
    run=_counted,
    mistakes=(
        Mistake(
            _stale,
            "첫 클립의 조건이 남아 모든 클립에 쓰였습니다. 클립마다 새로 계산하십시오.",
            "The condition of the first clip is stale and serves all; compute it for each clip.",
        ),
        Mistake(
            _one_behind,
            "조건을 클립을 만든 뒤에 갱신해서 앞 클립의 것을 씁니다. 만들기 전에 계산하십시오.",
            "The cache is renewed after each clip, and the condition is that of the clip before.",
        ),
        Mistake(
            _recomputed,
            "값은 맞지만 매 스텝 project를 불렀습니다. 조건은 스텝마다 같으니 클립마다 한 번만 부르십시오.",
            "The values are right, but project runs at each step; once a clip is enough, since the condition"
            " does not change.",
        ),
        Mistake(
            _of_the_noise,
            "조건 low가 아니라 잡음을 project에 넣었습니다.",
            "It is the noise that is projected, not the condition low.",
        ),
        Mistake(
            _unprojected,
            "조건을 project하지 않고 그대로 썼습니다.",
            "The condition is used as it is, without project.",
        ),
        Mistake(
            _projected_again,
            "project한 값을 스텝마다 다시 project했습니다.",
            "What was projected is projected again at each step.",
        ),
    ),
    hint=(
        "클립마다 offset = project(y)를 한 번 계산하고, 그 안에서 step을 n_steps번 부르십시오.",
        "For each clip compute offset = project(y) once, and within it call step n_steps times.",
    ),
)


def check_cached(answer: Generate) -> CheckResult:
    """Generate a few clips, the condition of each projected once.

    Args:
        answer: (project, step, noise, low, n_steps), two functions, y -> offset and (x, offset) -> x, noise
            and conditions (N, T), a number of steps -> the clips (N, T).

    Example:
        >>> def answer(project, step, noise, low, n_steps):
        ...     for _ in range(n_steps):
        ...         noise = torch.stack([step(x, project(y)) for x, y in zip(noise, low)])
        ...     return noise
        >>> check_cached(answer)
        ✘ The values are right, but project runs at each step; once a clip is enough, ...
    """
    return CACHED.check(answer)
