"""Blind answers to the exercises of chapter 4, Dilated causal convolution.

Written from the exercises' text alone, before the checkers were changed; never edit them to suit
a checker.
"""

import math

import numpy as np
import torch
from torch.nn import functional as F

# 4.1 Receptive field


def field_by_loop(dilations, k):
    reach = 1
    for d in dilations:
        reach += (k - 1) * d
    return reach


def field_by_farthest_place(dilations, k):
    oldest = 0
    for d in reversed(dilations):
        oldest = min(oldest - tap * d for tap in range(k))
    return 1 - oldest


# 4.2 Removing a look-ahead


def reach_of(w, d):
    return (w.shape[2] - 1) * d


def causal_right(x, w, d):
    return F.conv1d(F.pad(x, (reach_of(w, d), 0)), w, dilation=d)


def causal_keeps_the_beginning(x, w, d):
    y = torch.conv1d(x, w, dilation=d, padding=reach_of(w, d))
    return y[..., : x.shape[2]]


def causal_tap_by_tap(x, w, d):
    k, T = w.shape[2], x.shape[2]
    y = torch.zeros_like(x)
    for i in range(k):
        lag = (k - 1 - i) * d
        if lag < T:
            y[..., lag:] += w[0, 0, i] * x[..., : T - lag]
    return y


def causal_by_loop(x, w, d):
    k, T = w.shape[2], x.shape[2]
    y = np.zeros((1, 1, T), dtype=np.float32)
    for t in range(T):
        for i in range(k):
            s = t - (k - 1 - i) * d
            if s >= 0:
                y[0, 0, t] += float(w[0, 0, i]) * float(x[0, 0, s])
    return torch.from_numpy(y)


def colleague(x, w, d):
    reach = reach_of(w, d)
    return torch.conv1d(x, w, dilation=d, padding=reach)[..., reach:]


def causal_with(x, w, d, left=0, right=0, mode="constant", dilation=None):
    return F.conv1d(F.pad(x, (left, right), mode=mode), w, dilation=dilation or d)


