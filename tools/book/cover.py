"""What the first page plays: a melody by an instrument and by WaveNet, and a sound of every part.

``python -m tools.book cover`` makes the files of ``book/_static/cover`` from the models that come with the
package, and ``cover.json`` beside them says what they were made from; a test finds that a model
has changed since.  Nothing is selected: each sound is drawn once, from seed 0 on.
"""

import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from tinyaudio.audio.resampling import resample
from tinyaudio.checkpoints import open_run, pretrained
from tinyaudio.data.melodies import Tone
from tinyaudio.data.notes import note
from tinyaudio.data.recorded import recording
from tinyaudio.files import atomic_write
from tinyaudio.represent import melscale, mulaw
from tinyaudio.represent.spectrum import griffin_lim, stft
from tinyaudio.show.players import encoded
from tools.book import ROOT
from tools.book.source import short_hash

FOLDER = ROOT / "book" / "_static" / "cover"
MODELS = (
    "wavenet-notes",
    "singing",
    "istft-vocoder",
    "gansynth-small",
    "ddpm-drums",
    "univnet-vocoder",
)
RATE = 16_000
LEVEL = 0.08  # root mean square
# Beethoven's Ode to Joy: MIDI pitches and beats of 0.4 s.
PITCHES = (64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62)
BEATS = (1.0,) * 12 + (1.5, 0.5, 2.0)
BEAT_S, GAP_S = 0.4, 0.12  # and the silence in which each dies away


