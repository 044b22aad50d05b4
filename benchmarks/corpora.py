"""How fast are corpora checked, and does memory grow with them: 10,000 and 100,000 generated clips in one folder.

Each validation runs in a process of its own, so that its peak of memory is its own.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from asr.corpus.all_cores import AllCores
from asr.processes import cores, worker_processes
from benchmarks.result import Result

SMALL, LARGE = 10_000, 100_000
GROWTH, GIGABYTES = 1.3, 1.5
SECOND_RUN = 4.0
DECODING = 0.8
_RATE = 16_000
_SECONDS = 1.0
_PERSON_SECONDS = 3.0  # what one sentence of a real corpus lasts

_VALIDATE = """
import json, resource, sys, time
from pathlib import Path
from asr.corpus.validate import load_corpus
from asr.processes import cores
began = time.perf_counter()
report = load_corpus(Path(sys.argv[1]), "training", work=Path(sys.argv[2]), purpose="training")
seconds = time.perf_counter() - began
own, largest_child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
peak = (own + cores() * largest_child) * (1 if sys.platform == "darwin" else 1024)
errors = [one.message for one in report.errors]
assert not errors, errors[:3]
print(json.dumps({"seconds": seconds, "peak": peak, "fingerprint": report.draft.fingerprint}))
"""


def measure(root: Path, rounds: int) -> list[Result]:
    """Two validations of a small and of a large folder, and decoding against bare reads."""
    sizes = (SMALL // 2, LARGE // 10) if rounds < 3 else (SMALL, LARGE)
    with TemporaryDirectory() as place:
        folder = Path(place)
        runs = {}
        for size in sizes:
            _make_clips(folder / f"{size}", size)
            work = folder / f"work-{size}"
            runs[size] = [_validate(root, folder / f"{size}", work) for _ in range(2)]
        decoding = _decoding(folder, rounds)
    small, large = (runs[size] for size in sizes)
    assert large[0]["fingerprint"] == large[1]["fingerprint"]
    growth = large[0]["peak"] / small[0]["peak"]
    again = large[0]["seconds"] / large[1]["seconds"]
    peak = large[0]["peak"] / 1e9
    name = f"validate {sizes[1]:,} clips"
    note = (
        f"The clips last {_SECONDS} s each; {sizes[1]:,} of them take {large[0]['seconds']:.1f} s the first time, "
        f"{sizes[1] / large[0]['seconds']:,.0f} a second."
    )
    return [
        Result(
            f"{name}: memory",
            f"{peak:.2f} GB",
            f"{small[0]['peak'] / 1e9:.2f} GB for {sizes[0]:,}",
            f"{growth:.2f}×",
            f"≤ {GROWTH}×, ≤ {GIGABYTES} GB",
            growth <= GROWTH and peak <= GIGABYTES,
            note,
        ),
        Result(
            f"{name} again",
            f"{large[1]['seconds']:.1f} s",
            f"{large[0]['seconds']:.1f} s the first time",
            f"{again:.1f}×",
            f"≥ {SECOND_RUN:g}×",
            again >= SECOND_RUN,
            note,
        ),
        *decoding,
    ]


def _make_clips(folder: Path, count: int) -> None:
    import numpy as np
    import soundfile

    random = np.random.default_rng(1)
    noise = random.standard_normal(1 << 20).astype(np.float32) * 0.1
    length = round(_SECONDS * _RATE)
    words = "turn left right at the old bridge and wait for red blue green bus near market square now".split()
    for part in range(0, count, 1000):
        (folder / "audio" / f"{part // 1000:03d}").mkdir(parents=True, exist_ok=True)
    with (folder / "metadata.csv").open("w", encoding="utf-8") as table:
        table.write("file_name,transcription,speaker\n")
        for number in range(count):
            name = f"audio/{number // 1000:03d}/{number:06d}.flac"
            start = (number * 7919) % (len(noise) - length)
            clip = noise[start : start + length].copy()
            clip[:8] = [(number >> bit & 1) * 0.5 for bit in range(0, 16, 2)]
            clip[8:16] = [(number >> bit & 1) * 0.5 for bit in range(1, 17, 2)]
            clip[16] = (number >> 16) * 0.25
            soundfile.write(folder / name, clip, _RATE, subtype="PCM_16")
            text = " ".join(words[(number * prime) % len(words)] for prime in (3, 5))
            table.write(f"{name},{text},speaker-{number % 500}\n")


def _validate(root: Path, folder: Path, work: Path) -> dict[str, float]:
    command = [sys.executable, "-c", _VALIDATE, str(folder), str(work)]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return answer


def _decoding(folder: Path, rounds: int) -> list[Result]:
    """Decoding on all cores against a process that does nothing but `soundfile.read`, and against as many of them."""
    import numpy as np
    import soundfile

    random = np.random.default_rng(2)
    paths = []
    for number in range(400):
        path = folder / f"{number}.flac"
        samples = np.cumsum(random.standard_normal(round(_PERSON_SECONDS * _RATE))) / 2000
        soundfile.write(path, np.clip(samples, -1, 1), _RATE, subtype="PCM_16")
        paths.append(path)
    parts = [paths[start : start + 20] for start in range(0, len(paths), 20)]
    bare, ours, together = [], [], []
    with AllCores() as all_cores, worker_processes(cores()) as processes:
        while not all_cores.has_processes:  # as after the first thousands of a large corpus
            list(all_cores.map(_decode, paths))
        list(processes.map(_read_bare, parts))
        for _ in range(max(rounds, 3)):
            for times, read in (
                (bare, lambda: _read_bare(paths)),
                (ours, lambda: list(all_cores.map(_decode, paths))),
                (together, lambda: list(processes.map(_read_bare, parts))),
            ):
                began = time.perf_counter()
                read()
                times.append(time.perf_counter() - began)
    alone, speed, beside = (len(paths) / min(times) for times in (bare, ours, together))
    note = (
        f"Decoded are FLAC files of {_PERSON_SECONDS:g} s, 16 bit, 16 kHz, mono; best of {max(rounds, 3)} rounds. "
        f"{cores()} processes of bare reads take {beside / alone:.2f}× as many as one."
    )
    ratio = speed / (alone * cores())
    return [
        Result(
            "decode FLAC on all cores",
            f"{speed:,.0f} files/s",
            f"{alone:,.0f} files/s (soundfile.read, one process) × {cores()}",
            f"{ratio:.2f}×",
            f"≥ {DECODING:g}×",
            ratio >= DECODING,
            note,
        ),
        Result(
            "",
            f"{speed:,.0f} files/s",
            f"{beside:,.0f} files/s (soundfile.read, {cores()} processes)",
            f"{speed / beside:.2f}×",
            "",
            None,
            note,
        ),
    ]


def _decode(path: Path) -> None:
    from asr.audio import decode

    decode(path)


def _read_bare(paths: list[Path]) -> None:
    import soundfile

    for path in paths:
        soundfile.read(path, dtype="float32")