def causal_centred(x, w, d):
    reach = reach_of(w, d)
    y = torch.conv1d(x, w, dilation=d, padding=reach)
    return y[..., reach // 2 : reach // 2 + x.shape[2]]


def causal_circular(x, w, d):
    taps = w.shape[2]
    return sum(w[0, 0, i] * x.roll((taps - 1 - i) * d, dims=2) for i in range(taps))


def causal_zeroes_the_beginning(x, w, d):
    y = causal_right(x, w, d)
    y[..., : reach_of(w, d)] = 0
    return y


# 4.3 Measuring a look-ahead


def touched(layer, T, x=None, at=None):
    """Which inputs the output at `at` touches, by the gradient."""
    x = (torch.randn(1, 1, T) if x is None else x).requires_grad_()
    y = layer(x)[0, 0, T // 2 if at is None else at]
    if not y.requires_grad:
        return torch.zeros(T)
    (slope,) = torch.autograd.grad(y, x, allow_unused=True)
    return torch.zeros(T) if slope is None else slope[0, 0]


def farthest(seen, middle):
    places = seen.nonzero().flatten().tolist()
    return max([place - middle for place in places if place > middle], default=0)


def lookahead_right(layer, T):
    return farthest(touched(layer, T) != 0, T // 2)


def lookahead_by_trying(layer, T):
    x = torch.randn(1, 1, T)
    ahead = 0
    with torch.no_grad():
        before = layer(x)[0, 0, T // 2].item()
        for s in range(T // 2 + 1, T):
            changed = x.clone()
            changed[0, 0, s] += 1.0
            if layer(changed)[0, 0, T // 2].item() != before:
                ahead = s - T // 2
    return ahead


def lookahead_by_jacobian(layer, T):
    x = torch.randn(1, 1, T)
    row = torch.autograd.functional.jacobian(lambda v: layer(v)[0, 0, T // 2], x)[0, 0]
    after = np.flatnonzero(row.numpy()[T // 2 + 1 :])
    return int(after[-1]) + 1 if len(after) else 0


def lookahead_negative(layer, T):
    places = touched(layer, T).nonzero()
    return int(places.max()) - T // 2 if len(places) else 0


def lookahead_nearest(layer, T):
    ahead = touched(layer, T)[T // 2 + 1 :].nonzero()
    return int(ahead.min()) + 1 if len(ahead) else 0


def lookahead_either_side(layer, T):
    places = touched(layer, T).nonzero().flatten() - T // 2
    return int(places.abs().max()) if len(places) else 0


def lookback(layer, T):
    places = T // 2 - touched(layer, T).nonzero().flatten()
    return max(int(places.max()), 0) if len(places) else 0


def lookahead_extent(layer, T):
    places = touched(layer, T).nonzero().flatten()
    return int(places.max() - places.min()) if len(places) else 0


def lookahead_of_all_outputs(layer, T):
    x = torch.randn(1, 1, T, requires_grad=True)
    y = layer(x).sum()
    if not y.requires_grad:
        return 0
    return farthest(torch.autograd.grad(y, x)[0][0, 0], T // 2)


def lookahead_next_only(layer, T):
    return int(bool(touched(layer, T)[T // 2 + 1] != 0))


# 4.4 The cheapest stack


def layers_needed(reach, k):
    n = 1
    while k**n < reach:
        n += 1
    return n


def best(reach, cost, ks=range(2, 9), layers=layers_needed):
    return min(((k, layers(reach, k)) for k in ks), key=lambda pair: cost(*pair))


def design_right(reach):
    return best(reach, lambda k, n: (k * n, n))


def design_by_loops(reach):
    winner = None
    for k in range(2, 9):
        n, seen = 1, k
        while seen < reach:
            n, seen = n + 1, seen * k
        cheaper = winner is None or k * n < winner[0] * winner[1]
        if cheaper or (k * n == winner[0] * winner[1] and n < winner[1]):
            winner = (k, n)
    return winner


def design_by_table(reach):
    k, n = np.meshgrid(np.arange(2, 9), np.arange(1, 64), indexing="ij")
    enough = k.astype(float) ** n >= reach
    cost = np.where(enough, k * n * 1000 + n, np.inf)
    i, j = np.unravel_index(cost.argmin(), cost.shape)
    return int(k[i, j]), int(n[i, j])


def strictly_more(reach, k):
    return layers_needed(reach + 1, k)


def rounded_down(reach, k):
    return max(1, int(math.log(reach) / math.log(k)))


def rounded_to_nearest(reach, k):
    return max(1, round(math.log(reach, k)))


def plain_convolutions(reach, k):
    return math.ceil((reach - 1) / (k - 1))


# 4.5 One layer and one training step


def layer_output(w, b, d, x, flip=False, left=True):
    reach = reach_of(w, d)
    padded = F.pad(x, (reach, 0) if left else (reach // 2, reach - reach // 2))
    return F.conv1d(padded, w.flip(2) if flip else w, b, dilation=d)


def next_sample_error(y, x):
    return y[..., :-1] - x[..., 1:]


def mean_square(error):
    return error.square().mean()


def step_right(w, b, d, x, lr):
    loss = mean_square(next_sample_error(layer_output(w, b, d, x), x))
    w.grad = b.grad = None
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return loss.item()


def step_by_sgd(w, b, d, x, lr):
    sgd = torch.optim.SGD([w, b], lr=lr)
    y = b + causal_tap_by_tap_out_of_place(x, w, d)
    loss = F.mse_loss(y[..., :-1], x[..., 1:])
    sgd.zero_grad()
    loss.backward()
    sgd.step()
    return loss.detach()


def causal_tap_by_tap_out_of_place(x, w, d):
    k, T = w.shape[2], x.shape[2]
    return sum(w[0, 0, i] * F.pad(x, ((k - 1 - i) * d, 0))[..., :T] for i in range(k))


def step_by_grad(w, b, d, x, lr):
    loss = mean_square(next_sample_error(layer_output(w, b, d, x), x))
    gradients = torch.autograd.grad(loss, [w, b])
    for parameter, gradient in zip((w, b), gradients, strict=True):
        parameter.data.sub_(lr * gradient)
    return loss.item()


def step_with(
    w, b, d, x, lr, output=layer_output, error=next_sample_error, loss=mean_square, clear="wb"
):
    value = loss(error(output(w, b, d, x), x))
    if "w" in clear:
        w.grad = None
    if "b" in clear:
        b.grad = None
    value.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return value.item()


def step_returns_later_loss(w, b, d, x, lr):
    step_right(w, b, d, x, lr)
    with torch.no_grad():
        return mean_square(next_sample_error(layer_output(w, b, d, x), x)).item()


def step_rebinds(w, b, d, x, lr):
    loss = mean_square(next_sample_error(layer_output(w, b, d, x), x))
    w.grad = b.grad = None
    loss.backward()
    w = w - lr * w.grad
    b = b - lr * b.grad
    return loss.item()


def step_forgets_b(w, b, d, x, lr):
    before = b.detach().clone()
    loss = step_right(w, b, d, x, lr)
    b.data.copy_(before)
    return loss


def step_forgets_w(w, b, d, x, lr):
    before = w.detach().clone()
    loss = step_right(w, b, d, x, lr)
    w.data.copy_(before)
    return loss


def step_clears_too_late(w, b, d, x, lr):
    loss = mean_square(next_sample_error(layer_output(w, b, d, x), x))
    loss.backward()
    w.grad.zero_()
    b.grad.zero_()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return loss.item()


def step_by_adam(w, b, d, x, lr):
    adam = torch.optim.Adam([w, b], lr=lr)
    loss = mean_square(next_sample_error(layer_output(w, b, d, x), x))
    adam.zero_grad()
    loss.backward()
    adam.step()
    return loss.item()


def step_twice(w, b, d, x, lr):
    loss = step_right(w, b, d, x, lr)
    step_right(w, b, d, x, lr)
    return loss


def without_padding(w, b, d, x):
    return F.conv1d(x, w, b, dilation=d)


WRONG = {
    "check_receptive_field": [
        ("forgets the sample at the output's own place", lambda ds, k: (k - 1) * sum(ds)),
        ("multiplies by k, not k - 1", lambda ds, k: k * sum(ds)),
        ("multiplies by k and adds one", lambda ds, k: 1 + k * sum(ds)),
        ("ignores the number of taps", lambda ds, k: 1 + sum(ds)),
        ("multiplies dilations", lambda ds, k: 1 + (k - 1) * math.prod(ds)),
        ("looks at the widest layer only", lambda ds, k: 1 + (k - 1) * max(ds)),
        ("looks at the last layer only", lambda ds, k: 1 + (k - 1) * ds[-1]),
        ("takes 2 to the number of layers", lambda ds, k: 2 ** len(ds)),
        ("takes k to the number of layers", lambda ds, k: k ** len(ds)),
        ("ignores dilations", lambda ds, k: 1 + (k - 1) * len(ds)),
        ("adds one for every layer", lambda ds, k: sum(1 + (k - 1) * d for d in ds)),
        ("counts a repeated dilation once", lambda ds, k: 1 + (k - 1) * sum(set(ds))),
        ("leaves out the last layer", lambda ds, k: 1 + (k - 1) * sum(ds[:-1])),
        ("adds the taps", lambda ds, k: sum(ds) + k - 1),
        ("doubles the last dilation", lambda ds, k: (k - 1) * 2 * ds[-1]),
        ("counts both sides", lambda ds, k: 1 + 2 * (k - 1) * sum(ds)),
    ],
    "check_causal": [
        ("is the colleague's, which cuts off the beginning", colleague),
        (
            "cuts off the end by -reach, which is nothing where reach is 0",
            lambda x, w, d: torch.conv1d(x, w, dilation=d, padding=reach_of(w, d))[
                ..., : -reach_of(w, d)
            ],
        ),
        ("turns the taps around", lambda x, w, d: causal_right(x, w.flip(2), d)),
        (
            "pads equally on both sides",
            lambda x, w, d: torch.conv1d(x, w, dilation=d, padding="same"),
        ),
        (
            "leaves the dilation out",
            lambda x, w, d: causal_with(x, w, d, w.shape[2] - 1, dilation=1),
        ),
        (
            "pads k - 1 zeros whatever the dilation",
            lambda x, w, d: causal_with(x, w, d, w.shape[2] - 1),
        ),
        (
            "pads by k d and sees one dilation too far back",
            lambda x, w, d: causal_with(x, w, d, w.shape[2] * d)[..., : x.shape[2]],
        ),
        (
            "delays by one sample more, so that it does not see the present",
            lambda x, w, d: causal_with(x, w, d, reach_of(w, d) + 1, -1),
        ),
        (
            "still sees one sample ahead",
            lambda x, w, d: causal_with(x, w, d, max(reach_of(w, d) - 1, 0), 1)[..., : x.shape[2]],
        ),
        (
            "repeats the first sample where zeros belong",
            lambda x, w, d: causal_with(x, w, d, reach_of(w, d), mode="replicate"),
        ),
        ("lets the end stand before the beginning", causal_circular),
        ("does not keep the length, no padding", lambda x, w, d: F.conv1d(x, w, dilation=d)),
        (
            "does not keep the length, padding on both sides",
            lambda x, w, d: torch.conv1d(x, w, dilation=d, padding=reach_of(w, d)),
        ),
        ("keeps the middle part", causal_centred),
        ("sets the beginning to zero", causal_zeroes_the_beginning),
        (
            "turns the sound around",
            lambda x, w, d: causal_right(x.flip(2), w, d).flip(2),
        ),
    ],
    "check_lookahead": [
        ("is negative for a layer that sees the past only", lookahead_negative),
        (
            "counts the future inputs, which leaves out holes",
            lambda layer, T: int((touched(layer, T)[T // 2 + 1 :] != 0).sum()),
        ),
        ("returns the nearest future input", lookahead_nearest),
        ("looks on both sides", lookahead_either_side),
        ("returns how far back it looks", lookback),
        ("returns the whole extent", lookahead_extent),
        ("sees positive gradients only", lambda layer, T: farthest(touched(layer, T) > 0, T // 2)),
        ("takes the gradient of all outputs together", lookahead_of_all_outputs),
        ("counts the present sample, too", lambda layer, T: lookahead_right(layer, T) + 1),
        ("is one short", lambda layer, T: max(lookahead_right(layer, T) - 1, 0)),
        ("says only whether it looks ahead", lambda layer, T: int(lookahead_right(layer, T) > 0)),
        ("tries the next sample only", lookahead_next_only),
        (
            "differentiates at zeros, where some slopes vanish",
            lambda layer, T: farthest(touched(layer, T, torch.zeros(1, 1, T)), T // 2),
        ),
        (
            "overlooks small gradients",
            lambda layer, T: farthest(touched(layer, T).abs() > 0.05, T // 2),
        ),
        (
            "measures at the last output, which has no future",
            lambda layer, T: farthest(touched(layer, T, at=T - 1), T - 1),
        ),
        (
            "returns the place, not the distance",
            lambda layer, T: int(touched(layer, T).nonzero().max()),
        ),
    ],
    "check_design": [
        ("takes the first of equal costs", lambda reach: best(reach, lambda k, n: k * n)),
        (
            "asks for more than `reach`",
            lambda reach: best(reach, lambda k, n: (k * n, n), layers=strictly_more),
        ),
        (
            "rounds the number of layers down",
            lambda reach: best(reach, lambda k, n: (k * n, n), layers=rounded_down),
        ),
        (
            "rounds the number of layers to the nearest",
            lambda reach: best(reach, lambda k, n: (k * n, n), layers=rounded_to_nearest),
        ),
        ("takes the fewest layers", lambda reach: best(reach, lambda k, n: n)),
        ("takes the least surplus", lambda reach: best(reach, lambda k, n: k**n)),
        ("returns (n, k)", lambda reach: design_right(reach)[::-1]),
        ("always takes two taps", lambda reach: (2, layers_needed(reach, 2))),
        ("always takes three taps", lambda reach: (3, layers_needed(reach, 3))),
        ("adds taps and layers", lambda reach: best(reach, lambda k, n: (k + n, n))),
        (
            "lets layers see n (k - 1) + 1 samples",
            lambda reach: best(reach, lambda k, n: (k * n, n), layers=plain_convolutions),
        ),
        (
            "lets k run to 4 only",
            lambda reach: best(reach, lambda k, n: (k * n, n), ks=range(2, 5)),
        ),
        (
            "takes the dearest",
            lambda reach: best(reach, lambda k, n: (-k * n, n)),
        ),
        ("returns the cost", lambda reach: math.prod(design_right(reach))),
        (
            "has one layer too many",
            lambda reach: (design_right(reach)[0], design_right(reach)[1] + 1),
        ),
    ],
    "check_training_step": [
        ("adds to the old gradients", lambda w, b, d, x, lr: step_with(w, b, d, x, lr, clear="")),
        (
            "clears only the gradient of w",
            lambda w, b, d, x, lr: step_with(w, b, d, x, lr, clear="w"),
        ),
        (
            "clears only the gradient of b",
            lambda w, b, d, x, lr: step_with(w, b, d, x, lr, clear="b"),
        ),
        (
            "does not move the targets",
            lambda w, b, d, x, lr: step_with(w, b, d, x, lr, error=lambda y, x: y - x),
        ),
        (
            "moves the targets by two",
            lambda w, b, d, x, lr: step_with(
                w, b, d, x, lr, error=lambda y, x: y[..., :-2] - x[..., 2:]
            ),
        ),
        (
            "moves the targets the wrong way",
            lambda w, b, d, x, lr: step_with(
                w, b, d, x, lr, error=lambda y, x: y[..., 1:] - x[..., :-1]
            ),
        ),
        (
            "lets the last output predict the first sample",
            lambda w, b, d, x, lr: step_with(
                w, b, d, x, lr, error=lambda y, x: y - x.roll(-1, dims=2)
            ),
        ),
        (
            "sums the squares",
            lambda w, b, d, x, lr: step_with(w, b, d, x, lr, loss=lambda e: e.square().sum()),
        ),
        (
            "divides by T",
            lambda w, b, d, x, lr: step_with(
                w, b, d, x, lr, loss=lambda e: e.square().sum() / (e.numel() + 1)
            ),
        ),
        (
            "halves the squares",
            lambda w, b, d, x, lr: step_with(w, b, d, x, lr, loss=lambda e: mean_square(e) / 2),
        ),
        (
            "takes magnitudes",
            lambda w, b, d, x, lr: step_with(w, b, d, x, lr, loss=lambda e: e.abs().mean()),
        ),
        ("returns the loss from after the change", step_returns_later_loss),
        ("goes uphill", lambda w, b, d, x, lr: step_right(w, b, d, x, -lr)),
        ("makes new tensors and leaves w and b alone", step_rebinds),
        ("forgets b", step_forgets_b),
        ("forgets w", step_forgets_w),
        ("clears the new gradients", step_clears_too_late),
        ("uses Adam", step_by_adam),
        ("makes two steps", step_twice),
        (
            "turns the taps around",
            lambda w, b, d, x, lr: step_with(
                w, b, d, x, lr, lambda w, b, d, x: layer_output(w, b, d, x, flip=True)
            ),
        ),
        (
            "pads on both sides",
            lambda w, b, d, x, lr: step_with(
                w, b, d, x, lr, lambda w, b, d, x: layer_output(w, b, d, x, left=False)
            ),
        ),
        (
            "ignores the dilation",
            lambda w, b, d, x, lr: step_with(
                w, b, d, x, lr, lambda w, b, d, x: layer_output(w, b, 1, x)
            ),
        ),
        (
            "leaves b out of y",
            lambda w, b, d, x, lr: step_with(
                w, b, d, x, lr, lambda w, b, d, x: layer_output(w, 0 * b, d, x)
            ),
        ),
        (
            "does not pad and skips the beginning",
            lambda w, b, d, x, lr: step_with(
                w,
                b,
                d,
                x,
                lr,
                without_padding,
                error=lambda y, x: y[..., :-1] - x[..., x.shape[2] - y.shape[2] + 1 :],
            ),
        ),
    ],
}

RIGHT = {
    "check_receptive_field": [
        lambda dilations, k: 1 + (k - 1) * sum(dilations),
        field_by_loop,
        field_by_farthest_place,
    ],
    "check_causal": [causal_right, causal_keeps_the_beginning, causal_tap_by_tap, causal_by_loop],
    "check_lookahead": [lookahead_right, lookahead_by_trying, lookahead_by_jacobian],
    "check_design": [design_right, design_by_loops, design_by_table],
    "check_training_step": [step_right, step_by_sgd, step_by_grad],
}
