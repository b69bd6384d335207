"""The filter of a voice: the resonances of the vocal tract, and filters that change over time.

The first four resonances, the formants, make the vowel.  Above them the tract is modelled as a uniform
tube, closed at the glottis and open at the lips, whose gain is 1/cosh: *all* its resonances in closed
form.  A finite product of resonances would lose 12 dB per octave above the last, about 90 dB at 20 kHz.

Paper:      Fant 1960, "Acoustic Theory of Speech Production" (the tube; the higher-pole correction);
            Klatt 1980, "Software for a cascade/parallel formant synthesizer" (bandwidths).
Implements: `resonators`, `tube`, `tube_tail`, `friction_gain`, `overlap_add`.
Differs:    from Fant's higher-pole correction, a series up to 4 kHz: the closed form holds anywhere.
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Complex, Float
from scipy.fft import irfft

SPEED_CM = 35_000.0  # of sound in moist air at 37 °C, in cm/s
BANDWIDTHS_HZ = (60.0, 80.0, 120.0, 180.0)  # of the first four resonances, for a tube of 17 cm
N_FORMANTS = 4
RING = 6  # hops for which a filter may ring after its frame


def resonators(
    f_hz: Float[np.ndarray, " freq"],
    formants_hz: Float[np.ndarray, "frames formants"],
    bandwidths_hz: Float[np.ndarray, "frames formants"],
) -> Complex[np.ndarray, "frames freq"]:
    """Gain of resonances in series, each a pair of poles p = −πB ± 2πjF, and 1 at 0 Hz.

    H(s) = Π |p|² / ((s − p)(s − p*)) with s = 2πjf; the denominator is |p|² − (2πf)² + 2πB·2πjf.

    Args:
        f_hz: Frequencies at which to compute the gain.
        formants_hz: Frequencies F of the resonances.
        bandwidths_hz: Their bandwidths B.

    Returns:
        The complex gain.

    Example:
        >>> gain = resonators(np.array([0.0, 500.0]), np.array([[500.0]]), np.array([[50.0]]))
        >>> np.abs(gain).round(1).tolist()
        [[1.0, 10.0]]
    """
    omega = 2 * np.pi * f_hz
    denominator = np.ones((len(formants_hz), len(f_hz)), complex)
    factor = np.empty_like(denominator)
    for formant, bandwidth in zip(formants_hz.T, bandwidths_hz.T, strict=True):
        squared = (np.pi * bandwidth) ** 2 + (2 * np.pi * formant) ** 2
        factor.real = 1 - (1 / squared)[:, None] * omega**2
        factor.imag = (2 * np.pi * bandwidth / squared)[:, None] * omega
        denominator *= factor
    return 1 / denominator


def _tube_bandwidth_hz(f_hz: Float[np.ndarray, " freq"]) -> Float[np.ndarray, " freq"]:
    """Bandwidth of a tube's resonances: wider as losses and radiation grow with frequency."""
    return 80.0 + 0.02 * f_hz


def tube(f_hz: Float[np.ndarray, " freq"], length_cm: float) -> Complex[np.ndarray, " freq"]:
    """Gain of a lossy tube closed at one end: 1 / cosh((s + πB(f)) L / c).

    Args:
        f_hz: Frequencies at which to compute the gain.
        length_cm: Length L of the tube.

    Returns:
        The complex gain; its peaks lie at odd multiples of c / 4L.

    Example:
        >>> np.abs(tube(np.array([0.0, 500.0]), 17.5)).round(1).tolist()
        [1.0, 7.1]
    """
    losses = np.pi * _tube_bandwidth_hz(f_hz)
    return 1 / np.cosh((2j * np.pi * f_hz + losses) * length_cm / SPEED_CM)


def tube_tail(f_hz: Float[np.ndarray, " freq"], length_cm: float) -> Complex[np.ndarray, " freq"]:
    """Gain of all resonances of a tube but the first four, which the vowel determines.

    Args:
        f_hz: Frequencies at which to compute the gain.
        length_cm: Length of the tube.

    Returns:
        The complex gain: `tube` divided by its own first four `resonators`.

    Example:
        >>> bool(np.abs(tube_tail(np.array([20_000.0]), 17.0))[0] > 100)  # the high band stays loud
        True
    """
    first = (2 * np.arange(1, N_FORMANTS + 1) - 1) * SPEED_CM / (4 * length_cm)
    return tube(f_hz, length_cm) / resonators(f_hz, first[None], _tube_bandwidth_hz(first)[None])[0]