def make_cover(folder: Path = FOLDER) -> list[Path]:
    """Make every sound and picture, and the record; returns the files."""
    torch.manual_seed(0)
    flute, wavenet = (melody(notes, 8_000) for notes in (flute_notes, wavenet_notes))
    sounds = {
        "flute": resample(flute, 8_000, RATE),
        "wavenet": resample(wavenet, 8_000, RATE),
        "part1": from_mel(),
        "part3": converted_song(),
        "part4": melody(gansynth_notes(), RATE),
        "part5": drum_loop(),
        "part6": resample(vocoded_sentence(), 8_000, RATE),
    }
    files = {f"{name}.mp3": mp3(sound) for name, sound in sounds.items()}
    files |= {f"{name}.webp": picture(sounds[name]) for name in ("flute", "wavenet")}
    record = {
        "made_from": made_from(),
        "seconds": {name: round(sound.shape[1] / RATE, 1) for name, sound in sounds.items()},
    }
    files["cover.json"] = (json.dumps(record, indent=1) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        with atomic_write(folder / name) as file:
            file.write(data)
    return [folder / name for name in files]


def stale_cover(folder: Path = FOLDER) -> list[str]:
    """A problem if the cover was made from other models, or by other code, than there are now."""
    try:
        record = json.loads((folder / "cover.json").read_text())
    except FileNotFoundError:
        record = {}
    same = record.get("made_from") == made_from()
    return [] if same else ["book/_static/cover: is stale; run python -m tools.book cover"]


def made_from() -> dict[str, str]:
    """Hash of this file and of the weights of every model that is heard."""
    weights = ROOT / "tinyaudio" / "assets" / "models"
    paths = [file for name in MODELS for file in sorted((weights / name).rglob("*.safetensors"))]
    paths.append(ROOT / "tools" / "book" / "cover.py")
    return {str(path.relative_to(ROOT)): short_hash(path.read_bytes(), 16) for path in paths}


def melody(notes: Callable[[list[int]], Tensor], sample_rate: int) -> Tensor:
    """The Ode to Joy by one voice, (1, T)."""
    from tinyaudio.samplers.melody import play_score

    onsets = [BEAT_S * sum(BEATS[:i]) for i in range(len(BEATS))]
    score = [
        Tone(onset, BEAT_S * beats - GAP_S, pitch, 100)
        for onset, beats, pitch in zip(onsets, BEATS, PITCHES, strict=True)
    ]
    return play_score(score, lambda pitches: notes([*pitches]), sample_rate)


def flute_notes(pitches: list[int]) -> Tensor:
    """A computed flute that WaveNet did not learn from, (P, 1, n) at 8 kHz."""
    return torch.stack(
        [note("flute", 36, pitch, sample_rate=8_000, seconds=1.0) for pitch in pitches]
    )


def wavenet_notes(pitches: list[int]) -> Tensor:
    """WaveNet's notes, one sample at a time, (P, 1, n) at 8 kHz."""
    from tinyaudio.models.condition import Condition
    from tinyaudio.samplers.conditioned import Conditioned
    from tinyaudio.samplers.native import native

    run = open_run("wavenet-notes")
    asked = Condition(classes=torch.cat([run.config.notes.classes("flute", p) for p in pitches]))
    network = Conditioned(run.models["net"], asked)
    return mulaw.decode(native(network, 8_000, [*range(len(pitches))], temperature=0.85))[:, None]


def gansynth_notes() -> Callable[[list[int]], Tensor]:
    """Notes of one latent vector, each all at once, (P, 1, n) at 16 kHz."""
    from tinyaudio.represent.gansynth_image import ImageConfig, to_audio
    from tinyaudio.samplers.latent import across_pitches, normal_latents, render_notes

    run = open_run("gansynth-small")
    render = partial(
        render_notes, run.models["generator"], partial(to_audio, config=ImageConfig.small())
    )
    return partial(across_pitches, render, normal_latents(run.config.model.n_latents, [0])[0])


def from_mel() -> Tensor:
    """A recorded voice, brought back from 80 numbers a frame, (1, T)."""
    speech = recording("speech-it-vm-intro").audio[:, : 4 * RATE]
    filters = melscale.mel_filterbank(RATE, n_fft=1024, n_mels=80)
    magnitude = melscale.mel_to_linear(melscale.mel(stft(speech).abs(), filters), filters)
    return griffin_lim(magnitude, length=speech.shape[1])


def converted_song() -> Tensor:
    """A song of synthetic man 0, and the same in the voice of woman 1, (1, T)."""
    from tinyaudio.data.speech.content import melody as song
    from tinyaudio.data.speech.speakers import speaker
    from tinyaudio.data.voices import voice
    from tinyaudio.represent.prosody import mean_voice, mel_and_pitch, voice_sums
    from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
    from tinyaudio.samplers.vocode import HIGHEST, LOWEST, vocode

    sung = voice(speaker(0), song(6_002)).clip[:, : 4 * RATE]
    frames = mel_and_pitch(sung[None], RATE, 1024, 256)
    mean = mean_voice(voice_sums(frames[0]))[None]
    made = pretrained("singing", "net").convert(frames, mean, torch.tensor([1]))
    made = torch.cat([made[:, :80].clamp(LOWEST, HIGHEST), made[:, 80:]], dim=1)
    again = vocode(shipped_vocoder("speech"), made, sung.shape[1])[0]
    return torch.cat([one * (LEVEL / one.square().mean().sqrt()) for one in (sung, again)], dim=1)


def drum_loop() -> Tensor:
    """Eight drum hits out of noise, twice around, (1, T)."""
    from tinyaudio.represent.compressed_stft import CompressedSTFTConfig, to_audio
    from tinyaudio.samplers.diffusion import sample
    from tinyaudio.samplers.diffusion_steps import dpm_solver

    run, config = open_run("ddpm-drums"), CompressedSTFTConfig()
    diffusion = run.config.diffusion
    alpha_bars = diffusion.time.schedule.spaced(20)
    images = sample(
        run.models["net"], diffusion, alpha_bars, config.shape, range(8), step=dpm_solver
    )
    hits = to_audio(images, config)[:, 0]
    hits = hits / hits.abs().amax(1, keepdim=True)
    loop = torch.zeros(16 * 4_000 + hits.shape[1])
    for i in range(16):
        loop[i * 4_000 : i * 4_000 + hits.shape[1]] += hits[i % 8]
    return loop[None]


def vocoded_sentence() -> Tensor:
    """A held-out sentence, and the same from its mel frames by UnivNet, (1, T) at 8 kHz."""
    from tinyaudio.recipes.mel_vocoder import wanted_sound
    from tinyaudio.recipes.univnet import RECIPE

    run = open_run("univnet-vocoder")
    spoken = wanted_sound(run.config, None, 3.0)
    (made,) = RECIPE.commands["generate"](run.config, run.models, seconds=3.0)
    return torch.cat([one * (LEVEL / one.square().mean().sqrt()) for one in (spoken, made[0])], 1)


def mp3(sound: Tensor) -> bytes:
    """A file at the level of all, which none exceeds full scale at."""
    return encoded(sound * (LEVEL / sound.square().mean().sqrt()), RATE, "mp3")


def picture(sound: Tensor) -> bytes:
    """A spectrogram from 0 to 4 kHz without axes: 60 dB from dark to bright."""
    from matplotlib import pyplot as plt

    magnitude = stft(sound[0], 1024, 128).abs()[:257]
    db = 20 * magnitude.clamp_min(1e-9).log10()
    file = io.BytesIO()
    look = {"cmap": "magma", "vmin": db.max() - 55, "vmax": db.max(), "origin": "lower"}
    plt.imsave(file, db.numpy(), format="webp", pil_kwargs={"quality": 75, "method": 6}, **look)
    return file.getvalue()
