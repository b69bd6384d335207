"""Blind answers to the exercises of chapter 5, WaveNet.

Written from the exercises' text alone, before the checkers were changed; never edit them to suit
a checker.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tinyaudio.models.gated import GatedLayer

# 5.1 The gate by hand


def delayed(x, d):
    x = torch.as_tensor(x, dtype=torch.float32)
    return F.pad(x, (d, 0))[: len(x)]


def convolved(x, d, w):
    return w[0] * delayed(x, d) + w[1] * delayed(x, 0)


def gated_right(x, d, w_f, w_g, offsets):
    signal = convolved(x, d, w_f) + offsets[0]
    gate = convolved(x, d, w_g) + offsets[1]
    return torch.tanh(signal) * torch.sigmoid(gate)


def gated_by_loop(x, d, w_f, w_g, offsets):
    z = []
    for t in range(len(x)):
        past = float(x[t - d]) if t >= d else 0.0
        now = float(x[t])
        f = float(w_f[0]) * past + float(w_f[1]) * now + float(offsets[0])
        g = float(w_g[0]) * past + float(w_g[1]) * now + float(offsets[1])
        z.append(math.tanh(f) / (1 + math.exp(-g)))
    return torch.tensor(z)


def gated_by_numpy(x, d, w_f, w_g, offsets):
    x = np.asarray(x, dtype=np.float64)
    past = np.concatenate([np.zeros(d), x])[: len(x)]
    f = float(w_f[0]) * past + float(w_f[1]) * x + float(offsets[0])
    g = float(w_g[0]) * past + float(w_g[1]) * x + float(offsets[1])
    return np.tanh(f) / (1 + np.exp(-g))


def gated_in_place(x, d, w_f, w_g, offsets):
    x = torch.as_tensor(x, dtype=torch.float32)
    f = w_f[1] * x + offsets[0]
    g = w_g[1] * x + offsets[1]
    if d < len(x):
        f[d:] += w_f[0] * x[:-d]
        g[d:] += w_g[0] * x[:-d]
    return f.tanh_().mul_(g.sigmoid_())


def gated_wraps(x, d, w_f, w_g, offsets):
    x = torch.as_tensor(x, dtype=torch.float32)
    past = x.roll(d)
    f = w_f[0] * past + w_f[1] * x + offsets[0]
    return torch.tanh(f) * torch.sigmoid(w_g[0] * past + w_g[1] * x + offsets[1])


def gated_looks_ahead(x, d, w_f, w_g, offsets):
    x = torch.as_tensor(x, dtype=torch.float32)
    return gated_right(x.flip(0), d, w_f, w_g, offsets).flip(0)


def gated_repeats_the_first(x, d, w_f, w_g, offsets):
    x = torch.as_tensor(x, dtype=torch.float32)
    longer = torch.cat([x[:1].expand(d), x])
    return gated_right(longer, d, w_f, w_g, offsets)[d:]


def gated_offsets_outside(x, d, w_f, w_g, offsets):
    f, g = convolved(x, d, w_f), convolved(x, d, w_g)
    return (torch.tanh(f) + offsets[0]) * (torch.sigmoid(g) + offsets[1])


def gated_offsets_on_input(x, d, w_f, w_g, offsets):
    x = torch.as_tensor(x, dtype=torch.float32)
    f = convolved(x + offsets[0], d, w_f)
    return torch.tanh(f) * torch.sigmoid(convolved(x + offsets[1], d, w_g))


def gated_with(x, d, w_f, w_g, offsets, one=torch.tanh, other=torch.sigmoid):
    return one(convolved(x, d, w_f) + offsets[0]) * other(convolved(x, d, w_g) + offsets[1])


# 5.2 Going on


def pick(logits, u):
    total = logits.double().softmax(dim=0).cumsum(0)
    return min(int((total <= u).sum()), len(total) - 1)


def go_on_with(model, codes, us, choose=pick, column=-1, context=None):
    for u in us:
        seen = codes if context is None else codes[:, -context:]
        with torch.no_grad():
            logits = model(F.pad(seen, (0, 1)))[0, :, column]
        codes = torch.cat([codes, codes.new_tensor([[choose(logits, float(u))]])], dim=1)
    return codes


def go_on_in_place(model, codes, us):
    T = codes.shape[1]
    out = torch.zeros(1, T + len(us), dtype=codes.dtype)
    out[:, :T] = codes
    with torch.no_grad():
        for i, u in enumerate(us):
            p = model(out[:, : T + i + 1])[0, :, T + i].softmax(dim=0)
            so_far, value = 0.0, len(p) - 1
            for k in range(len(p)):
                so_far += p[k].item()
                if so_far > u:
                    value = k
                    break
            out[0, T + i] = value
    return out


def go_on_by_lists(model, codes, us):
    so_far = codes[0].tolist()
    for u in us:
        with torch.no_grad():
            logits = model(torch.tensor([[*so_far, so_far[-1]]]))[0, :, -1]
        p = np.exp(logits.double().numpy() - logits.max().item())
        c = np.cumsum(p / p.sum())
        so_far.append(int(min(np.searchsorted(c, float(u), side="right"), len(c) - 1)))
    return torch.tensor([so_far])


def go_on_without_a_place(model, codes, us):
    for u in us:
        with torch.no_grad():
            logits = model(codes)[0, :, -1]
        codes = torch.cat([codes, codes.new_tensor([[pick(logits, float(u))]])], dim=1)
    return codes


def go_on_all_at_once(model, codes, us):
    T = codes.shape[1]
    with torch.no_grad():
        logits = model(F.pad(codes, (0, len(us))))[0]
    new = [pick(logits[:, T + i], float(u)) for i, u in enumerate(us)]
    return torch.cat([codes, codes.new_tensor([new])], dim=1)


def go_on_prepends(model, codes, us):
    T = codes.shape[1]
    out = go_on_with(model, codes, us)
    return torch.cat([out[:, T:], out[:, :T]], dim=1)


def go_on_slides(model, codes, us):
    return go_on_with(model, codes, us)[:, -codes.shape[1] :]


def go_on_softmax_over_time(model, codes, us):
    for u in us:
        with torch.no_grad():
            p = model(F.pad(codes, (0, 1)))[0].double().softmax(dim=1)[:, -1]
        value = min(int((p.cumsum(0) <= float(u)).sum()), len(p) - 1)
        codes = torch.cat([codes, codes.new_tensor([[value]])], dim=1)
    return codes


def includes_border(logits, u):
    total = logits.double().softmax(dim=0).cumsum(0)
    return min(int((total < u).sum()), len(total) - 1)


def no_last_resort(logits, u):
    return int((logits.float().softmax(dim=0).cumsum(0) <= u).sum())


def unnormalised(logits, u):
    return min(int((logits.cumsum(0) <= u).sum()), len(logits) - 1)


def not_cumulative(logits, u):
    above = (logits.softmax(dim=0) > u).nonzero()
    return int(above[0]) if len(above) else len(logits) - 1


# 5.3 Layers that nobody registered


def layer_of(channels, dilation):
    return GatedLayer(channels, channels, 2, dilation)


def chain(dilations, channels):
    return nn.ModuleList(layer_of(channels, d) for d in dilations)


class _Stack(nn.Module):
    def __init__(self, n_layers, channels):
        super().__init__()
        self.layers = nn.ModuleList()
        for i in range(n_layers):
            self.layers.append(layer_of(channels, 2**i))


class _Named(nn.Module):
    def __init__(self, n_layers, channels):
        super().__init__()
        for i in range(n_layers):
            self.add_module(f"layer_{i}", layer_of(channels, 2**i))


class _PythonList(nn.Module):
    def __init__(self, n_layers, channels):
        super().__init__()
        self.layers = [layer_of(channels, 2**i) for i in range(n_layers)]


class _Dictionary(nn.Module):
    def __init__(self, n_layers, channels):
        super().__init__()
        self.layers = {str(i): layer_of(channels, 2**i) for i in range(n_layers)}


class _OnlyTheLast(nn.Module):
    def __init__(self, n_layers, channels):
        super().__init__()
        for i in range(n_layers):
            self.layer = layer_of(channels, 2**i)


class _OnlyTheFirst(nn.Module):
    def __init__(self, n_layers, channels):
        super().__init__()
        layers = [layer_of(channels, 2**i) for i in range(n_layers)]
        self.first, self.others = layers[0], tuple(layers[1:])


class _SavedNotTrained(nn.Module):
    def __init__(self, n_layers, channels):
        super().__init__()
        self.layers = chain([2**i for i in range(n_layers)], channels)
        self.requires_grad_(False)


class _TrainedNotNested(nn.Module):
    def __init__(self, n_layers, channels):
        super().__init__()
        layers = chain([2**i for i in range(n_layers)], channels)
        self.weights = nn.ParameterList(p for layer in layers for p in layer.parameters())


# 5.4 Counting parameters


def count_right(K, R, G, S, L):
    embedding = K * R
    gates = L * (2 * G * 2 * R + 2 * G)
    residuals = (L - 1) * (R * G + R)
    skips = S * L * G + S
    head = S * S + S + K * S + K
    return embedding + gates + residuals + skips + head


def count_by_loop(K, R, G, S, L):
    total = K * R
    for layer in range(L):
        total += 2 * G * (2 * R + 1) + S * G
        if layer < L - 1:
            total += R * (G + 1)
    return total + S + S * (S + 1) + K * (S + 1)


def count_by_modules(K, R, G, S, L):
    parts = [nn.Embedding(K, R), nn.Linear(L * G, S), nn.Linear(S, S), nn.Linear(S, K)]
    parts += [nn.Conv1d(R, 2 * G, 2) for _ in range(L)]
    parts += [nn.Conv1d(G, R, 1) for _ in range(L - 1)]
    return sum(p.numel() for part in parts for p in part.parameters())


# 5.5 A layer of WaveNet


def past_of(x, d):
    return F.pad(x, (0, 0, d, 0))[:, : x.shape[1]]


def halves(self, x, offset):
    return (self.gate(torch.cat([past_of(x, self.dilation), x], dim=2)) + offset).chunk(2, dim=2)


class _Layer(nn.Module):
    def __init__(self, channels, dilation):
        super().__init__()
        self.dilation = dilation
        self.gate = nn.Linear(2 * channels, 2 * channels)
        self.residual = nn.Linear(channels, channels)

    def forward(self, x, offset):
        f, g = halves(self, x, offset)
        z = torch.tanh(f) * torch.sigmoid(g)
        return x + self.residual(z), z


class _LayerOfSlices(nn.Module):
    def __init__(self, channels, dilation):
        super().__init__()
        self.channels, self.d = channels, dilation
        self.gate = nn.Linear(channels * 2, channels * 2)
        self.residual = nn.Linear(channels, channels)

    def forward(self, x, offset):
        both = torch.zeros(*x.shape[:2], 2 * self.channels, dtype=x.dtype)
        both[:, self.d :, : self.channels] = x[:, : max(x.shape[1] - self.d, 0)]
        both[:, :, self.channels :] = x
        h = self.gate(both) + offset
        z = h[..., : self.channels].tanh() * h[..., self.channels :].sigmoid()
        return self.residual(z) + x, z


class _LayerOfTwoProducts(_Layer):
    def forward(self, x, offset):
        older, newer = self.gate.weight.chunk(2, dim=1)
        zeros = x.new_zeros(x.shape[0], self.dilation, x.shape[2])
        past = torch.cat([zeros, x], dim=1)[:, : x.shape[1]]
        h = past @ older.T + x @ newer.T + self.gate.bias + offset
        z = F.glu(torch.cat([torch.tanh(h[..., : x.shape[2]]), h[..., x.shape[2] :]], dim=2), dim=2)
        return x + self.residual(z), z


def layer_with(forward, bias=True):
    """A layer with another forward: `forward(self, x, offset)`."""

    class Layer(_Layer):
        def __init__(self, channels, dilation):
            super().__init__(channels, dilation)
            if not bias:
                self.residual = nn.Linear(channels, channels, bias=False)

    Layer.forward = forward
    return Layer


def layer_of_taps(taps):
    """A layer with another input of its gates: `taps(x, d)`."""

    def forward(self, x, offset):
        f, g = (self.gate(taps(x, self.dilation)) + offset).chunk(2, dim=2)
        z = torch.tanh(f) * torch.sigmoid(g)
        return x + self.residual(z), z

    return layer_with(forward)


def layer_of_gates(gates):
    """A layer with another product: `gates(h, offset)`, where `h` comes from `gate`."""

    def forward(self, x, offset):
        z = gates(self.gate(torch.cat([past_of(x, self.dilation), x], dim=2)), offset)
        return x + self.residual(z), z

    return layer_with(forward)


def layer_of_outputs(outputs):
    """A layer with other outputs: `outputs(self, x, z)`."""

    def forward(self, x, offset):
        f, g = halves(self, x, offset)
        return outputs(self, x, torch.tanh(f) * torch.sigmoid(g))

    return layer_with(forward)


def multiply(f, g):
    return torch.tanh(f) * torch.sigmoid(g)


def offset_on_one_half(h, offset):
    f, g = h.chunk(2, dim=2)
    return multiply(f + offset.chunk(2, dim=2)[0], g)


def offset_behind_the_gates(h, offset):
    f, g = h.chunk(2, dim=2)
    a, b = offset.chunk(2, dim=2)
    return (torch.tanh(f) + a) * (torch.sigmoid(g) + b)


def replicate(x, d):
    return torch.cat([x[:, :1].expand(-1, d, -1), x], dim=1)[:, : x.shape[1]]


WRONG = {
    "check_gated": [
        (
            "takes the present tap first",
            lambda x, d, w_f, w_g, o: (
                gated_right(x, d, w_f[::-1], w_g[::-1], o)
                if isinstance(w_f, list)
                else gated_right(
                    x, d, torch.as_tensor(w_f).flip(0), torch.as_tensor(w_g).flip(0), o
                )
            ),
        ),
        ("lets the end stand before the beginning", gated_wraps),
        (
            "exchanges tanh and sigmoid",
            lambda x, d, w_f, w_g, o: gated_right(x, d, w_g, w_f, (o[1], o[0])),
        ),
        (
            "adds the two",
            lambda x, d, w_f, w_g, o: (
                torch.tanh(convolved(x, d, w_f) + o[0]) + torch.sigmoid(convolved(x, d, w_g) + o[1])
            ),
        ),
        ("leaves the offsets out", lambda x, d, w_f, w_g, o: gated_right(x, d, w_f, w_g, (0, 0))),
        ("adds the offsets outside", gated_offsets_outside),
        ("adds the offsets to the input", gated_offsets_on_input),
        (
            "exchanges the offsets",
            lambda x, d, w_f, w_g, o: gated_right(x, d, w_f, w_g, (o[1], o[0])),
        ),
        (
            "adds the first offset to both",
            lambda x, d, w_f, w_g, o: gated_right(x, d, w_f, w_g, (o[0], o[0])),
        ),
        (
            "adds both offsets to the tanh",
            lambda x, d, w_f, w_g, o: gated_right(x, d, w_f, w_g, (o[0] + o[1], 0)),
        ),
        (
            "takes the tanh's taps for both",
            lambda x, d, w_f, w_g, o: gated_right(x, d, w_f, w_f, o),
        ),
        ("ignores the dilation", lambda x, d, w_f, w_g, o: gated_right(x, 1, w_f, w_g, o)),
        ("looks ahead by d", gated_looks_ahead),
        ("looks back by d + 1", lambda x, d, w_f, w_g, o: gated_right(x, d + 1, w_f, w_g, o)),
        ("repeats the first sample where zeros belong", gated_repeats_the_first),
        (
            "takes a ReLU for the tanh",
            lambda x, d, w_f, w_g, o: gated_with(x, d, w_f, w_g, o, one=torch.relu),
        ),
        (
            "takes the tanh twice",
            lambda x, d, w_f, w_g, o: gated_with(x, d, w_f, w_g, o, other=torch.tanh),
        ),
        (
            "takes the sigmoid twice",
            lambda x, d, w_f, w_g, o: gated_with(x, d, w_f, w_g, o, one=torch.sigmoid),
        ),
        (
            "adds the input, as the residual connection does",
            lambda x, d, w_f, w_g, o: delayed(x, 0) + gated_right(x, d, w_f, w_g, o),
        ),
        (
            "gates what has passed the tanh by itself",
            lambda x, d, w_f, w_g, o: torch.sigmoid(gated_right(x, d, w_f, w_g, o)),
        ),
    ],
    "check_go_on": [
        ("makes no place for the new sample, and predicts the last again", go_on_without_a_place),
        (
            "takes the first column",
            lambda model, codes, us: go_on_with(model, codes, us, column=0),
        ),
        (
            "takes the likeliest value",
            lambda model, codes, us: go_on_with(
                model, codes, us, choose=lambda logits, u: int(logits.argmax())
            ),
        ),
        ("draws all new samples from the beginning alone", go_on_all_at_once),
        (
            "returns the new samples only",
            lambda model, codes, us: go_on_with(model, codes, us)[:, codes.shape[1] :],
        ),
        (
            "stops where the sum only reaches u",
            lambda model, codes, us: go_on_with(model, codes, us, includes_border),
        ),
        (
            "draws by itself and ignores us",
            lambda model, codes, us: go_on_with(
                model,
                codes,
                us,
                lambda logits, u: int(torch.multinomial(logits.softmax(dim=0), 1)),
            ),
        ),
        (
            "takes the first random number every time",
            lambda model, codes, us: go_on_with(model, codes, [us[0]] * len(us)),
        ),
        (
            "takes the random numbers from behind",
            lambda model, codes, us: go_on_with(model, codes, [us[-1 - i] for i in range(len(us))]),
        ),
        (
            "adds up logits, not probabilities",
            lambda model, codes, us: go_on_with(model, codes, us, unnormalised),
        ),
        (
            "compares single probabilities with u",
            lambda model, codes, us: go_on_with(model, codes, us, not_cumulative),
        ),
        ("puts the new samples in front", go_on_prepends),
        ("drops an old sample for each new one", go_on_slides),
        (
            "lets the model see the last sample only",
            lambda model, codes, us: go_on_with(model, codes, us, context=1),
        ),
        (
            "lets the model see the last T samples only",
            lambda model, codes, us: go_on_with(model, codes, us, context=codes.shape[1]),
        ),
        ("makes one sample too few", lambda model, codes, us: go_on_with(model, codes, us[:-1])),
        (
            "makes one sample too many",
            lambda model, codes, us: go_on_with(model, codes, [*us, 0.5]),
        ),
        ("takes the softmax over time", go_on_softmax_over_time),
        (
            "returns the value before",
            lambda model, codes, us: go_on_with(
                model, codes, us, lambda logits, u: max(pick(logits, u) - 1, 0)
            ),
        ),
        (
            "divides evenly, whatever the model says",
            lambda model, codes, us: go_on_with(
                model, codes, us, lambda logits, u: int(u * len(logits))
            ),
        ),
    ],
    "check_stack": [
        ("keeps the layers in a Python list", _PythonList),
        ("keeps the layers in a dictionary", _Dictionary),
        ("registers the last layer only, under one name", _OnlyTheLast),
        ("registers the first layer only", _OnlyTheFirst),
        ("gives all layers dilation 1", lambda n, c: chain([1] * n, c)),
        ("gives layers the dilations 1, 2, 3", lambda n, c: chain(range(1, n + 1), c)),
        ("begins with dilation 2", lambda n, c: chain([2 ** (i + 1) for i in range(n)], c)),
        ("triples the dilations", lambda n, c: chain([3**i for i in range(n)], c)),
        ("reverses the dilations", lambda n, c: chain([2**i for i in reversed(range(n))], c)),
        ("squares the index", lambda n, c: chain([max(i, 1) ** 2 for i in range(n)], c)),
        ("repeats one and the same layer", lambda n, c: nn.ModuleList([layer_of(c, 1)] * n)),
        ("has one layer too few", lambda n, c: chain([2**i for i in range(n - 1)], c)),
        ("has one layer too many", lambda n, c: chain([2**i for i in range(n + 1)], c)),
        ("doubles the channels", lambda n, c: chain([2**i for i in range(n)], 2 * c)),
        ("saves the layers but does not train them", _SavedNotTrained),
        ("registers the numbers and loses the layers", _TrainedNotNested),
        ("gives every layer the largest dilation", lambda n, c: chain([2 ** (n - 1)] * n, c)),
        ("exchanges layers and channels", lambda n, c: chain([2**i for i in range(c)], n)),
    ],
    "check_count": [
        (
            "gives the last layer a residual, too",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) + R * G + R,
        ),
        ("gives the embedding a bias", lambda K, R, G, S, L: count_right(K, R, G, S, L) + R),
        (
            "counts a skip bias for every layer",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) + (L - 1) * S,
        ),
        (
            "leaves all biases out",
            lambda K, R, G, S, L: (
                K * R + L * 4 * G * R + (L - 1) * R * G + S * L * G + S * S + K * S
            ),
        ),
        (
            "forgets that there are two gates",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) - L * G * (2 * R + 1),
        ),
        ("counts one tap", lambda K, R, G, S, L: count_right(K, R, G, S, L) - L * 2 * G * R),
        (
            "leaves the first matrix of the head out",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) - S * S - S,
        ),
        (
            "leaves the residuals' biases out",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) - (L - 1) * R,
        ),
        (
            "leaves the residuals out",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) - (L - 1) * (R * G + R),
        ),
        ("leaves the embedding out", lambda K, R, G, S, L: count_right(K, R, G, S, L) - K * R),
        ("leaves the last biases out", lambda K, R, G, S, L: count_right(K, R, G, S, L) - K),
        ("leaves the skips' bias out", lambda K, R, G, S, L: count_right(K, R, G, S, L) - S),
        (
            "gives one skip matrix to all layers",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) - S * (L - 1) * G,
        ),
        (
            "leaves the last layer out of the skips",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) - S * G,
        ),
        (
            "lets residuals lead from R to R",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) + (L - 1) * (R * R - R * G),
        ),
        (
            "lets residuals and skips see both halves",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) + (L - 1) * R * G + L * S * G,
        ),
        (
            "leaves the gates' biases out",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) - L * 2 * G,
        ),
        (
            "counts one bias for both gates",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) - L * G,
        ),
        ("exchanges R and G", lambda K, R, G, S, L: count_right(K, G, R, S, L)),
        (
            "gives the head's first matrix K rows",
            lambda K, R, G, S, L: count_right(K, R, G, S, L) + K * S - S * S + K - S,
        ),
    ],
    "check_layer": [
        (
            "puts the present first",
            layer_of_taps(lambda x, d: torch.cat([x, past_of(x, d)], dim=2)),
        ),
        ("wraps around", layer_of_taps(lambda x, d: torch.cat([x.roll(d, dims=1), x], dim=2))),
        (
            "looks ahead",
            layer_of_taps(lambda x, d: torch.cat([past_of(x.flip(1), d).flip(1), x], dim=2)),
        ),
        ("ignores the dilation", layer_of_taps(lambda x, d: torch.cat([past_of(x, 1), x], dim=2))),
        (
            "looks back by d + 1",
            layer_of_taps(lambda x, d: torch.cat([past_of(x, d + 1), x], dim=2)),
        ),
        ("sees the present twice", layer_of_taps(lambda x, d: torch.cat([x, x], dim=2))),
        (
            "repeats the first sample",
            layer_of_taps(lambda x, d: torch.cat([replicate(x, d), x], dim=2)),
        ),
        (
            "delays the channels, not the time",
            layer_of_taps(lambda x, d: torch.cat([F.pad(x, (d, 0))[..., : x.shape[2]], x], dim=2)),
        ),
        (
            "puts past and present in turn, channel by channel",
            layer_of_taps(lambda x, d: torch.stack([past_of(x, d), x], dim=3).flatten(2)),
        ),
        (
            "sends the first half through the sigmoid",
            layer_of_gates(lambda h, offset: multiply(*(h + offset).chunk(2, dim=2)[::-1])),
        ),
        ("leaves the offset out", layer_of_gates(lambda h, offset: multiply(*h.chunk(2, dim=2)))),
        ("adds the offset to the tanh only", layer_of_gates(offset_on_one_half)),
        ("adds the offset behind the gates", layer_of_gates(offset_behind_the_gates)),
        (
            "takes every other channel for the tanh",
            layer_of_gates(lambda h, o: multiply((h + o)[..., ::2], (h + o)[..., 1::2])),
        ),
        (
            "adds tanh and sigmoid",
            layer_of_gates(
                lambda h, o: torch.tanh((h + o).chunk(2, 2)[0]) + (h + o).chunk(2, 2)[1].sigmoid()
            ),
        ),
        (
            "leaves the tanh out",
            layer_of_gates(lambda h, o: F.glu(h + o, dim=2)),
        ),
        (
            "takes a ReLU for the tanh",
            layer_of_gates(
                lambda h, o: torch.relu((h + o).chunk(2, 2)[0]) * (h + o).chunk(2, 2)[1].sigmoid()
            ),
        ),
        ("adds no input", layer_of_outputs(lambda self, x, z: (self.residual(z), z))),
        ("adds z without the matrix", layer_of_outputs(lambda self, x, z: (x + z, z))),
        (
            "multiplies the input by the matrix",
            layer_of_outputs(lambda self, x, z: (self.residual(x) + z, z)),
        ),
        ("returns z first", layer_of_outputs(lambda self, x, z: (z, x + self.residual(z)))),
        (
            "gives the skips what went through the matrix",
            layer_of_outputs(lambda self, x, z: (x + self.residual(z), self.residual(z))),
        ),
        (
            "gives the skips the next layer's input",
            layer_of_outputs(lambda self, x, z: (x + self.residual(z), x + self.residual(z))),
        ),
        (
            "scales by the root of a half",
            layer_of_outputs(lambda self, x, z: ((x + self.residual(z)) * math.sqrt(0.5), z)),
        ),
        (
            "adds a past input",
            layer_of_outputs(lambda self, x, z: (past_of(x, self.dilation) + self.residual(z), z)),
        ),
    ],
}

RIGHT = {
    "check_gated": [gated_right, gated_by_loop, gated_by_numpy, gated_in_place],
    "check_go_on": [go_on_with, go_on_in_place, go_on_by_lists],
    "check_stack": [
        _Stack,
        _Named,
        lambda n_layers, channels: nn.Sequential(
            *(layer_of(channels, 2**i) for i in range(n_layers))
        ),
    ],
    "check_count": [count_right, count_by_loop, count_by_modules],
    "check_layer": [_Layer, _LayerOfSlices, _LayerOfTwoProducts],
}