def friction_gain(
    f_hz: Float[np.ndarray, " freq"],
    peak_hz: float,
    low_skirt_db: float,
    high_skirt_db: float,
    length_cm: float,
) -> Float[np.ndarray, " freq"]:
    """Gain for noise made in the mouth: a peak with two skirts, rippled by the cavity behind it.

    Args:
        f_hz: Frequencies at which to compute the gain.
        peak_hz: Frequency at which it is 1, apart from the ripple.
        low_skirt_db: Its fall per octave below the peak.
        high_skirt_db: Its fall per octave above the peak.
        length_cm: Length of the vocal tract, which sets the ripple.

    Returns:
        The gain.

    Example:
        >>> gain = friction_gain(np.array([1000.0, 4000.0, 8000.0]), 4000.0, 12.0, 6.0, 17.0)
        >>> bool(gain[1] > gain[0]) and bool(gain[1] > gain[2])
        True
    """
    octaves = np.log2(np.maximum(f_hz, 50.0) / peak_hz)
    skirts_db = np.where(octaves < 0, low_skirt_db * octaves, -high_skirt_db * octaves)
    ripple_db = 4 * np.cos(2 * np.pi * f_hz * length_cm / SPEED_CM + 1.0)
    return np.asarray(10 ** ((skirts_db + ripple_db) / 20))


def n_fft(hop_length: int) -> int:
    """Length of the transforms: a frame of two hops, its ringing, and one hop before the frame.

    Args:
        hop_length: From frame to frame, in samples.

    Returns:
        The length, in samples.

    Example:
        >>> n_fft(480)
        3840
    """
    return (2 + RING) * hop_length


def frames_of(
    signal: Float[np.ndarray, " time"], hop_length: int
) -> Float[np.ndarray, "frames window"]:
    """Windowed frames of two hops, centred on every multiple of the hop; the windows add up to 1.

    Args:
        signal: The input.
        hop_length: From frame to frame, in samples.

    Returns:
        The windowed frames, one more than there are hops in the signal.

    Example:
        >>> frames_of(np.ones(4), 2).round(3).tolist()
        [[0.0, 0.0, 1.0, 0.5], [0.0, 0.5, 1.0, 0.5], [0.0, 0.5, 0.0, 0.0]]
    """
    n_frames = -(-len(signal) // hop_length) + 1
    padded = np.zeros((n_frames + 1) * hop_length)
    padded[hop_length : hop_length + len(signal)] = signal
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop_length)[::hop_length]
    hann = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop_length) / hop_length)
    return np.asarray(windows * hann)


def overlap_add(
    blocks: Iterable[Complex[np.ndarray, "_ freq"]], hop_length: int, n_samples: int
) -> Float[np.ndarray, " time"]:
    """Resynthesize a signal from the filtered spectra of its frames.

    Each frame is filtered as a whole; where two overlap, the output is crossfaded from one filter to
    the next.

    Args:
        blocks: Spectra of some frames at a time, in order: the transforms of `frames_of`, of length
            `n_fft`, times the gain of each frame's filter. A few frames at a time fit the
            processor's cache, which doubles the speed.
        hop_length: From frame to frame, in samples.
        n_samples: Length of the original signal.

    Returns:
        The filtered signal, of the same length.

    Example:
        >>> signal = np.arange(10.0)
        >>> spectra = np.fft.rfft(frames_of(signal, 2), n_fft(2))
        >>> bool(np.allclose(overlap_add([spectra[:3], spectra[3:]], 2, 10), signal))
        True
    """
    size = n_fft(hop_length)
    n_frames = -(-n_samples // hop_length) + 1
    output = np.zeros((n_frames + RING + 2, hop_length))
    first = 0
    for spectra in blocks:
        parts = irfft(spectra, size).reshape(len(spectra), RING + 2, hop_length)
        end = first + len(spectra)
        for k in range(RING + 1):
            output[first + 1 + k : end + 1 + k] += parts[:, k]
        # The transform is circular: its last hop is the response before the frame, since a zero-phase
        # filter rings to both sides.
        output[first:end] += parts[:, -1]
        first = end
    return output.reshape(-1)[2 * hop_length :][:n_samples]
