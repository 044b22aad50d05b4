"""A folder of spoken lines: audio and a `metadata.csv` beside it, the same files for the same lines."""

import csv
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from asr.audio import write_flac
from asr.processes import cores, worker_processes
from asr.synthesis.augmentation import mix_noise
from asr.synthesis.espeak import Voice, speak


@dataclass(frozen=True)
class Line:
    """One utterance to speak."""

    text: str
    voice: Voice
    speaker: str
    noise: float | None = None
    """Signal-to-noise ratio in decibels; `None` leaves the voice clean."""


PEAK = 0.125
"""Of full scale, 18 dB below it: nothing clips with noise on top, and FLAC needs three bits a sample less."""


def speak_corpus(lines: Iterable[Line], folder: Path, *, peak: float = PEAK) -> None:
    """Speak lines into `folder` in the AudioFolder layout, on all cores, aside first, then renamed.

    No utterance is louder than `peak`.
    """
    numbered = list(enumerate(lines))
    aside = folder.with_name(folder.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "audio").mkdir(parents=True)
    jobs = [(number, line, aside, peak) for number, line in numbered]
    # Processes, not threads: espeak-ng speaks with one voice at a time in a process.
    processes = min(cores(), max(1, len(jobs) // 8))  # each takes longer to start than to speak a few lines
    with worker_processes(processes) as pool:
        names = list(pool.map(_speak_line, jobs, chunksize=max(1, min(50, len(jobs) // 8))))
    with (aside / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        columns = ["file_name", "transcription", "speaker"]
        is_noisy = any(line.noise is not None for _, line in numbered)
        table.writerow(columns + ["noise"] * is_noisy)
        for name, (_, line) in zip(names, numbered, strict=True):
            noise = "" if line.noise is None else f"{line.noise:g}"
            table.writerow([name, line.text, line.speaker] + [noise] * is_noisy)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def _speak_line(job: tuple[int, Line, Path, float]) -> str:
    number, line, folder, peak = job
    samples = speak(line.text, line.voice)
    if line.noise is not None:
        # Of the line's own text too: the first lines of two corpora must not share one noise.
        random = np.random.default_rng((number, crc32(line.text.encode())))
        samples = mix_noise(samples, random, decibels=line.noise, rumble=number % 2 == 0)
    samples *= peak / max(peak, float(np.abs(samples).max(initial=0)))
    name = f"audio/{number:05}.flac"
    write_flac(folder / name, samples)
    return name
