r"""A voice as a source and a filter: harmonics of a pitch, shaped by the envelope of a mel spectrogram.

    x_t = \sum_h Re[a_h(t) e^{2 \pi i h \phi_t}],   \phi_t = \sum_{s < t} f_s / sample\_rate

The amplitudes a_h are read off the envelope, whose phase is the minimum phase.  The phase of the source,
phi in cycles, comes from the pitch alone, or is aligned with a recording.  Throughout, `frames` are those
of `tinyaudio.represent.logmel.log_mel`, of one voice; `audio` is in [-1, 1] and `sample_rate` in Hz.

Paper:      McAulay & Quatieri, "Speech analysis/synthesis based on a sinusoidal representation", 1986;
            Oppenheim & Schafer, "Discrete-time signal processing", for the minimum phase by the cepstrum;
            Boersma, "Accurate short-term analysis of the fundamental frequency", 1993, for pitch as the
            path of least cost, found by Viterbi's algorithm.
Implements: `voice_pitch` and `mel_pitch`; `phase_from_pitch` and `align_phase`; `harmonic_signal` and
            `aligned_harmonics`; `spectral_envelope`, `minimum_phase` and `match_levels`.
Differs:    no noise: what is unvoiced becomes harmonics too, and every frame has a pitch.
"""

import math
from collections.abc import Iterator

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import UserError
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, filterbank, from_log_mel
from tinyaudio.represent.melscale import hz_to_mel, mel_to_linear
from tinyaudio.represent.spectrum import griffin_lim

LOW_HZ, HIGH_HZ = 60.0, 600.0  # of voices
OCTAVES_PER_STEP = 1 / 120  # of the grid of pitches: 10 cents
OCTAVE_JUMP_COST, OCTAVE_UP_BONUS = 0.2, 0.03  # in units of autocorrelation
HIGHEST_RATE = 48_000  # where a frame of N_FFT samples, 21 ms, still holds a period of 60 Hz
N_SHIFTS = 128  # places in a cycle that `align_phase` compares
ALIGN_WINDOW = 3 * HOP_LENGTH  # samples
SHIFT_COST = (
    16.0  # of a squared cycle from frame to frame, in units of the frame's best correlation
)


