"""Lines of text as utterances to learn from: spoken in many voices, each once, kept for the next run."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asr.corpus.utterance import Utterance
from asr.processes import can_start_processes, cores, worker_processes
from asr.synthesis.synthesizer import Synthesizer
from asr.synthesis.takes import Sound, Take, choose_take, recall, speak_take
from asr.text.pronunciation import Pronunciation, pronounce

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

_ALONE = 16  # new takes below which other processes take longer to start than this one to speak
_A_PROCESS = 8  # new takes for which one more process is worth its start
_AT_ONCE = 32  # takes handed over together, at most


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A version of a line that was spoken, or could not be, and is not used."""

    written: str
    rule: str
    """The rule that the utterance would break: `silent`, `too_short`, `too_long`, `impossible_rate`, `not_finite`."""


@dataclass(frozen=True, slots=True)
class SpokenText:
    """What became of lines."""

    utterances: list[Utterance]
    """In the order of the lines, all of them marked as synthetic."""
    left_out: list[LeftOut]
    not_spoken: int
    """Lines that got no utterance because there are more lines than utterances."""
    unused: tuple[Pronunciation, ...]
    """Phonemes that the synthesizer does not take: their words are spoken as they are written."""


def speak_text(
    lines: Sequence[str],
    pronunciations: Sequence[Pronunciation],
    *,
    count: int,
    synthesizer: Synthesizer,
    folder: Path,
    seed: int,
    progress: Progress = lambda _done, _all: None,
) -> SpokenText:
    """Speak `count` utterances, spread evenly over the lines; the same line twice counts once.

    A version of a line is always spoken by the same voice, at the same rate and pitch, in the same room and with the
    same noise, whatever other lines there are. What `folder` has of earlier calls, also of one that was killed, is used
    again unless it is damaged. `progress` is told how many of the new utterances are spoken, and of how many.

    Raises:
        ValueError: the count is negative.
        OSError: the folder cannot be written.
    """
    if count < 0:
        raise ValueError(f"{count} utterances cannot be spoken")
    folder.mkdir(parents=True, exist_ok=True)
    unused = () if synthesizer.takes_phonemes else tuple(one for one in pronunciations if "[[" in one.spoken)
    used = tuple(one for one in pronunciations if synthesizer.takes_phonemes or "[[" not in one.spoken)
    versions = _spread(list(dict.fromkeys(lines)), count, seed)
    takes = [
        choose_take(line, spoken, version, synthesizer=synthesizer, folder=folder.absolute(), seed=seed)
        for line, of_line in versions.items()
        if of_line
        for spoken in [pronounce(line, used)]
        for version in range(of_line)
    ]
    with ThreadPoolExecutor(cores()) as threads:
        sounds = list(threads.map(recall, takes))
    new = [number for number, sound in enumerate(sounds) if sound is None]
    progress(0, len(new))
    for done, (number, sound) in enumerate(zip(new, _speak_all(synthesizer, [takes[at] for at in new]), strict=True)):
        sounds[number] = sound
        progress(done + 1, len(new))
    log.info("%s: %d utterances of %d lines, %d of them new", synthesizer.name, len(takes), len(versions), len(new))
    made = [(take, sound) for take, sound in zip(takes, sounds, strict=True) if sound]
    return SpokenText(
        utterances=[_utterance(take, sound, synthesizer.name) for take, sound in made if not sound.rule],
        left_out=[LeftOut(take.written, sound.rule) for take, sound in made if sound.rule],
        not_spoken=sum(not of_line for of_line in versions.values()),
        unused=unused,
    )


def _spread(lines: Sequence[str], count: int, seed: int) -> dict[str, int]:
    """How many utterances each line gets. Which lines get one more depends on themselves, not on where they stand."""
    each, more = divmod(count, len(lines)) if lines else (0, 0)
    first = set(sorted(lines, key=lambda line: hashlib.sha256(f"{seed}:{line}".encode()).digest())[:more])
    return {line: each + (line in first) for line in lines}


def _speak_all(synthesizer: Synthesizer, takes: Sequence[Take]) -> Iterator[Sound]:
    speak = partial(speak_take, synthesizer)
    if len(takes) < _ALONE or cores() < 2 or not (synthesizer.in_processes and can_start_processes()):
        yield from map(speak, takes)
        return
    processes = min(cores(), len(takes) // _A_PROCESS)
    with worker_processes(processes) as pool:
        yield from pool.map(speak, takes, chunksize=max(1, min(_AT_ONCE, len(takes) // (4 * processes))))


def _utterance(take: Take, sound: Sound, synthesizer: str) -> Utterance:
    return Utterance(
        id=f"synthetic/{take.audio.name}",
        audio=take.audio,
        text=take.written,
        duration=sound.seconds,
        audio_sha256=sound.audio_sha256,
        speaker=f"{synthesizer} {take.voice}",
        source=synthesizer,
        samples_sha256=sound.samples_sha256,
        synthetic=True,
        shown=take.audio,
    )
