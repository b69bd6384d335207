"""Chapter 22, "Measuring and listening": the checkers of the chapter."""

from tinyaudio.exercises.log_spectra import check_lsd as check_lsd
from tinyaudio.exercises.low_band_replacement import check_low_band as check_low_band
from tinyaudio.exercises.required_trials import check_trials as check_trials
from tinyaudio.exercises.signal_to_noise import check_snr as check_snr
