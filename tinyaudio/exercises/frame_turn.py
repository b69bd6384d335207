"""Chapter 15, "Phase and instantaneous frequency": how far a sinusoid turns in a hop."""

from collections.abc import Callable

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Exercise, fixed


def _wrap(half_turns: float) -> float:
    return 1 - (1 - half_turns) % 2


TURN = Exercise(
    right=lambda f_hz, hop_length, rate: _wrap(2 * f_hz * hop_length / rate),
    cases=fixed((440, 512, 16_000), (30, 100, 16_000), (480, 256, 16_000), (1_100, 300, 8_000)),
    edges=((500, 16, 16_000), (500, 32, 16_000)),  # half a turn is 1 and not -1; a whole one is 0
    mistakes=(
        Mistake(
            lambda f_hz, hop_length, rate: 2 * f_hz * hop_length / rate,
            "온 바퀴를 빼지 않았습니다. 프레임만 보아서는 몇 바퀴를 돌았는지 알 수 없습니다.",
            "Whole turns are not taken off; frames do not show how many there were.",
        ),
        Mistake(
            lambda f_hz, hop_length, rate: 2 * f_hz * hop_length / rate % 2,
            "0에서 2까지의 값입니다. -1과 1 사이로 되돌리십시오.",
            "That is a value from 0 to 2; bring it to between -1 and 1.",
        ),
        Mistake(
            lambda f_hz, hop_length, rate: _wrap(f_hz * hop_length / rate),
            "바퀴로 세었습니다. 한 바퀴는 반 바퀴 둘이므로 2를 곱하십시오.",
            "You counted turns; a turn is two half turns, so multiply by 2.",
        ),
        Mistake(
            lambda f_hz, hop_length, rate: _wrap(f_hz * hop_length / rate) / 2,
            "바퀴로 세어 되돌린 값의 절반입니다. 반 바퀴로 세고 되돌리십시오.",
            "That is half of the wrapped number of turns; count half turns, then wrap.",
        ),
        Mistake(
            lambda f_hz, hop_length, rate: _wrap(2 * f_hz / rate),
            "홉을 곱하지 않았습니다. 샘플 하나가 아니라 홉 하나 동안 도는 양입니다.",
            "The hop is missing: it is the turn in a hop, not in one sample.",
        ),
        Mistake(
            lambda f_hz, hop_length, rate: 2 * f_hz * hop_length / rate % 1,
            "1로 나눈 나머지입니다. 한 바퀴는 2이므로 2의 배수를 빼야 합니다.",
            "You took the rest of dividing by 1; a turn is 2, so take off multiples of 2.",
        ),
        Mistake(
            lambda f_hz, hop_length, rate: (2 * f_hz * hop_length / rate + 1) % 2 - 1,
            "거의 맞았습니다. 꼭 반 바퀴가 -1이 되었습니다. 범위는 (-1, 1]이므로 1이어야 합니다.",
            "Almost: exactly half a turn became -1. The range is (-1, 1], so it is 1.",
        ),
    ),
    hint=("반 바퀴의 수는 2 f h / r입니다.", "The number of half turns is 2 f h / r."),
)


def check_turn(answer: Callable[[float, int, int], float]) -> CheckResult:
    """Exercise 15.1: half turns a hop.

    Args:
        answer: (f_hz, hop_length, sample_rate) -> half turns in (-1, 1].

    Example:
        >>> check_turn(lambda f_hz, hop_length, sample_rate: 2 * f_hz * hop_length / sample_rate)
        ✘ Whole turns are not taken off; frames do not show how many there were.
    """
    return TURN.check(answer)
