"""Do the readers stand whatever lies in a folder: damaged files of every layout, made by hypothesis from whole ones.

Each input is one folder with one damaged file. It must end in a report or in one line for the user, and soon.
"""

import base64
import io
import json
import shutil
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.result import Result

INPUTS = 10_000
SLOWEST = 5.0
"""Seconds that one input may take at most."""


def measure(_root: Path, rounds: int) -> list[Result]:
    """All layouts in turn, 10,000 inputs together."""
    from huggingface_hub import constants

    from asr.corpus.validate import load_corpus
    from asr.errors import UserError

    constants.HF_HUB_OFFLINE = True  # ten thousand inputs must not become questions to the Hub
    wholes = _whole_files()
    inputs = INPUTS if rounds >= 3 else INPUTS // 20
    ends: Counter[str] = Counter()
    slowest = (0.0, "")
    with TemporaryDirectory() as place:
        folder, work = Path(place, "training"), Path(place, "work")
        good = wholes["x.wav"]

        def look(name: str, content: bytes) -> None:
            nonlocal slowest
            shutil.rmtree(folder, ignore_errors=True)
            (folder / name).parent.mkdir(parents=True)
            (folder / "a.wav").write_bytes(good)
            if name.startswith("kaldi/"):
                for other in ("kaldi/wav.scp", "kaldi/text", "kaldi/segments"):
                    (folder / other).write_bytes(wholes[other])
                (folder / "kaldi" / "a.wav").write_bytes(good)
            if name.startswith("lhotse/"):
                for other in ("lhotse/recordings.jsonl", "lhotse/supervisions.jsonl"):
                    (folder / other).write_bytes(wholes[other])
                (folder / "lhotse" / "a.wav").write_bytes(good)
            (folder / name).write_bytes(content)
            if name.startswith("x."):
                (folder / "x.txt").write_text("one two three")
            began = time.perf_counter()
            try:
                report = load_corpus(folder, "training", work=work, purpose="training")
                ends["refused" if report.errors else "accepted"] += 1
            except UserError:  # one line for the user; DataError is one
                ends["refused"] += 1
            slowest = max(slowest, (time.perf_counter() - began, name))

        every = inputs // len(wholes) + 1
        for name, whole in wholes.items():
            _fuzz(partial(look, name), whole, every)
    total = sum(ends.values())
    note = (
        f"Fuzzing: {ends['refused']:,} inputs refused or reported, {ends['accepted']:,} still a corpus; "
        f"the slowest was a {slowest[1]}."
    )
    return [
        Result(
            "fuzz the readers",
            f"{total:,} inputs, no failure",
            f"slowest {slowest[0]:.2f} s",
            "",
            f"≥ {INPUTS:,}, ≤ {SLOWEST:g} s each",
            total >= INPUTS and slowest[0] <= SLOWEST,
            note,
        )
    ]


def _fuzz(look: Callable[[bytes], None], whole: bytes, times: int) -> None:
    """Look at as many damaged versions of a file; the same in every run."""
    from hypothesis import HealthCheck, Phase, given, seed, settings, strategies

    @seed(1)
    @settings(
        max_examples=times,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_damages(strategies, whole))
    def one(damage: list[tuple[str, float, bytes]]) -> None:
        look(_damaged(whole, damage))

    one()


def _damages(strategies, whole: bytes):  # type: ignore[no-untyped-def]  # hypothesis is there for this part alone
    kind = strategies.sampled_from(["replace", "insert", "cut", "double", "whole"])
    place = strategies.floats(0, 1, allow_nan=False)
    pieces = [
        b"\x00",
        b"\xff\xff\xff\xff",
        b"../",
        b"/etc/passwd",
        b"\xef\xbb\xbf",
        b'"',
        b"\t",
        b"\n",
        b"9" * 400,
        b"\xed\xa0\x80",
    ]
    piece = strategies.one_of(strategies.binary(min_size=1, max_size=8), strategies.sampled_from(pieces))
    return strategies.lists(strategies.tuples(kind, place, piece), min_size=1, max_size=6)


def _damaged(whole: bytes, damage: list[tuple[str, float, bytes]]) -> bytes:
    content = whole
    for kind, place, piece in damage:
        at = int(place * len(content))
        match kind:
            case "replace":
                content = content[:at] + piece + content[at + len(piece) :]
            case "insert":
                content = content[:at] + piece + content[at:]
            case "cut":
                content = content[:at]
            case "double":
                content = content + content[at : at + 4096]
            case "whole":
                content = piece
    return content


def _whole_files() -> dict[str, bytes]:
    """One small valid file of each layout; all speak of `a.wav`, the audio itself is `x.…`."""
    import numpy as np
    import soundfile

    time_axis = np.arange(8000) / 16_000
    tone = (0.3 * np.sin(2 * np.pi * 220 * time_axis)).astype(np.float32)

    def audio(kind: str, subtype: str | None = None) -> bytes:
        buffer = io.BytesIO()
        soundfile.write(buffer, tone, 16_000, format=kind, subtype=subtype)
        return buffer.getvalue()

    wav = audio("WAV", "PCM_16")
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.wav", wav)
        archive.writestr("trans.txt", "b.wav\tone two three\n")
    nemo = json.dumps({"audio_filepath": "a.wav", "text": "one two", "offset": 0.1, "duration": 0.2})
    recording = {
        "id": "r", "sources": [{"type": "file", "channels": [0], "source": "a.wav"}], "sampling_rate": 16_000,
        "num_samples": 8000, "duration": 0.5,
    }  # fmt: skip
    supervision = {"id": "s", "recording_id": "r", "start": 0.0, "duration": 0.5, "channel": 0, "text": "one two three"}
    life = [{"audio": base64.b64encode(wav).decode(), "transcription": "one two three", "speaker": "p1"}]
    texts = {
        "metadata.csv": 'file_name,transcription,speaker\na.wav,"one, two",p1\n',
        "table.tsv": "audio\ttranscription\na.wav\tone two\n",
        "table.json": json.dumps([{"audio": "a.wav", "transcription": "one two"}]),
        "table.jsonl": json.dumps({"audio": "a.wav", "text": "one two", "start": "0.1", "duration": 0.2}) + "\n",
        "trans.txt": "\ufeffa.wav\tone two three\r\n",
        "a.txt": "one two three\n",
        "kaldi/wav.scp": "r a.wav\n",
        "kaldi/text": "u one two three\n",
        "kaldi/segments": "u r 0.0 0.5\n",
        "manifest.json": nemo + "\n",
        "lhotse/recordings.jsonl": json.dumps(recording) + "\n",
        "lhotse/supervisions.jsonl": json.dumps(supervision) + "\n",
        "export.json": json.dumps(life),
        "words.hub.toml": 'dataset = "a/b"\nsplit = "train"\nrevision = "' + "0" * 40 + '"\n',
    }
    files = {name: text.encode() for name, text in texts.items()}
    files |= {"deliveries/may.zip": zipped.getvalue(), "x.wav": wav, "x.flac": audio("FLAC"), "x.mp3": audio("MP3")}
    files |= {"x.ogg": audio("OGG", "OPUS")}
    return files
