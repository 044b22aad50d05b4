"""An emulator of Azure Custom Speech on this machine, to try the Azure backend with no subscription."""

import argparse
import contextlib
import dataclasses
import json
import tempfile
from pathlib import Path

from tests.azure_emulator.options import Options
from tests.azure_emulator.recognizer import Recognizer, ScriptedRecognizer
from tests.azure_emulator.running import serve_forever
from tests.azure_emulator.state import State


def main() -> None:
    """Reads the flags and serves."""
    parser = argparse.ArgumentParser(prog="python -m tests.azure_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="where to listen; 0 for any free port")
    parser.add_argument("--key", default="emulated-key", help="the subscription key that clients must send")
    parser.add_argument("--recognizer", choices=("scripted", "local"), default="local", help="who recognizes behind it")
    parser.add_argument(
        "--truth",
        type=Path,
        help="a JSON file for the scripted recognizer: what is said, by the SHA-256 of the samples",
    )
    parser.add_argument("--tier", choices=("S0", "F0"), default="S0", help="of the emulated resource")
    parser.add_argument("--pace", type=float, default=2.0, help="seconds that a job takes at least")
    parser.add_argument("--folder", type=Path, help="where it keeps what it holds; nothing is kept without")
    parser.add_argument("--calls-per-10-seconds", type=int, default=None, help="quota of calls; the service has 100")
    parser.add_argument("--clock-off-hours", type=float, default=0.0, help="how wrong the clock of its answers is")
    parser.add_argument("--most-endpoints", type=int, default=None, help="quota of endpoints other than the tier's")
    parser.add_argument("--most-datasets", type=int, default=None, help="quota of data sets other than the tier's")
    parser.add_argument(
        "--chaos-rate", type=float, default=0.0, help="share of the calls that something goes wrong with"
    )
    parser.add_argument("--chaos-seed", type=int, default=0, help="which calls these are")
    given = parser.parse_args()
    fields = {field.name for field in dataclasses.fields(Options)}
    options = Options(**{name: value for name, value in vars(given).items() if name in fields})
    with tempfile.TemporaryDirectory(prefix="azure-emulator-") as spare:
        folder = given.folder or Path(spare)
        state = State(options, folder, _recognizer(given.recognizer, folder, given.truth))
        try:
            with contextlib.suppress(KeyboardInterrupt):
                serve_forever(state, given.port, lambda address: _greet(address, state))
        except (OSError, OverflowError) as error:
            raise SystemExit(f"--port {given.port}: {error}; give another one, or 0 for any that is free") from None


def _recognizer(name: str, folder: Path, truth: Path | None) -> Recognizer:
    if name == "scripted":
        return ScriptedRecognizer(json.loads(truth.read_text(encoding="utf-8")) if truth else None)
    from tests.azure_emulator.local_recognizer import LocalRecognizer

    return LocalRecognizer(folder / "recognizer")


def _greet(address: str, state: State) -> None:
    contract = (
        "held against the OpenAPI file" if state.contract else "not held against the OpenAPI file: it is not here"
    )
    lines = (
        "This is an EMULATOR of Azure Custom Speech, not the service. Nothing leaves this machine, nothing is charged.",
        f"Address: {address}",
        f"Bodies are {contract}.",
        "Try the Azure backend with it:",
        f"  export AZURE_SPEECH_KEY={state.key}",
        "  .venv/bin/wergate run --backend azure --language en-US --data-folder data/emulated "
        f"--azure-address {address} --azure-allow-charged-training true",
        "Keep to that data folder: the registry of your own runs knows nothing of these models.",
        "",
    )
    print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    main()
