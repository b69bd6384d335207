"""Chapter 2's checkers: right answers pass however they are written."""

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


def test_code_length_passes_however_it_is_written():
    assert check_code_length(lambda p: torch.log2(1 / p).sum() / p.numel())
    assert check_code_length(lambda p: -sum(math.log2(x) for x in p) / len(p))


def test_entropy_rate_passes_however_it_is_written():
    def loops(P, pi):
        return sum(
            -pi[i] * P[i, j] * math.log2(P[i, j])
            for i in range(len(P))
            for j in range(len(P))
            if P[i, j] > 0
        )

    assert check_entropy_rate(loops)


def test_shift_passes_however_it_is_written():
    def in_place(codes, silence):
        moved = codes.roll(1, dims=1)
        moved[:, 0] = silence
        return moved

    assert check_shift(in_place)


def test_draw_passes_however_it_is_written():
    def search(logits, temperature, u):
        total = torch.softmax(logits / temperature, 0).cumsum(0)
        return torch.searchsorted(total, torch.tensor(u), side="right").clamp(max=len(total) - 1)

    def loop(logits, temperature, u):
        total = 0.0
        for k, p in enumerate(torch.softmax(logits / temperature, 0).tolist()):
            total += p
            if total > u:
                return k
        return len(logits) - 1

    assert check_draw(search) and check_draw(loop)


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


def test_a_trigram_worse_than_the_bigram_hears_its_bits():
    """A uniform distribution over 64 values costs 6 bits; ordinary messages have no figures."""
    assert "6.00 bits" in check_trigram(lambda y, K: torch.full((K, K, K), 1 / K)).message
    assert "(64, 64)" in check_trigram(lambda y, K: torch.full((K, K), 1 / K)).message


def test_a_draw_that_rounding_leads_astray_is_right_and_told_so():
    """With equal logits and u = 1 - 1e-12 no running sum exceeds u in float32."""

    def first(logits, temperature, u):
        return int((torch.softmax(logits / temperature, 0).cumsum(0) > u).int().argmax())

    def beyond(logits, temperature, u):
        return int((torch.softmax(logits / temperature, 0).cumsum(0) <= u).sum())

    def stopped(logits, temperature, u):
        return min(beyond(logits, temperature, u), len(logits) - 1)

    assert check_draw(first) and "it gives 0; take the last value then" in check_draw(first).message
    assert check_draw(beyond) and "it gives 4" in check_draw(beyond).message
    assert check_draw(stopped).message == "Correct."
