"""Texts at random and the published outputs of real recognizers, for every test of scoring."""

import csv
import os
import random
from pathlib import Path

import pytest

from asr.corpus.utterance import Utterance


@pytest.fixture
def noisy_pairs() -> list[tuple[str, str]]:
    """References and hypotheses with every kind of error, some of them empty."""
    choice = random.Random(11)
    words = "a b the noor mosque al souk turn left right café हिन्दी".split()
    pairs = []
    for _ in range(300):
        reference = choice.choices(words, k=choice.randrange(0, 12))
        heard = [word for word in reference if choice.random() > 0.15]
        heard = [choice.choice(words) if choice.random() < 0.2 else word for word in heard]
        for _ in range(choice.randrange(0, 3)):
            heard.insert(choice.randint(0, len(heard)), choice.choice(words))
        pairs.append((" ".join(reference), " ".join(heard)))
    return pairs


@pytest.fixture(scope="session")
def published() -> tuple[list[Utterance], dict[str, dict[str, str]]]:
    """LibriSpeech test-clean without its audio, and what seven published systems heard in it."""
    material = Path(os.environ.get("WERGATE_TEST_MATERIAL", Path(__file__).parents[4] / "shared"))
    path = material / "speech/librispeech_hypotheses/librispeech_test-clean.tsv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    utterances = [
        Utterance(row["utt_id"], path, row["ref"], 5.0, row["utt_id"], speaker=row["utt_id"].split("-")[0])
        for row in rows
    ]
    systems = [column for column in rows[0] if column not in ("utt_id", "ref")]
    return utterances, {system: {row["utt_id"]: row[system] or "" for row in rows} for system in systems}
