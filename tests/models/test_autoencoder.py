"""The autoencoder: the paper's size and padding, latents that gradients reach, what it refuses."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.models.autoencoder import Autoencoder, AutoencoderConfig, Down, Up, reparameterize

SMALL = AutoencoderConfig(n_bins=16, n_frames=8, channels=(4, 6, 8), n_time=2, n_hidden=10)


def frames_of(config, n=3):
    return torch.randn(n, config.n_bins, config.n_frames, generator=torch.manual_seed(0))


def test_the_paper_s_size():
    """Weights and offsets of nfft_1024.py, layer by layer; our batch normalization adds a gain."""
    encoder = [(25, 1, 128), (16, 128, 128), (16, 128, 128), (16, 128, 256), (16, 256, 256)]
    encoder += [(16, 256, 256), (16, 256, 512), (16, 512, 512), (16, 512, 512)]
    encoder += [(1, 512, 1024), (1, 1024, 1984)]
    decoder = [(1, 1984 + 128, 1024), (16, 1024, 512), (16, 512, 512), (16, 512, 256)]
    decoder += [(16, 256, 256), (16, 256, 256), (16, 256, 128), (16, 128, 128)]
    decoder += [(25, 128, 128), (25, 128, 128)]
    weights = sum(k * i * o for k, i, o in encoder + decoder)
    offsets = sum(o for _, _, o in encoder + decoder)
    output, pitches = 128 + 1, 128 * 128
    assert weights + offsets + output + pitches == 36_761_665

    with torch.device("meta"):
        net = Autoencoder(AutoencoderConfig.paper())
        made, (latents, _) = net(torch.zeros(2, 512, 256), torch.zeros(2, dtype=torch.long))
    assert made.shape == (2, 512, 256) and latents.shape == (2, 1984)
    assert sum(p.numel() for p in net.parameters()) == 36_761_665 + offsets


def test_the_tiny_size():
    net = Autoencoder(AutoencoderConfig.tiny())
    assert 200_000 < sum(p.numel() for p in net.parameters()) < 300_000


@pytest.mark.parametrize("kernel", [4, 5])
@pytest.mark.parametrize("stride", [(2, 2), (2, 1)])
def test_an_upward_layer_is_the_transpose_of_a_downward_one(kernel, stride):
    """<D x, y> = <x, D^T y>, margins and all: what TensorFlow calls SAME."""
    down = Down(3, 2, (kernel, kernel), stride, batch_norm=False)
    up = Up(2, 3, (kernel, kernel), stride, batch_norm=False)
    up.conv.weight = down.conv.weight
    with torch.no_grad():
        down.conv.bias.zero_()
        up.conv.bias.zero_()
    x, y = torch.randn(1, 3, 8, 6), torch.randn(1, 2, 4, 6 // stride[1])
    downward = down.conv(torch.nn.functional.pad(x, down.padding))
    upward = torch.nn.functional.pad(up.conv(y), up.cropping)
    assert downward.shape == y.shape and upward.shape == x.shape
    torch.testing.assert_close((downward * y).sum(), (x * upward).sum(), rtol=1e-4, atol=1e-4)


def test_reparameterized_draws_have_their_moments_and_gradients():
    mean, log_variance = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, -1.0]])
    noise = torch.randn(200_000, 2, generator=torch.manual_seed(0))
    z = reparameterize(mean.expand(200_000, 2), log_variance.expand(200_000, 2), noise)
    torch.testing.assert_close(z.mean(0), mean[0], rtol=0, atol=0.01)
    torch.testing.assert_close(z.var(0), log_variance[0].exp(), rtol=0.01, atol=0)
    mean.requires_grad_(), log_variance.requires_grad_()
    reparameterize(mean, log_variance, noise[:1]).sum().backward()
    assert torch.equal(mean.grad, torch.ones(1, 2))
    torch.testing.assert_close(log_variance.grad, noise[:1] * (log_variance / 2).exp().detach() / 2)


def test_noise_moves_a_vae_s_latents_and_no_autoencoder_s():
    x, noise = frames_of(SMALL), torch.randn(3, 2)
    for variational in (False, True):
        net = Autoencoder(replace(SMALL, variational=variational))
        by_mean, encoded = net(x)
        assert torch.equal(by_mean, net.decode(encoded.mean))
        assert (encoded.log_variance is not None) == variational
        assert torch.equal(net(x, None, noise)[0], by_mean) != variational


@pytest.mark.parametrize("config", [SMALL, replace(SMALL, batch_norm=True, n_pitch_channels=5)])
def test_every_parameter_learns(config):
    net = Autoencoder(config)
    made, _ = net(frames_of(config), torch.tensor([60, 61, 62]))
    (made - frames_of(config)).square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    moved = [p.grad.abs().max() > 0 for n, p in net.named_parameters() if n != "pitch.weight"]
    assert all(moved)


def test_the_decoder_is_conditioned_on_pitch():
    net = Autoencoder(replace(SMALL, n_pitch_channels=5))
    z = torch.zeros(2, 2)
    low, high = net.decode(z, torch.tensor([60, 72]))
    assert not torch.equal(low, high)
    with pytest.raises(TypeError, match=r"conditioned on a pitch: decode\(latents, pitch\)"):
        net.decode(z)


def test_silence_and_a_batch_of_one():
    net = Autoencoder(replace(SMALL, variational=True))
    made, encoded = net(torch.full((1, 16, 8), -1.0), None, torch.zeros(1, 2))
    assert made.isfinite().all() and encoded.mean.shape == (1, 2)


def test_other_sizes_are_refused():
    net = Autoencoder(SMALL)
    for shape in ((1, 15, 8), (1, 16, 9)):
        with pytest.raises(ValueError, match=r"must be \(B, 16, 8\)"):
            net.encode(torch.zeros(shape))
    with pytest.raises(ValueError, match="20 bins and 8 frames: must be multiples of 8 and 4"):
        replace(SMALL, n_bins=20)
    assert replace(SMALL, channels=[4, 6, 8]) == SMALL  # as JSON has it