def normalized_autocorrelation(
    audio: Float[Tensor, " T"], sample_rate: int
) -> tuple[Float[Tensor, " P"], Float[Tensor, "N P"]]:
    r"""How similar each frame is to itself one period later, for a grid of pitches.

    r_n(\tau) = 2 \sum_t x_t x_{t + \tau} / (\sum_t x_t^2 + \sum_t x_{t + \tau}^2)

    Returns:
        log2 of the pitches in Hz, and r, which is 1 for a periodic frame.  N = 1 + T // 256.
    """
    check_waveform(audio)
    octaves = torch.arange(math.log2(LOW_HZ), math.log2(HIGH_HZ), OCTAVES_PER_STEP)
    lags = sample_rate / 2**octaves
    n_lags = int(lags[0]) + 3
    frames = F.pad(audio, (N_FFT // 2, N_FFT // 2)).unfold(0, N_FFT, HOP_LENGTH).double()
    products = torch.fft.irfft(torch.fft.rfft(frames, 2 * N_FFT).abs() ** 2)[:, :n_lags]
    energy, tau = F.pad(frames.square().cumsum(1), (1, 0)), torch.arange(n_lags)
    energies = energy[:, N_FFT - tau] + energy[:, -1:] - energy[:, tau]
    r = (2 * products / (energies + 1e-6)).float()
    # Lags are no whole numbers: a cubic through the four whole lags around each.
    k, s = lags.long(), lags % 1
    a, b, c, d = (r[:, k + i] for i in (-1, 0, 1, 2))
    cubic = b + s / 2 * (c - a + s * (2 * a - 5 * b + 4 * c - d + s * (3 * (b - c) + d - a)))
    return octaves, cubic


def voice_pitch(audio: Float[Tensor, " T"], sample_rate: int) -> Float[Tensor, " N"]:
    """Follow the pitch of one voice.

    Returns:
        In Hz, from 60 to 600, also where nothing is voiced; at samples 0, 256, ...  N = 1 + T // 256.

    Raises:
        UserError: The sample rate is so high that a frame does not hold a period of 60 Hz.

    Example:
        >>> t = torch.arange(8_000) / 16_000
        >>> buzz = sum(torch.sin(2 * torch.pi * 150 * k * t) for k in range(1, 20)) / 20
        >>> voice_pitch(buzz, 16_000)[10].round()
        tensor(150.)
    """
    if sample_rate > HIGHEST_RATE:
        raise UserError(
            f"voice_pitch: a sample rate of {sample_rate} Hz is above {HIGHEST_RATE}; resample first"
        )
    octaves, r = normalized_autocorrelation(audio, sample_rate)
    r = r + OCTAVE_UP_BONUS * (octaves - octaves[0])  # two periods are similar, too: prefer one
    jumps = (octaves[:, None] - octaves).abs().clamp(max=1.0)
    # The peak lies between points of the grid: at the top of the parabola through three of them.
    peak = best_path(r, OCTAVE_JUMP_COST * jumps).clamp(1, len(octaves) - 2)
    a, b, c = (r.gather(1, (peak + i)[:, None])[:, 0] for i in (-1, 0, 1))
    offset = ((a - c) / 2 / (a - 2 * b + c).clamp(max=-1e-9)).clamp(-0.5, 0.5)
    return 2 ** (octaves[peak] + OCTAVES_PER_STEP * offset)


def mel_pitch(frames: Float[Tensor, "M N"], sample_rate: int) -> Float[Tensor, " N"]:
    """The pitch of a mel spectrogram: `voice_pitch` of its reconstruction by Griffin and Lim."""
    magnitude = mel_to_linear(from_log_mel(frames), filterbank(sample_rate))
    padded = F.pad(magnitude[None], (0, 1), mode="replicate")[0]  # sound on both sides of the last
    return voice_pitch(griffin_lim(padded, HOP_LENGTH), sample_rate)[: frames.shape[1]]


def best_path(values: Float[Tensor, "N K"], costs: Float[Tensor, "K K"]) -> Int[Tensor, " N"]:
    """Viterbi's algorithm: a state for each frame, of greatest total value less the costs of the steps.

    Example:
        >>> values = torch.tensor([[0.0, 1.0], [0.5, 0.0], [0.0, 1.0]])
        >>> best_path(values, torch.zeros(2, 2)), best_path(values, 1 - torch.eye(2))
        (tensor([1, 0, 1]), tensor([1, 1, 1]))
    """
    total, previous = values[0], []
    for value in values[1:]:
        best, state = (total[:, None] - costs).max(dim=0)
        total = best + value
        previous.append(state)
    path = [total.argmax()]
    for state in reversed(previous):
        path.append(state[path[-1]])
    return torch.stack(path[::-1])


def phase_from_pitch(hz: Float[Tensor, " N"], sample_rate: int) -> Float[Tensor, " T"]:
    """Accumulate a pitch, given at samples 0, 256, ..., into a phase.

    Returns:
        In cycles from 0 on, not wrapped, float64; T = 256 N.

    Example:
        >>> phase_from_pitch(torch.tensor([4_000.0, 4_000.0]), 16_000)[:4]
        tensor([0.0000, 0.2500, 0.5000, 0.7500], dtype=torch.float64)
    """
    cycles = upsample(hz.double()) / sample_rate
    return F.pad(cycles.cumsum(0), (1, -1))


def align_phase(
    phase: Float[Tensor, " T"],
    frames: Float[Tensor, "M N"],
    audio: Float[Tensor, " samples"],
    sample_rate: int,
) -> Float[Tensor, " T"]:
    """Shift a phase, by an amount that changes slowly, so that `harmonic_signal` resembles a recording.

    After the end of the recording, which may have up to T = 256 N samples, the shift stays constant.
    """
    check_waveform(audio)
    audio = F.pad(audio, (0, len(phase) - len(audio)))
    margin, window = ALIGN_WINDOW // 2, torch.hann_window(ALIGN_WINDOW, device=audio.device)
    # Correlation of the recording with each harmonic, around the beginning of each frame.
    correlations = []
    for partial in partials(frames, phase, sample_rate):
        product = torch.view_as_real(partial * audio).T
        around = F.pad(product, (margin, margin)).unfold(1, ALIGN_WINDOW, HOP_LENGTH)
        correlations.append(torch.complex(*(around @ window)))
    shifts = torch.arange(N_SHIFTS, device=audio.device) / N_SHIFTS  # in cycles
    h = torch.arange(1, len(correlations) + 1, device=audio.device)
    turns = torch.exp(2j * math.pi * (h * shifts[:, None] % 1))  # (shifts, harmonics)
    likeness = (turns @ torch.stack(correlations)).real.T  # (N + 1, shifts)
    likeness = likeness / likeness.abs().amax(1, keepdim=True).clamp(min=1e-9)
    change = (shifts[:, None] - shifts + 0.5) % 1 - 0.5
    shift = shifts[best_path(likeness, SHIFT_COST * change.square())].double()
    steps = shift.diff()
    unwrapped = shift[0] + F.pad((steps - steps.round()).cumsum(0), (1, 0))
    return phase + upsample(unwrapped)[: len(phase)]


def harmonic_signal(
    frames: Float[Tensor, "M N"], phase: Float[Tensor, " T"], sample_rate: int
) -> Float[Tensor, " T"]:
    """Sum of all harmonics below half the sample rate, with the envelope of a mel spectrogram.

    Example:
        >>> from tinyaudio.represent.logmel import log_mel
        >>> phase = phase_from_pitch(torch.full((32,), 150.0), 16_000)
        >>> buzz = sum(torch.cos(2 * torch.pi * k * phase) for k in range(1, 50)).float() / 50
        >>> made = harmonic_signal(log_mel(buzz[None, None], 16_000)[0, :, :32], phase, 16_000)
        >>> torch.corrcoef(torch.stack([buzz, made]))[0, 1].round(decimals=1)
        tensor(0.7000)
    """
    return sum((p.real for p in partials(frames, phase, sample_rate)), torch.zeros(()))


def aligned_harmonics(
    audio: Float[Tensor, " T"], frames: Float[Tensor, "M N"], sample_rate: int
) -> Float[Tensor, " T"]:
    """The harmonics of a recorded voice, in phase with it; ``frames`` are those of the recording."""
    phase = phase_from_pitch(voice_pitch(audio, sample_rate), sample_rate)
    n = len(phase) // HOP_LENGTH  # without the frame beyond the end, if T is no multiple of 256
    aligned = align_phase(phase, frames[:, :n], audio, sample_rate)
    return harmonic_signal(frames[:, :n], aligned, sample_rate)[: len(audio)]


def partials(
    frames: Float[Tensor, "M N"], phase: Float[Tensor, " T"], sample_rate: int
) -> Iterator[Complex[Tensor, " T"]]:
    """Each harmonic as a complex signal, from the first to the last below half the sample rate."""
    cycles = phase.unflatten(0, (frames.shape[1], HOP_LENGTH))
    hz = (
        (cycles[:, -1] - cycles[:, 0]) / (HOP_LENGTH - 1) * sample_rate
    ).float()  # mean of a frame
    spectrum = minimum_phase(spectral_envelope(frames, sample_rate))
    first = torch.exp(2j * math.pi * (phase % 1)).to(spectrum.dtype)
    turn = torch.ones_like(first)
    for h in range(1, int(sample_rate / 2 / hz.min()) + 1):
        turn = turn * first
        bins = h * hz * N_FFT / sample_rate
        below = bins.long().clamp(max=N_FFT // 2 - 1)
        low, high = (spectrum.gather(0, (below + i)[None])[0] for i in (0, 1))
        # A sine of amplitude A has magnitudes of A N_FFT / 2 in all; a harmonic has those of hz / bin.
        amplitude = (low + (bins - below) * (high - low)) * 2 * hz / sample_rate
        yield upsample(torch.where(bins < N_FFT // 2, amplitude, 0)) * turn


def upsample(values: Tensor) -> Tensor:
    """(N,) to (256 N,): linear between frames, constant after the last."""
    steps = F.pad(values.diff(), (0, 1))
    share = torch.arange(HOP_LENGTH, device=values.device) / HOP_LENGTH
    return (values[:, None] + steps[:, None] * share).flatten()


def spectral_envelope(
    frames: Float[Tensor, "*batch M N"], sample_rate: int
) -> Float[Tensor, "*batch F N"]:
    """Magnitudes of `tinyaudio.represent.spectrum.stft` without harmonics: linear between mel bands, in dB."""
    M = frames.shape[-2]
    hz = torch.linspace(0, sample_rate / 2, N_FFT // 2 + 1, device=frames.device)
    place = (hz_to_mel(hz) / hz_to_mel(hz[-1:]) * (M + 1) - 1).clamp(0, M - 1)
    below = place.long().clamp(max=M - 2)
    low, high = (frames.index_select(-2, below + i) for i in (0, 1))
    density = from_log_mel(low + (place - below)[:, None] * (high - low))
    return density * sample_rate / N_FFT  # Slaney's filters have area 1 over Hz, not over bins


def minimum_phase(magnitudes: Float[Tensor, "*batch F N"]) -> Complex[Tensor, "*batch F N"]:
    """The spectrum of the causal filter with these magnitudes whose energy comes earliest."""
    half = magnitudes.shape[-2] - 1
    cepstrum = torch.fft.irfft(magnitudes.mT.log(), 2 * half)  # even: its second half is before 0
    # Folding what is before 0 onto what is after it makes the filter causal and keeps its magnitude.
    folded = F.pad(2 * cepstrum[..., :half], (0, half))
    folded[..., 0], folded[..., half] = cepstrum[..., 0], cepstrum[..., half]
    return torch.fft.rfft(folded).exp().mT


def match_levels(
    magnitude: Float[Tensor, "*batch F N"],
    frames: Float[Tensor, "*batch M N"],
    sample_rate: int,
    n_rounds: int = 4,
) -> Float[Tensor, "*batch F N"]:
    """Give a magnitude spectrogram the levels of mel bands; its detail inside a band, the harmonics, stays.

    Bands overlap: each round comes nearer.
    """
    n_fft = 2 * (magnitude.shape[-2] - 1)
    bands = filterbank(sample_rate, n_fft).to(magnitude) * (N_FFT / n_fft)  # as in `log_mel`
    shares = (bands / bands.sum(0).clamp(min=1e-6)).T  # of each band in a bin
    mels, matched = from_log_mel(frames), magnitude + 1e-5
    for _ in range(n_rounds):
        matched = matched * (shares @ (mels / (bands @ matched).clamp(min=1e-6)))
    return matched
