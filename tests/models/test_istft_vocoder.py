"""The frame-rate vocoder: an untrained one is its start, every part can be switched off and has a gradient."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.models.istft_vocoder import NOISE_RMS, ISTFTVocoder, ISTFTVocoderConfig
from tinyaudio.represent.logmel import log_mel
from tinyaudio.represent.source_filter import harmonic_signal, phase_from_pitch, spectral_envelope
from tinyaudio.represent.spectrum import istft, stft

RATE, HOPS = 16_000, 24
SMALL = ISTFTVocoderConfig(channels=16, n_blocks=2)
BARE = replace(SMALL, noise=False, n_match=0, n_rounds=0)


@pytest.fixture(scope="module")
def voice():
    """Mel frames (1, 80, 25) of a falling spectrum, harmonics of 150 Hz in it, and white noise."""
    draws = torch.Generator().manual_seed(0)
    rough = torch.randn(1, 1, HOPS * 256, generator=draws)
    frames = log_mel(rough.cumsum(2) / 40, RATE)
    phase = phase_from_pitch(torch.full((HOPS + 1,), 150.0), RATE)
    harmonics = harmonic_signal(frames[0], phase, RATE)[None, None, : HOPS * 256]
    return frames, harmonics, torch.randn(1, 1, HOPS * 256, generator=draws)


def test_an_untrained_network_leaves_the_harmonics_as_they_are(voice):
    frames, harmonics, _ = voice
    torch.testing.assert_close(ISTFTVocoder(BARE)(frames, harmonics), harmonics, atol=1e-5, rtol=0)


def test_an_untrained_network_without_harmonics_starts_from_the_envelope(voice):
    frames, _, noise = voice
    envelope = spectral_envelope(frames, RATE)
    made = ISTFTVocoder(replace(BARE, harmonic=False))(frames)
    torch.testing.assert_close(made[:, 0], istft(envelope.to(torch.complex64)), atol=1e-5, rtol=0)
    both = ISTFTVocoder(replace(BARE, harmonic=False, noise=True))(frames, None, noise)
    shaped = istft(envelope * stft(noise[:, 0]) / NOISE_RMS) * torch.tensor(-3.0).exp()
    torch.testing.assert_close((both - made)[:, 0], shaped, atol=1e-5, rtol=1e-3)


def test_the_start_s_gain_and_phase_offset_are_the_network_s(voice):
    frames, harmonics, _ = voice
    net = ISTFTVocoder(BARE)
    with torch.no_grad():
        net.head.bias[:513] = torch.tensor(2.0).log()
        net.head.bias[513 : 2 * 513] = torch.pi  # a half turn changes the sign
    inner = slice(512, -512)
    made = net(frames, harmonics)[..., inner]
    torch.testing.assert_close(made, -2 * harmonics[..., inner], atol=1e-4, rtol=0)


def test_matching_gives_the_levels_of_the_frames_and_rounds_keep_them(voice):
    frames, harmonics, noise = voice

    def error_db(config):
        made = ISTFTVocoder(config)(frames, 0.2 * harmonics, noise)
        return 40 * (log_mel(made, RATE) - frames)[:, :, 3:-3].abs().mean().item()

    bare = error_db(replace(SMALL, n_match=0, n_rounds=0))
    matched = error_db(replace(SMALL, n_match=4, n_rounds=0))
    refined = error_db(replace(SMALL, n_match=4, n_rounds=4))
    assert bare > 8 and refined < matched < 5


def test_every_parameter_has_a_gradient(voice):
    frames, harmonics, noise = voice
    for config in (SMALL, replace(SMALL, harmonic=False)):
        net = ISTFTVocoder(config)
        torch.nn.init.normal_(net.head.weight, std=0.01)  # zeros let nothing through
        net(frames, harmonics, noise).square().sum().backward()
        for name, parameter in net.named_parameters():
            assert parameter.grad.abs().sum() > 0 and parameter.grad.isfinite().all(), name


def test_without_harmonics_a_harmonic_network_says_so(voice):
    with pytest.raises(TypeError, match="harmonics"):
        ISTFTVocoder(SMALL)(voice[0])


@pytest.mark.parametrize(("size", "millions"), [("tiny", 0.24), ("large", 14.0)])
def test_sizes(size, millions):
    with torch.device("meta"):
        net = ISTFTVocoder(getattr(ISTFTVocoderConfig, size)())
    assert sum(p.numel() for p in net.parameters()) / 1e6 == pytest.approx(millions, rel=0.02)
