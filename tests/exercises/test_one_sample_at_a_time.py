"""Chapter 2's checkers: wrong answers to be caught, and right ones however they are written."""

import math

import pytest
import torch
from torch import nn

from tinyaudio.exercises.one_sample_at_a_time import (
    check_code_length,
    check_draw,
    check_entropy_rate,
    check_fit_layer,
    check_shift,
    check_trigram,
)

# Typical wrong answers, and words of the message they get (see test_every_exercise.py).
WRONG = {
    "check_code_length": [
        (lambda p: -sum(math.log(x) for x in p) / len(p), "natural"),
        (lambda p: -sum(math.log2(x) for x in p), "whole recording"),
        (lambda p: -math.log2(sum(p) / len(p)), "mean first"),
        (lambda p: sum(math.log2(x) for x in p) / len(p), "sign is missing"),
        (lambda p: -sum(x * math.log2(x) for x in p), "formula of an entropy"),
    ],
    "check_entropy_rate": [
        (lambda P, pi: -(pi * pi.log2()).sum(), "past is hidden"),
        (lambda P, pi: -(P * P.log2()).sum() / len(P), "count the same"),
        (lambda P, pi: -(P * P.log2()).sum(), "only added up"),
        (lambda P, pi: -(pi[:, None] * P * P.log()).sum(), "base 2"),
        (lambda P, pi: -(pi[:, None] * P.log2()).sum(), "weighted by P"),
    ],
    "check_shift": [
        (lambda codes, silence: codes.clone(), "the very sample"),
        (lambda codes, silence: torch.cat([codes[:, 1:], codes[:, :1] * 0 + silence], 1), "wrong way"),
        (lambda codes, silence: torch.cat([codes[:, :1] * 0, codes[:, :-1]], 1), "amplitude -1"),
        (lambda codes, silence: torch.cat([codes[:, -1:], codes[:, :-1]], 1), "knows the end"),
        (lambda codes, silence: codes[:, : codes.shape[1] - 1], "too short"),
    ],
    "check_draw": [
        (lambda logits, temperature, u: logits.softmax(0).max(0).indices, "argmax does not draw"),
        (lambda logits, temperature, u: inverse(logits.softmax(0), u), "not used"),
        (lambda logits, temperature, u: inverse((logits * temperature).softmax(0), u), "multiplied"),
        (lambda logits, temperature, u: inverse(logits.softmax(0) / temperature, u), "divided prob"),
        (lambda logits, temperature, u: above((logits / temperature).softmax(0), u), "not added up"),
    ],
    "check_fit_layer": [
        (lambda x, steps, lr: fit(x, steps, lr, shift=(1, 0)), "sees x[t]"),
        (lambda x, steps, lr: fit(x, steps, lr, forget=False), "add up"),
        (lambda x, steps, lr: fit(x, steps, -lr), "climb"),
        (lambda x, steps, lr: fit(x, steps, lr).flip(0), "wrong order"),
        (lambda x, steps, lr: fit(x, 0, lr), "never moved"),
    ],
    "check_trigram": [
        (lambda y, K: normalized(triples(y, K).sum(0) + 1), "(K, K, K)"),
        (lambda y, K: normalized(triples(y, K)), "0 divided by 0"),
        (lambda y, K: (triples(y, K) + 1) / (triples(y, K) + 1).sum(), "last axis"),
        (lambda y, K: normalized(triples(y, K) + (triples(y, K).sum(2) == 0)[..., None]), "smooth"),
        (lambda y, K: normalized(triples(y, K) + 1), "no better than a bigram"),
    ],
}  # fmt: skip


def fit(x, steps, lr, shift=(2, -1), forget=True):
    """Gradient descent by torch, with what goes wrong in it as an option."""
    layer = nn.Conv1d(1, 1, 2, bias=False)
    nn.init.zeros_(layer.weight)
    for _ in range(steps):
        loss = (layer(nn.functional.pad(x, shift)[None])[0] - x).square().mean()
        if forget:
            layer.zero_grad()
        loss.backward()
        with torch.no_grad():
            layer.weight -= lr * layer.weight.grad
    return layer.weight.detach().flatten().flip(0)


def triples(y, K):
    return (y[:-2] * K * K + y[1:-1] * K + y[2:]).bincount(minlength=K**3).view(K, K, K).double()


def normalized(counts):
    return counts / counts.sum(-1, keepdim=True)


def inverse(p, u):
    """The first place whose running sum exceeds u; the first of all if none does."""
    return next((k for k in range(len(p)) if p[: k + 1].sum() > u), 0)


def above(p, u):
    return next((k for k in range(len(p)) if p[k] > u), 0)


def test_code_length_passes_however_it_is_written():
    assert check_code_length(lambda p: torch.log2(1 / p).sum() / p.numel())
    assert check_code_length(lambda p: -math.log2(p.double().prod()) / len(p))


def test_entropy_rate_passes_however_it_is_written():
    def loops(P, pi):
        return sum(
            -pi[i] * P[i, j] * math.log2(P[i, j]) for i in range(len(P)) for j in range(len(P))
        )

    assert check_entropy_rate(loops)


def test_shift_passes_however_it_is_written():
    def in_place(codes, silence):
        moved = codes.roll(1, dims=1)
        moved[:, 0] = silence
        return moved

    assert check_shift(in_place)


@pytest.mark.parametrize("side", ["left", "right"])
def test_draw_passes_however_it_is_written(side):
    def search(logits, temperature, u):
        total = torch.softmax(logits / temperature, 0).cumsum(0)
        return torch.searchsorted(total, torch.tensor(u), side=side)

    assert check_draw(search)


def test_fit_layer_passes_however_it_is_written():
    def by_hand(x, steps, lr):
        a, b = 0.0, 0.0
        one, two = (torch.cat([torch.zeros(d), x[:-d]]) for d in (1, 2))
        for _ in range(steps):
            error = a * one + b * two - x
            a, b = a - 2 * lr * (error * one).mean(), b - 2 * lr * (error * two).mean()
        return torch.tensor([a, b])

    assert check_fit_layer(fit) and check_fit_layer(by_hand)


@pytest.mark.parametrize("weight", [8.0, 32.0, 200.0])
def test_trigram_passes_whatever_beats_the_bigram(weight):
    def backed_off(y, K):
        bigram = normalized(triples(y, K).sum(0) + 1)
        return normalized(triples(y, K) + weight * bigram)

    assert check_trigram(backed_off)
    assert not check_trigram(lambda y, K: backed_off(y, K).transpose(0, 1))
