"""Chapter 4's checkers: right answers pass however they are written."""

import torch

from tinyaudio.exercises.dilated_causal_convolution import (
    check_causal,
    check_design,
    check_lookahead,
    check_receptive_field,
    check_training_step,
)
from tinyaudio.layers import CausalConv1d


def taps(x, w, d, shift):
    """Tap by tap; every output `shift` samples too early."""
    T, k = x.shape[2], w.shape[2]
    y = torch.zeros_like(x)
    for t in range(T):
        for i in range(k):
            s = t + shift - (k - 1 - i) * d
            if 0 <= s < T:
                y[..., t] += w[..., i] * x[..., s]
    return y


def cropped(x, w, d):
    """The colleague's, as the chapter prints it."""
    reach = (w.shape[2] - 1) * d
    return torch.conv1d(x, w, dilation=d, padding=reach)[..., reach:]


def span(layer, T):
    """The places whose change moves the output at T // 2."""
    silence = torch.zeros(1, 1, T)
    moved = []
    for s in range(T):
        x = silence.clone()
        x[..., s] = 1
        if layer(x)[0, 0, T // 2] != layer(silence)[0, 0, T // 2]:
            moved.append(s)
    return moved


def layers(reach, k):
    n = 1
    while k**n < reach:
        n += 1
    return n


def cheapest(reach, ties=1):
    return min(
        ((k, layers(reach, k)) for k in range(2, 9)),
        key=lambda one: (one[0] * one[1], ties * one[1]),
    )


def by_hand(w, b, d, x, lr, target=1, weight=1):
    """The derivatives written out, place by place; a dilation below 0 looks ahead, its first tap nearest."""
    T, k = x.shape[2], w.shape[2]
    times = [t for t in range(T) if 0 <= t + target < T]
    taps = [[(k - 1 - i) * d if d > 0 else i * d for i in range(k)] for _ in times]
    rows = [
        [x[0, 0, t - lag].item() if 0 <= t - lag < T else 0.0 for lag in lags]
        for t, lags in zip(times, taps, strict=True)
    ]
    X, goal = torch.tensor(rows), x[0, 0, [t + target for t in times]]
    with torch.no_grad():
        error = X @ w[0, 0] + b - goal
        loss = weight * error.square().mean().item()
        w -= lr * 2 * weight * (error @ X / len(times))
        b -= lr * 2 * weight * error.mean()
    return loss


def by_autograd(w, b, d, x, lr):
    """Without clearing the gradients."""
    loss = (taps(x, w, d, shift=0) + b - x.roll(-1))[..., :-1].square().mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return loss


def test_a_training_step_passes_by_hand():
    assert check_training_step(by_hand)


def test_the_step_that_exercise_4_5_works_out():
    w, b = torch.zeros(1, 1, 1), torch.zeros(1)
    assert by_hand(w, b, 1, torch.tensor([[[1.0, 2.0]]]), 0.1) == 4
    torch.testing.assert_close([w.item(), b.item()], [0.4, 0.4])


def test_receptive_field_passes_however_it_is_written():
    def walked(dilations, k):
        oldest = 0
        for d in dilations:
            oldest -= (k - 1) * d
        return 1 - oldest

    assert check_receptive_field(walked)


def test_causal_passes_however_it_is_written():
    def layer(x, w, d):
        conv = CausalConv1d(1, 1, w.shape[2], d, bias=False)
        conv.weight.data = w
        return conv(x)

    assert check_causal(lambda x, w, d: taps(x, w, d, shift=0))
    assert check_causal(layer)


def test_lookahead_passes_however_it_is_written():
    assert check_lookahead(lambda layer, T: max(0, max(span(layer, T)) - T // 2))


def test_design_passes_as_a_list_or_a_tensor():
    assert check_design(lambda reach: list(cheapest(reach)))
    assert check_design(lambda reach: torch.tensor(cheapest(reach)))


def test_what_the_cheapest_stack_costs():
    """The figures behind the exercise: no k wins always, and ties occur."""
    assert cheapest(1_024) == (4, 5)
    assert cheapest(2_000) == (3, 7)
    assert cheapest(81) == (3, 4)
    assert 2 * layers(1_024, 2) == 4 * layers(1_024, 4) == 20


def test_causal_has_to_keep_the_length_with_a_single_tap_too():
    """Other mistakes raise on the edges, and are not asked there."""

    def cut(x, w, d):
        reach = (w.shape[2] - 1) * d
        return torch.conv1d(x, w, dilation=d, padding=reach)[..., :-reach]

    assert "single tap" in check_causal(cut).message
