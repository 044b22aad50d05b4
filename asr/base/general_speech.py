"""General English speech: what the embedded base learned from, and what is replayed so that it is not forgotten."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

from asr.base.voices import GENERAL, any_voice
from asr.synthesis.sentences import Grammar, distinct_sentences
from asr.synthesis.spoken_corpus import Line, speak_corpus

GUARD_SEED = 1
"""Sentences of the bundled guard set; never trained on."""
GUARD_UTTERANCES = 90
TRAINING_SEED = 2


def general_grammar() -> Grammar:
    """The grammar of everyday sentences."""
    return Grammar.load(Path(__file__).with_name("general.toml"))


def guard_sentences() -> list[str]:
    """The sentences of the bundled guard set."""
    return list(islice(distinct_sentences(general_grammar(), GUARD_SEED), GUARD_UTTERANCES))


def training_lines(seed: int = TRAINING_SEED) -> Iterator[Line]:
    """General sentences without those of the guard set, each in a voice of its own, without end."""
    random = Random(seed)
    for text in distinct_sentences(general_grammar(), seed, without=frozenset(guard_sentences())):
        voice = any_voice(GENERAL, random)
        yield Line(text, voice, speaker=voice.name)


def speak_general(folder: Path, count: int, seed: int) -> None:
    """Speak `count` general utterances into `folder`; a folder that is there already is kept as it is."""
    if not (folder / "metadata.csv").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        speak_corpus(islice(training_lines(seed), count), folder)
