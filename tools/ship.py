"""Put a run's weights into the package, and its record into ``runs``.

COMMAND     python -m tools.ship RUN NAME [--begun-with NAME] [--record-only]
EXPECT      tinyaudio/assets/models/NAME, in half precision; runs/NAME, the run's own words, in which
            its folder is called runs/NAME and a folder of recordings by its last name; a run that
            others began with leaves its record only
"""

import argparse
import json
from pathlib import Path

from tinyaudio.checkpoints import load_weights, save_weights
from tinyaudio.recipes.folder import RECIPES, open_run, read_about, write_json

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Ship one model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder 'tinyaudio train' made")
    parser.add_argument("name", metavar="NAME", help="what `pretrained` is to know it by")
    parser.add_argument("--begun-with", help="record of the run that this one began with")
    parser.add_argument(
        "--record-only", action="store_true", help="leave the weights where they are"
    )
    options = parser.parse_args()
    _, _, models = open_run(options.run)
    (net,) = models.values()
    record = read_about(options.run)
    lines = [json.loads(line) for line in (options.run / "log.jsonl").read_text().splitlines()]
    *_, last = (line for line in lines if "held_out/bits_per_sample" in line)

    command = record["command"].replace(str(options.run), f"runs/{options.name}")
    if folder := record["data"]["folder"]:
        command = command.replace(folder, Path(folder).name)
        record["data"]["folder"] = Path(folder).name
    if begun := record.get("from"):
        if not options.begun_with:
            parser.error(
                f"it began with {begun}; say with --begun-with under which name that is kept"
            )
        record["from"] = f"runs/{options.begun_with}"
        command = command.replace(f"--from {begun}", f"--from {record['from']}")
    record["command"] = command
    about = {
        "recipe": record["recipe"],
        "command": command,
        "seed": record["config"]["seed"],
        "steps": last["step"],
        "held_out_bits_per_sample": round(last["held_out/bits_per_sample"], 3),
    }
    write_json(ROOT / "runs" / options.name / "run.json", record)
    log = "".join(json.dumps(line) + "\n" for line in lines)
    (ROOT / "runs" / options.name / "log.jsonl").write_text(log)
    if options.record_only:
        return
    place = ROOT / "tinyaudio" / "assets" / "models" / options.name
    save_weights(net, place, half=True, about=about)  # type: ignore[arg-type]
    load_weights(RECIPES[record["recipe"]].MODELS["net"], place)  # type: ignore[type-var]
    n_bytes = sum(file.stat().st_size for file in place.iterdir())
    print(f"{options.name}: {last['step']} steps, {n_bytes / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
