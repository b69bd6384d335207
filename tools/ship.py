"""Put a run's weights into the package, and its record into ``runs``.

COMMAND     python -m tools.ship RUN NAME [--networks NAME ...]
EXPECT      tinyaudio/assets/models/NAME, in half precision; runs/NAME, the run's record and log, in
            which its folder is called runs/NAME and a folder of recordings by its last name
"""

import argparse
import json
from pathlib import Path

from tinyaudio.checkpoints import open_run
from tinyaudio.run_folder import write_json
from tinyaudio.weights import save_weights

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Ship one model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder 'tinyaudio train' made")
    parser.add_argument("name", metavar="NAME", help="its name for `pretrained`")
    parser.add_argument(
        "--networks",
        nargs="+",
        metavar="NETWORK",
        help="those to ship, such as a generator without its critic (default: all)",
    )
    options = parser.parse_args()
    run = open_run(options.run)
    names = options.networks or [*run.models]
    if unknown := set(names) - set(run.models):
        parser.error(f"no network {', '.join(unknown)}; there are: {', '.join(run.models)}")

    record = dict(run.metadata)
    command = record["command"].replace(str(options.run), f"runs/{options.name}")
    if folder := record["data"]["folder"]:  # a name is enough; where it lay is nobody's business
        command = command.replace(folder, Path(folder).name)
        record["data"] = {"folder": Path(folder).name}
    record["command"] = command
    log = (options.run / "log.jsonl").read_text()
    write_json(ROOT / "runs" / options.name / "run.json", record)
    (ROOT / "runs" / options.name / "log.jsonl").write_text(log)

    place = ROOT / "tinyaudio" / "assets" / "models" / options.name
    for name in names:
        save_weights(run.models[name], place / name, half=True)
    # Its recordings, if it had some, do not come with the package: it is scored on the recipe's sound.
    write_json(place / "run.json", record | {"data": {"folder": None}})
    open_run(place, run.recipe)
    n_bytes = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    step = json.loads(log.splitlines()[-1])["step"]
    print(f"{options.name}: {step} steps, {', '.join(names)}, {n_bytes / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
