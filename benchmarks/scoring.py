"""How fast are errors counted: Wergate's `score` and its interval beside `jiwer.process_words` on the same texts."""

from pathlib import Path
from random import Random

from asr.corpus.utterance import Utterance
from asr.scoring.error_rates import score
from asr.scoring.intervals import wer_interval
from benchmarks.result import Result
from benchmarks.timing import take_turns

UTTERANCES = 20_000
_WORDS = 12  # an utterance
_ERROR_RATE = 0.15
_VOCABULARY = 5_000


def measure(_root: Path, rounds: int) -> list[Result]:
    """Utterances scored in a second; Wergate also counts characters and draws 10,000 resamples."""
    import jiwer

    utterances, hypotheses = _texts(Random(1))
    references, heard = [one.text for one in utterances], [hypotheses[one.id] for one in utterances]
    output = jiwer.process_words(references, heard)
    rows = score(utterances, hypotheses, "none")
    if sum(row.errors for row in rows) != output.substitutions + output.deletions + output.insertions:
        raise SystemExit("scoring: Wergate and jiwer count different errors in the same texts")
    times = take_turns(
        {
            "ours": lambda: wer_interval(score(utterances, hypotheses, "none")),
            "jiwer": lambda: jiwer.process_words(references, heard),
        },
        rounds,
    )
    return [
        Result(
            what=f"{UTTERANCES:,} utterances scored, beside jiwer.process_words",
            ours=f"{times['ours']:.2f} s",
            theirs=f"{times['jiwer']:.2f} s",
            ratio=f"{times['jiwer'] / times['ours']:.2f}×",
            target="≥ 1×",
            met=times["ours"] <= times["jiwer"],
            note="Scoring: Wergate's time includes character errors and the bootstrap interval, jiwer's has neither; "
            "both count the same word errors, without a normalizer.",
        )
    ]


def _texts(random: Random) -> tuple[list[Utterance], dict[str, str]]:
    words = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(2, 9))) for _ in range(_VOCABULARY)]
    utterances, hypotheses = [], {}
    for number in range(UTTERANCES):
        spoken = random.choices(words, k=random.randint(1, 2 * _WORDS - 1))
        heard: list[str] = []
        for word in spoken:
            error = random.choice(("substitution", "deletion", "insertion")) if random.random() < _ERROR_RATE else ""
            heard += [] if error == "deletion" else [random.choice(words) if error == "substitution" else word]
            heard += [random.choice(words)] if error == "insertion" else []
        name, speaker = f"{number:06}", f"speaker {number % 99}"
        utterances.append(Utterance(name, Path("audio.wav"), " ".join(spoken), 4.0, "", speaker))
        hypotheses[name] = " ".join(heard)
    return utterances, hypotheses
