"""Chapter 10's checkers: right answers pass however they are written, and the package agrees with them."""

import torch
from torch.nn import functional as F

from tinyaudio.exercises.wavenet_autoencoder import (
    check_glide,
    check_seen,
    check_two_sided,
    check_upsampled,
)
from tinyaudio.models.mel_vqvae import ResidualBlock
from tinyaudio.models.upsampler import Upsampler
from tinyaudio.samplers.encoded import interpolate


def test_a_layer_passes_sample_by_sample():
    def by_loops(h, A, B, d, hop):
        C, T = h.shape
        taps = [(k - 1) * d for k in range(3)]
        columns = []
        for t in range(T):
            inner = torch.zeros(C)
            for k, off in enumerate(taps):
                if 0 <= t + off < T:
                    inner += A[:, :, k] @ h[:, t + off].clamp(min=0)
            columns.append(h[:, t] + B @ inner.clamp(min=0))
        return torch.stack([torch.stack(columns[i : i + hop]).mean(0) for i in range(0, T, hop)], 1)

    assert check_two_sided(by_loops)
    assert check_two_sided(
        lambda h, A, B, d, hop: F.avg_pool1d(
            h + F.conv1d(F.conv1d(h.relu(), A, padding=d, dilation=d).relu(), B[:, :, None]), hop
        )
    )


def test_the_package_s_block_is_the_layer():
    def by_package(h, A, B, d, hop):
        block = ResidualBlock(len(h), d, kernel_size=3)
        with torch.no_grad():
            for one in block.parameters():
                one.zero_()  # biases
            convolutions = [one for one in block.modules() if isinstance(one, torch.nn.Conv1d)]
            convolutions[0].weight.copy_(A)
            convolutions[1].weight.copy_(B[:, :, None])
            return block(h[None])[0].unflatten(1, (-1, hop)).mean(2)

    assert check_two_sided(by_package)


def test_the_package_s_upsampler_begins_as_the_one_that_is_asked_for():
    assert check_upsampled(lambda z, hop: Upsampler(hop)(z.T[None])[0].T.detach())


def test_upsampling_passes_point_by_point():
    def by_points(z, hop):
        last = z.shape[1] - 1
        places = [t / hop for t in range(z.shape[1] * hop)]
        rows = []
        for row in z.tolist():
            ends = [(row[int(x)], row[min(int(x) + 1, last)], x % 1) for x in places]
            rows.append([a + w * (b - a) for a, b, w in ends])
        return rows

    assert check_upsampled(by_points)


def test_a_glide_is_the_package_s_interpolation_with_a_share_for_each_latent():
    def by_package(one, other):
        n = min(one.shape[1], other.shape[1])
        steps = [
            interpolate(one[None, :, i : i + 1], other[None, :, i : i + 1], i / (n - 1))[0]
            for i in range(n)
        ]
        return torch.cat(steps, 1)

    assert check_glide(by_package)


def test_what_is_seen_can_be_found_by_trying_every_sample():
    """No gradient: an impulse here or there changes the latent or does not."""

    def by_impulses(encoder, T, n):
        still = encoder(torch.zeros(1, 1, T))[0, :, n]
        impulses = torch.eye(T)[:, None, None]
        moved = [t for t in range(T) if not torch.equal(encoder(impulses[t])[0, :, n], still)]
        return moved[0], moved[-1]

    def by_noise(encoder, T, n):
        audio = torch.randn(1, 1, T, requires_grad=True)
        encoder(audio)[0, :, n].norm().backward()
        places = audio.grad[0, 0].abs().nonzero().flatten().tolist()
        return [min(places), max(places)]

    assert check_seen(by_impulses) and check_seen(by_noise)
