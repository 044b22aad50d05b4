"""What text alone does for a model: each way to use it, and all together, in two domains that the base has not heard.

No recording of the domain is trained on. Models are judged by other sentences, in voices that the synthesizer never
uses, with noise; and by the guard set of general speech.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.result import Result

if TYPE_CHECKING:
    from asr.corpus.utterance import Corpus
    from asr.models.speech_model import SpeechModel
    from asr.scoring.evaluation import Evaluation
    from asr.synthesis.sentences import Grammar

RECALL_BEFORE, RECALL, GAIN, GUARD, REAL_TIME = 0.2, 0.7, 0.5, 0.02, 100
_LINES, _TESTED = 220, 72
_NORMALIZER = "basic"
_EPOCHS = 12.0


@dataclass(frozen=True)
class Way:
    """One way to use the text, with what came of it."""

    name: str
    testing: "Evaluation"
    guard: "Evaluation"
    recall: float


def measure(root: Path, rounds: int) -> list[Result]:
    """Both domains; a quick benchmark leaves the second one out."""
    from asr.synthesis.sentences import Grammar

    grammars = {"sharjah": root / "asr/base/sharjah.toml", "pharmacy": Path(__file__).with_name("pharmacy.toml")}
    results: list[Result] = []
    with TemporaryDirectory() as place:
        for name, path in list(grammars.items())[: 1 if rounds < 3 else 2]:
            results += _measure_domain(root, name, Grammar.load(path), Path(place, name))
    return results


def _measure_domain(root: Path, name: str, grammar: "Grammar", place: Path) -> list[Result]:
    from asr.base.general_speech import training_lines
    from asr.decoding.package import learn_text
    from asr.models.speech_model import load_speech_model
    from asr.scoring.domain_recall import domain_words
    from asr.synthesis.sentences import distinct_sentences
    from asr.text.normalizers import normalizer

    sentences = list(islice(distinct_sentences(grammar, seed=7), _LINES + _TESTED))
    lines, tested = sentences[:_LINES], sentences[_LINES:]
    testing, guard = _corpora(root, tested, place)
    general = [line.text for line in islice(training_lines(), 3000)]
    normalize = normalizer(_NORMALIZER)
    names = domain_words(lines, [], [*general, *(one.text for one in guard.stream())], normalize)

    def judge(way: str, speech: "SpeechModel") -> Way:
        return _judge(way, replace(speech, name=way), testing, guard, names, place)

    base = load_speech_model("embedded", device="cpu")
    ngram = learn_text(base, (*lines, *general), [], [], _NORMALIZER)
    trained = load_speech_model(str(_train(lines, place)), device="cpu")
    ways = [
        judge("nothing", base),
        judge("search", replace(base, decoding=ngram, fingerprint="base with text")),
        judge("speech", trained),
        judge("both", replace(trained, decoding=ngram, fingerprint="trained with text")),
    ]
    speed = _speed_on_one_core(replace(base, decoding=ngram), testing)
    return [_result(name, way, ways[0]) for way in ways] + [_speed_result(name, speed)]


def _corpora(root: Path, tested: Sequence[str], place: Path) -> "tuple[Corpus, Corpus]":
    from asr.base.voices import SHARJAH_TESTING, person
    from asr.corpus.validate import load_corpus
    from asr.synthesis.spoken_corpus import Line, speak_corpus

    random = Random(5)
    variants = [SHARJAH_TESTING[number % len(SHARJAH_TESTING)] for number in range(len(tested))]
    noises = [random.choice((None, 30.0, 20.0, 12.0)) for _ in tested]
    spoken = [
        Line(text, person(variant, random), variant, noise)
        for text, variant, noise in zip(tested, variants, noises, strict=True)
    ]
    place.mkdir(parents=True)
    speak_corpus(spoken, place / "testing")
    folders = {"testing": place / "testing", "guards/general": root / "testing_data" / "guards" / "general"}
    found = [
        load_corpus(folder, name, work=place / "corpora", purpose="testing").draft for name, folder in folders.items()
    ]
    return found[0], found[1]


def _train(lines: Sequence[str], place: Path, spoken_share: float = 1.0) -> Path:
    from asr.base.general_speech import speak_general
    from asr.corpus.validate import load_corpus
    from asr.models.speech_model import load_speech_model
    from asr.synthesis.spoken_text import speak_text
    from asr.synthesis.synthesizer import open_synthesizer
    from asr.training.course import Spoken
    from asr.training.finetune import finetune
    from asr.training.mixture import spoken_an_epoch, spoken_in_all
    from asr.training.options import TrainingOptions

    options = TrainingOptions(epochs=_EPOCHS, batch_size=32, replay=5.0, speed_perturbation=False, spoken=spoken_share)
    spoken = speak_text(
        lines, [], count=spoken_in_all(len(lines), 0, options), synthesizer=open_synthesizer("espeak", "en"),
        folder=place / "spoken", seed=options.seed,
    )  # fmt: skip
    speak_general(place / "replay", 3000, seed=3)
    replay = load_corpus(place / "replay", "replay", work=place / "corpora", purpose="training").draft
    trained = finetune(
        load_speech_model("embedded", device="cpu"), [], [], replay.read(), options,
        normalizer=_NORMALIZER, folder=place / "training",
        spoken=Spoken(spoken.utterances, spoken_an_epoch(len(lines), 0, options)),
    )  # fmt: skip
    return trained.directory


def _judge(
    way: str, speech: "SpeechModel", testing: "Corpus", guard: "Corpus", names: frozenset[str], place: Path
) -> Way:
    from asr.models.evaluate import evaluate
    from asr.scoring.domain_recall import domain_recall
    from asr.scoring.hypothesis import read_table
    from asr.text.normalizers import normalizer

    of_testing, of_guard = (
        evaluate(
            speech, corpus, normalizer=_NORMALIZER, batch_size=32, folder=place / "evaluations" / way / corpus.name
        )
        for corpus in (testing, guard)
    )
    recall = domain_recall(read_table(of_testing.table), names, normalizer(_NORMALIZER)).recall
    return Way(way, of_testing, of_guard, recall or 0.0)


def _speed_on_one_core(speech: "SpeechModel", corpus: "Corpus") -> float:
    """Seconds of audio in a second, from samples to text, with one thread."""
    import torch

    from asr.models.recognize import recognize_batch

    utterances = sorted(corpus.read(), key=lambda one: -one.duration)
    audio = [one.samples() for one in utterances]
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        recognize_batch(speech, audio[:16])
        began = time.perf_counter()
        for start in range(0, len(audio), 32):
            recognize_batch(speech, audio[start : start + 32])
        return sum(one.duration for one in utterances) / (time.perf_counter() - began)
    finally:
        torch.set_num_threads(before)


def _result(domain: str, way: Way, nothing: Way) -> Result:
    gain = 1 - way.testing.wer / nothing.testing.wer
    rise = way.guard.wer - nothing.guard.wer
    met: bool | None = None
    target = ""
    if way is nothing:
        target, met = f"recall < {RECALL_BEFORE:.0%}", way.recall < RECALL_BEFORE
    elif way.name == "both":
        target = f"recall ≥ {RECALL:.0%}, −{GAIN:.0%} WER, guard ≤ +{100 * GUARD:g} points"
        met = way.recall >= RECALL and gain >= GAIN and rise <= GUARD
    return Result(
        f"{domain}: text used for {way.name}",
        f"domain words found {way.recall:.0%}",
        f"WER {way.testing.wer:.1%}, guard {way.guard.wer:.1%}",
        f"−{gain:.0%}",
        target,
        met,
        f"Text alone: {_LINES} lines of each domain, no recording of it; {_TESTED} other sentences are tested, in six "
        "voices that the synthesizer does not use, with noise. “search” is the beam search with an n-gram, “speech” is "
        "training with the lines spoken by espeak-ng.",
    )


def _speed_result(domain: str, speed: float) -> Result:
    return Result(
        f"{domain}: beam search with the text, one core",
        f"{speed:.0f}× real time",
        "",
        "",
        f"≥ {REAL_TIME}×",
        speed >= REAL_TIME,
    )
