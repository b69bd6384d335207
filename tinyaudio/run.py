"""Run a recipe: train it, stop and resume it, score it on held-out sound.

See:        `tinyaudio.recipe` for what a recipe is; `tinyaudio.run_folder` for what a run leaves behind.
"""

import json
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, Subset, default_collate
from tqdm.auto import tqdm

from tinyaudio.checkpoints import FORMAT
from tinyaudio.data.batches import Batches
from tinyaudio.data.item import Described
from tinyaudio.devices import move_to, resolve_device
from tinyaudio.errors import DataError, UserError
from tinyaudio.memory import check_batch
from tinyaudio.microbatches import check_precision, micro_batch_loss
from tinyaudio.processes import (
    any_process,
    check_agreement,
    check_division,
    lost_process,
    make_accelerator,
    rank_and_number,
    share_generator,
    stop_signals,
)
from tinyaudio.recipe import Models, Recipe, networks
from tinyaudio.resume import save_state
from tinyaudio.run_folder import (
    changed_backend,
    init_from_run,
    locked_run,
    log,
    resume,
    truncate_log,
    versions,
    write_json,
)
from tinyaudio.train import Batch, State, train
from tinyaudio.weights import save_weights

LOG_EVERY = 10  # steps
EVAL_BATCH = 8  # held-out clips a batch
EVAL_CLIPS = 32  # scored while training: enough for a steady number, few enough not to wait for


def run(
    recipe: Recipe[Any],
    config: Any,
    out: Path,
    *,
    folder: Path | None = None,
    init_from: Path | None = None,
    device: str = "auto",
    workers: int = 0,
    eval_every: int = 50,
    save_every: int = 100,
    minutes: float | int | None = None,
    accumulate: int = 1,
    precision: str = "float32",
) -> State:
    """Train until ``config.steps``, from the beginning or from where this run was left.

    Args:
        recipe: What to train.
        config: One of its configurations.
        out: The run's folder.
        folder: Audio to learn from; the recipe's own sound by default.
        init_from: A run, or a model that comes with the package, whose weights this one starts from.
        device: "auto", "cpu", "cuda", ...
        workers: Processes that read audio ahead; they change the speed, never the result.
        eval_every: Steps between evaluations on held-out sound.
        save_every: Steps between checkpoints.
        minutes: Stop after this long, to be resumed later.
        accumulate: Equal parts in which each process takes its share of a batch, to save memory.
        precision: Of convolutions and matrix products, "float32" or "bf16"; weights are float32.

    Returns:
        The state at the end.

    Raises:
        UserError: Anything a user can mend, in one line.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the step was finished and saved first.
    """
    if folder and recipe.for_folder:
        config = recipe.for_folder(config, folder)
    accelerator = make_accelerator(device)
    rank, world_size = rank_and_number(accelerator)
    main = rank == 0
    check_division(config.batch_size, world_size, accumulate)
    check_precision(precision)
    metadata = {
        "format": FORMAT,
        "recipe": recipe.name,
        "config": json.loads(json.dumps(asdict(config))),  # lists for tuples, as they are read back
        "data": {"folder": str(folder.resolve()) if folder else None},
        "from": str(init_from) if init_from else None,
    }
    losing = lost_process(out) if accelerator else nullcontext()
    with ExitStack() as signals, losing, locked_run(out) if main else nullcontext():
        seed_all(config.seed)
        state = State(recipe.learners(config))
        move_to(state, str(accelerator.device) if accelerator else resolve_device(device))
        resumed = resume(state, out, metadata)
        share_generator(accelerator if resumed else None)
        if init_from and not resumed:
            init_from_run(state, recipe, init_from)
        held_out, clips, problem = read_data(recipe, config, folder)
        check_agreement(accelerator, problem, state.step, clips)
        part = {"rank": rank, "world_size": world_size}
        batches = Batches(clips, config.batch_size, workers=workers, seed=config.seed, **part)
        for one in state.learners:
            one.loss = micro_batch_loss(one, rank, world_size, accumulate, precision == "bf16")
        stop = signals.enter_context(stop_signals())
        if main:
            rounded = f" in {precision}" if precision != "float32" else ""
            backends = {one.name: one.backend() + rounded for one in state.learners}
            if resumed and (change := changed_backend(out, backends)):
                report(change)
            made_by = metadata | versions() | {"backends": backends}
            if isinstance(clips, Described):
                made_by["dataset"] = clips.summary()
                report(f"learning from {json.dumps(made_by['dataset'])}")
            write_json(out / "run.json", made_by)
            truncate_log(out / "log.jsonl", state.step)
            verb = "resuming" if resumed else "training"
            report(f"{verb} {recipe.name} in {out}, step {state.step} of {config.steps}")

        def save_networks() -> None:
            for name, network in networks(state.learners).items():
                save_weights(network, out / name)

        def save() -> None:
            if main:  # whose random generators are those of all
                save_state(state, out / "state.safetensors", metadata=metadata)
                save_networks()

        def evaluate() -> None:
            scores = evaluate_models(recipe, config, networks(state.learners), held_out)
            log(out, {"step": state.step, **{f"held_out/{k}": v for k, v in scores.items()}})
            shown = ", ".join(f"{k} {v:.3f}" for k, v in scores.items())
            report(f"step {state.step:>7}  held-out {shown}")

        if main and resumed:
            save_networks()  # a kill may have come between the state and them
        elif main:
            evaluate()
        began = time.monotonic()
        bar = tqdm(
            total=config.steps, initial=state.step, unit="step", disable=None if main else True
        )
        with bar:
            for _ in train(state, batches.from_step(state.step), config.steps, accelerator):
                bar.update()
                last = state.step == config.steps
                seconds = time.monotonic() - began
                if main and (state.step % LOG_EVERY == 0 or last):
                    log(out, {"step": state.step, **state.logs, "seconds": round(seconds, 2)})
                    bar.set_postfix({k: f"{v:.3f}" for k, v in state.logs.items() if "/loss" in k})
                out_of_time = minutes is not None and seconds > 60 * minutes
                stopping = any_process(accelerator, stop.is_set() or out_of_time)
                if main and (state.step % eval_every == 0 or last or out_of_time):
                    evaluate()
                if state.step % save_every == 0 or last or stopping:
                    save()
                if stopping:
                    break
        if accelerator:
            accelerator.end_training()
        if main:
            report(ending(state.step, config.steps, out, interrupted=stop.is_set()))
    if stop.is_set():
        raise KeyboardInterrupt
    return state


