"""What all benchmarks say alike on the command line."""

import argparse


def parser(name: str, doc: str | None) -> argparse.ArgumentParser:
    """Options of ``python -m benchmarks.NAME``: its docstring as help, and ``--json``."""
    options = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--json", action="store_true", help="print one JSON object")
    return options
