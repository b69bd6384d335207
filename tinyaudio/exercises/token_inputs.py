"""Chapter 27, "What came after": the tokens that a language model of codes sees when it predicts each one."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _cases(generator: Generator) -> list[Case]:
    """Codes of the stages, the size of a codebook, and the token before the first."""
    return [
        (torch.randint(K, (Q, N), generator=generator), K, Q * K)
        for Q, N, K in ((2, 3, 50), (3, 5, 60))
    ]


def _tokens(codes: Tensor, n_codes: int) -> Tensor:
    return (codes + n_codes * torch.arange(len(codes))[:, None]).T.flatten()


def _late(tokens: Tensor, start: int, by: int = 1) -> Tensor:
    return torch.cat([torch.full((by,), start), tokens])[: len(tokens)]


def _token_inputs(codes: Tensor, n_codes: int, start: int) -> Tensor:
    return _late(_tokens(codes, n_codes), start)


TOKEN_INPUTS = Exercise(
    right=_token_inputs,
    cases=_cases,
    codes=True,
    mistakes=(
        Mistake(
            lambda codes, n_codes, start: _tokens(codes, n_codes),
            "밀지 않았습니다. 신경망이 맞혀야 할 토큰을 그대로 봅니다.",
            "Nothing is shifted: the network sees the very token that it has to predict.",
        ),
        Mistake(
            lambda codes, n_codes, start: torch.cat(
                [_tokens(codes, n_codes)[1:], torch.tensor([start])]
            ),
            "반대로 밀었습니다. 신경망이 다음 토큰, 곧 미래를 봅니다.",
            "Shifted the other way: the network sees the token after the one it predicts, the future.",
        ),
        Mistake(
            lambda codes, n_codes, start: _late(_tokens(codes, n_codes), start, 2),
            "두 칸 밀었습니다. 바로 앞의 토큰을 보지 못합니다.",
            "Shifted by two: the network does not see the token just before.",
        ),
        Mistake(
            lambda codes, n_codes, start: _late(_tokens(codes, n_codes), start, len(codes)),
            "한 프레임을 밀었습니다. 같은 프레임의 앞 단을 보지 못합니다. 한 토큰만 미십시오.",
            "Shifted by a whole frame: the network does not see the earlier stages of the same frame. Shift by "
            "one token.",
        ),
        Mistake(
            lambda codes, n_codes, start: _late(
                (codes + n_codes * torch.arange(len(codes))[:, None]).flatten(), start
            ),
            "첫 단을 끝까지 적은 다음 둘째 단을 적었습니다. 한 프레임의 코드를 모두 적고 다음으로 가십시오.",
            "The whole first stage comes before the second; write all codes of a frame, then the next frame's.",
        ),
        Mistake(
            lambda codes, n_codes, start: _late(codes.T.flatten(), start),
            "단을 구별할 수 없습니다. q번째 단(0부터)의 코드에 q K를 더하십시오.",
            "The stages cannot be told from each other: add q K to the codes of stage q, counted from 0.",
        ),
        Mistake(
            lambda codes, n_codes, start: _late(_tokens(codes, n_codes) + n_codes, start),
            "첫 단에도 K를 더했습니다. 단은 0부터 셉니다.",
            "K is added to the first stage, too; stages count from 0.",
        ),
        Mistake(
            lambda codes, n_codes, start: _late(_tokens(codes, n_codes), 0),
            "시작 토큰 대신 0이 있습니다. 0은 첫 단의 코드이므로 start를 쓰십시오.",
            "A 0 stands in the place of the start token, but 0 is a code of the first stage: take start.",
        ),
    ),
    hint=(
        "먼저 프레임마다 단의 순서로 토큰을 적고, 맨 앞에 start를 붙인 다음 마지막 토큰을 떼십시오.",
        "Write each frame's tokens in the order of the stages; put start before them all, and drop the last.",
    ),
)


def check_token_inputs(answer: Callable[[Tensor, int, int], Tensor]) -> CheckResult:
    """Exercise 27.4: the inputs of a language model of codes.

    Args:
        answer: (codes, n_codes, start), codes of shape (Q, N) -> tokens (Q N,).

    Example:
        >>> check_token_inputs(lambda c, K, s: (c + K * torch.arange(len(c))[:, None]).T.flatten())
        ✘ Nothing is shifted: the network sees the very token that...
    """
    return TOKEN_INPUTS.check(answer)
