"""What the runs at the emulator of Azure share: what is said in their audio, a hurried client, and what is there."""

import csv
import hashlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

EMULATED_KEY = "emulated-key-0123456789"
SMALL_BLOCK = 400_000
"""Bytes; the training data of `speech` are some of these."""


def said(*folders: Path) -> dict[str, str]:
    """What is said in the audio of corpora, by the SHA-256 of its samples: what the scripted recognizer must know."""
    from asr.audio import as_int16, decode

    truth = {}
    for folder in folders:
        with (folder / "metadata.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                pcm = as_int16(decode(folder / row["file_name"])).astype("<i2")
                truth[hashlib.sha256(pcm.tobytes()).hexdigest()] = row["transcription"]
    return truth


def retold(source: Path, target: Path, text: Callable[[str], str]) -> Path:
    """A copy of a corpus with other transcripts."""
    shutil.copytree(source, target)
    table = target / "metadata.csv"
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    with table.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0])
        writer.writeheader()
        writer.writerows(row | {"transcription": text(row["transcription"])} for row in rows)
    return target


def hurried() -> dict[str, Any]:
    """What to put in place of what, by `module:name`: a client that waits for milliseconds, and sends small blocks."""
    from asr.azure.back_off import Patience
    from asr.azure.block_upload import upload_blocks
    from asr.azure.rate_budget import RateBudget

    return {
        "asr.azure.custom_speech:FIRST_POLL": 0.02,
        "asr.azure.custom_speech:LONGEST_POLL": 0.1,
        "asr.azure.connection:shared_budget": lambda _address: RateBudget(100_000),
        "asr.azure.connection:Patience": partial(Patience, first=0.01, longest=0.1),
        "asr.azure.datasets:upload_blocks": partial(upload_blocks, block_size=SMALL_BLOCK),
    }


def there(counts: dict[str, Any]) -> dict[str, int]:
    """What the emulator holds, of the kinds that it holds any of."""
    return {kind: number for kind, number in counts["now"].items() if number}


def made(counts: dict[str, Any]) -> dict[str, int]:
    """What was ever made at the emulator."""
    return {kind: number for kind, number in counts["created"].items() if number}
