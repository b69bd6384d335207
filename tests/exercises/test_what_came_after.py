"""Chapter 27's checkers: right answers pass however they are written, the planted ones are named for any seed."""

import pytest
import torch

from tinyaudio.exercises.flow_pair import FLOW_PAIR
from tinyaudio.exercises.residual_codes import RESIDUAL_CODES
from tinyaudio.exercises.residual_quantize import RESIDUAL_QUANTIZE
from tinyaudio.exercises.token_inputs import TOKEN_INPUTS
from tinyaudio.exercises.what_came_after import (
    check_flow_pair,
    check_residual_codes,
    check_residual_quantize,
    check_token_inputs,
)
from tinyaudio.language import set_language
from tinyaudio.models.residual_vq import ResidualVectorQuantizer
from tinyaudio.models.token_pattern import flatten_codes
from tinyaudio.objectives.flow_matching import interpolate, velocity_target


def quantizer(codebooks):
    made = ResidualVectorQuantizer(*codebooks.shape)
    for stage, codebook in zip(made.stages, codebooks, strict=True):
        stage.codebook.copy_(codebook.detach())
    return made


def test_the_package_s_quantizer_is_the_one_that_is_asked_for():
    assert check_residual_codes(lambda z, e: quantizer(e).encode(z.T[None])[0])

    def straight(z, e, codes):
        total = quantizer(e).decode(codes[None])[0].T
        return total + (z - z.detach())

    assert check_residual_quantize(straight)


def test_the_package_s_paths_and_tokens_are_those_that_are_asked_for():
    def pair(noise, clips, t):
        return torch.stack([interpolate(noise, clips, t), velocity_target(noise, clips)])

    def inputs(codes, n_codes, start):
        tokens = flatten_codes(codes[None], n_codes)[0]
        return torch.nn.functional.pad(tokens, (1, -1), value=start)

    assert check_flow_pair(pair)
    assert check_token_inputs(inputs)


@pytest.mark.parametrize(
    ("exercise", "mistake", "said"),
    [
        (RESIDUAL_QUANTIZE, 0, "nothing copies the gradient"),  # without the straight-through copy
        (RESIDUAL_CODES, 2, "one stage late"),  # the residual of the wrong stage
        (FLOW_PAIR, 0, "target is reversed"),
        (TOKEN_INPUTS, 0, "Nothing is shifted"),
        (TOKEN_INPUTS, 2, "Shifted by two"),
    ],
)
def test_the_mistakes_of_the_field_are_named_for_every_seed(exercise, mistake, said):
    set_language("en")
    answer = exercise.mistakes[mistake].answer
    for seed in range(10):
        result = exercise.check(answer, seed)
        assert not result.passed and said in result.message
