"""What the tests of Hub data sets do in a process of its own, where the clients of the Hub may use the network.

Called with a JSON file: [[name, action, arguments], …]; prints a JSON object with the outcome of each.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from asr.corpus.hub.errors import HubError
from asr.corpus.hub.examples import HubExamples
from asr.corpus.hub.reference import HubDataset, read_reference
from asr.corpus.readers import hub


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def read(after: int = 0, **reference: Any) -> Any:
    """Every example; with `after`, only those after as many, by the position alone."""
    examples = HubExamples(HubDataset(**reference))
    position = None
    if after:
        reading = examples.read()
        position = json.loads(json.dumps([next(reading)[1] for _ in range(after)][-1]))
        reading.close()
    return [
        [one.name, len(one.audio or b""), one.text, one.speaker, one.language, one.source]
        for one, _ in examples.read(position)
    ]


def size(**reference: Any) -> Any:
    """Bytes on the Hub, and utterances as far as they are known."""
    examples = HubExamples(HubDataset(**reference))
    return [examples.size(), examples.utterances]


def download(folder: str, killed_at: int = 0, spare: int = hub.SPARE, **reference: Any) -> Any:
    """The folder of a data set and the utterances that were written; the process dies at the one `killed_at`."""
    write, written = hub._write, []

    def write_until(example: Any, number: int, aside: Path) -> str:
        if killed_at and number == killed_at:
            raise Killed
        written.append(number)
        return write(example, number, aside)

    kept = hub.SPARE, hub._AT_ONCE
    hub._write, hub.SPARE, hub._AT_ONCE = write_until, spare, 3
    try:
        return [str(hub.download(HubDataset(**reference), Path(folder))), written]
    except Killed:
        return ["killed", written]
    finally:
        hub._write, (hub.SPARE, hub._AT_ONCE) = write, kept


def pin(path: str) -> Any:
    """What is wrong with a reference file."""
    found = read_reference(Path(path), Path(path))
    return [f"{one.message} — {one.mend}" for one in found] if isinstance(found, list) else "nothing"


def stream(folder: str, length: int, begin: int = 0, killed_at: int = 0, **reference: Any) -> Any:
    """The sounds that are drawn one by one from blocks of 30, and the most audio files that were there at once."""
    from types import SimpleNamespace

    from asr.models.abilities import Abilities
    from asr.training.blocks import Blocks, read_block
    from asr.training.mixture import Mixture
    from asr.training.sieve import Sieve
    from asr.training.stream import StreamOrder

    characters = frozenset("abcdefghijklmnopqrstuvwxyz ")
    writes = Abilities(None, None, characters, lambda _: SimpleNamespace(input_ids=[1]), "ctc", None)
    sounds, most = [], 0
    with Blocks([HubDataset(**reference)], Path(folder), lambda: Sieve(writes, ()), size=30, seed=1) as blocks:
        order = StreamOrder(blocks, (), Mixture(0, 0, 0, 0), batch_size=1, length=length, begin=begin, seed=1)
        for number, draws in enumerate(order):
            if killed_at and number == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            most = max(most, sum(name.endswith(".flac") for *_, names in os.walk(folder) for name in names))
            found = [read_block(blocks.folder, draw.utterance // 30)[draw.utterance % 30].id for draw in draws]
            sounds.append("".join(found))
    return [sounds, most]


def main() -> None:
    """Do everything in the order given."""
    outcomes: dict[str, Any] = {}
    for name, action, arguments in json.loads(Path(sys.argv[1]).read_text()):
        try:
            outcomes[name] = globals()[action](**arguments)
        except HubError as error:
            outcomes[name] = f"{error.rule}: {error}"
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()
