"""Make the sample data anew: `python -m asr.base.make_samples` writes the bundled audio bit for bit.

training_data/sharjah           256 utterances of the domain, 24 voices
testing_data/sharjah             72 utterances of the domain, 6 other voices, other sentences
testing_data/guards/general      90 general utterances, voices that the base knows, other sentences
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

from asr.base.general_speech import GUARD_SEED, guard_sentences
from asr.base.voices import GUARD, SHARJAH_TESTING, SHARJAH_TRAINING, any_voice, person
from asr.synthesis.sentences import Grammar, distinct_sentences
from asr.synthesis.spoken_corpus import PEAK, Line, speak_corpus

TRAINING_UTTERANCES = 256
TESTING_UTTERANCES = 72
_NOISES = (None, 30.0, 20.0, 12.0)
_TRAINING_NOISES = (None, None, 30.0, 20.0)
_TRAINING_PEAK = PEAK / 4  # each halving saves a bit a sample, and training hears every level
_TESTED_FROM = 192  # the sentences that are tested stay the same when more are trained on


def make_samples(root: Path) -> None:
    """Write the three sample corpora below `root`."""
    grammar = Grammar.load(Path(__file__).with_name("sharjah.toml"))
    sentences = list(islice(distinct_sentences(grammar, seed=1), TRAINING_UTTERANCES + TESTING_UTTERANCES))
    training = sentences[:_TESTED_FROM] + sentences[_TESTED_FROM + TESTING_UTTERANCES :]
    testing = sentences[_TESTED_FROM:][:TESTING_UTTERANCES]
    corpora = {
        "training_data/sharjah": (_spoken_by(training, SHARJAH_TRAINING, _TRAINING_NOISES, seed=1), _TRAINING_PEAK),
        "testing_data/sharjah": (_spoken_by(testing, SHARJAH_TESTING, _NOISES, seed=2), PEAK),
        "testing_data/guards/general": (_guard(), PEAK),
    }
    for name, (lines, peak) in corpora.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        speak_corpus(lines, root / name, peak=peak)


def _spoken_by(
    sentences: list[str], variants: tuple[str, ...], noises: tuple[float | None, ...], seed: int
) -> Iterator[Line]:
    random = Random(seed)
    for number, text in enumerate(sentences):
        variant = variants[number % len(variants)]
        yield Line(text, person(variant, random), speaker=variant.lower(), noise=random.choice(noises))


def _guard() -> Iterator[Line]:
    random = Random(GUARD_SEED)
    for text in guard_sentences():
        voice = any_voice(GUARD, random)
        voice = replace(voice, speed=min(voice.speed, 180))  # hasty speech would be warned of as impossible
        yield Line(text, voice, speaker=voice.name.rpartition("+")[2].lower(), noise=random.choice(_NOISES))


if __name__ == "__main__":
    make_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