def ending(step: int, steps: int, out: Path, *, interrupted: bool = False) -> str:
    """What is said at the end of a run.

    Example:
        >>> ending(9, 400, Path("runs/mine"))
        'stopped at step 9 of 400, saved in runs/mine; the same command resumes'
    """
    if step >= steps:
        return f"done: step {step} of {steps}, saved in {out}"
    verb = "interrupted" if interrupted else "stopped"
    return f"{verb} at step {step} of {steps}, saved in {out}; the same command resumes"


def report(text: str) -> None:
    """Print a line beside the progress bar; training goes on if nobody reads it, or the disk is full."""
    try:
        tqdm.write(text, file=sys.stdout)
        sys.stdout.flush()
    except OSError:
        discard_output()


def discard_output() -> None:
    """Let what is printed from now on go nowhere, so that it can fail no more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def seed_all(seed: int) -> None:
    """Seed every generator whose state a checkpoint holds."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the generator that other libraries may draw from
    torch.manual_seed(seed)


def read_data(
    recipe: Recipe[Any], config: Any, folder: Path | None
) -> tuple[list[Batch], Dataset, UserError | None]:
    """Batches of held-out sound, the clips to learn from, and what is wrong with them, if something is."""
    try:
        held_out = [*batches_of(recipe.dataset(config, "valid", folder), EVAL_CLIPS)]
        clips = recipe.dataset(config, "train", folder)
        check_batch(clips[0], config.batch_size)
    except UserError as error:
        return [], Subset([], []), error  # type: ignore[arg-type]
    return held_out, clips, None


def batches_of(dataset: Dataset, n_clips: int | None = None) -> Iterator[Batch]:
    """The clips of a data set in order, `EVAL_BATCH` at a time.

    Args:
        dataset: Its items are dicts of tensors of equal shapes, ``audio`` among them.
        n_clips: How many to take, at most; all by default.

    Raises:
        DataError: It is empty.
    """
    n = len(dataset)  # type: ignore[arg-type]
    if n == 0:
        raise DataError(
            "no held-out sound: the recordings are too short for a single crop; add some"
        )
    items = iter(range(n if n_clips is None else min(n, n_clips)))
    while chosen := list(islice(items, EVAL_BATCH)):
        yield default_collate([dataset[i] for i in chosen])


def evaluate_models(
    recipe: Recipe[Any], config: Any, models: Models, batches: Iterable[Batch]
) -> dict[str, float]:
    """Evaluate without leaving a trace in training: not in its random numbers, not in its modes."""
    training = {name: model.training for name, model in models.items()}
    try:
        for model in models.values():
            model.eval()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return recipe.evaluate(config, models, batches)
    finally:
        for name, model in models.items():
            model.train(training[name])
