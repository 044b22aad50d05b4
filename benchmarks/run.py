"""Measure speed and memory on this machine: `make bench`, or `python benchmarks/run.py [PART …] [--quick]`."""

import argparse
import os
import platform
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("RESULTS.md")
PARTS = ("recognition", "command_line", "scoring", "comparison", "corpora", "fuzz", "text", "loop", "azure")
LONG = ("text", "loop", "azure")
"""They train a model, or take minutes; left out of a quick benchmark unless they are asked for."""
ROUNDS, QUICK_ROUNDS = 7, 2


def main() -> None:
    """Run the parts, print their table, and with --write keep it in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and nothing that trains a model")
    parser.add_argument("--write", action="store_true", help=f"write the table to {PAGE.relative_to(ROOT)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if arguments.write and (arguments.quick or arguments.parts):
        parser.error("--write keeps the whole table, measured with care: use it without PART and --quick")
    chosen = arguments.parts or [part for part in PARTS if not (arguments.quick and part in LONG)]

    sys.path.insert(0, str(ROOT))
    from benchmarks.result import Result, markdown_table, text_table

    results: list[Result] = []
    busy = _busy()
    for part in chosen:
        print(f"measuring: {part.replace('_', ' ')} …", file=sys.stderr, flush=True)
        results += _measure(part, QUICK_ROUNDS if arguments.quick else ROUNDS)
    print(f"\n{_machine()}\n{busy}\n\n{text_table(results)}")
    if arguments.write:
        page = f"# Speed and memory\n\n{_machine()}\n{busy}\n\n{markdown_table(results)}\n\nWritten by `make bench "
        page += "ARGS=--write`; [what is compared, and how](../docs/benchmarks.md).\n"
        PAGE.write_text(page, encoding="utf-8")


def _measure(part: str, rounds: int) -> "list":  # type: ignore[type-arg]
    from importlib import import_module

    return import_module(f"benchmarks.{part}").measure(ROOT, rounds)  # type: ignore[no-any-return]


def _machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "prefect", "mlflow"))
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}, {date.today()}."


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _busy() -> str:
    """What else the machine does: a number that was measured beside a training is worth less."""
    load = os.getloadavg()[0]
    state = "The machine did nothing else." if load < 0.5 else "The machine did something else, too: times are longer."
    return f"Load before the start: {load:.1f}. {state}"


if __name__ == "__main__":
    main()
