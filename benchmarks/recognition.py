"""How fast is the embedded model evaluated: Wergate's `recognize` beside the pipeline of transformers.

Both decode the same files with soundfile, on the same threads, in float32; both are warm when they are timed.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from asr.audio import decode
from asr.corpus.utterance import Utterance
from asr.corpus.validate import load_corpus
from asr.models.checkpoint import EMBEDDED_DIRECTORY
from asr.models.recognize import recognize
from asr.models.speech_model import SpeechModel, load_speech_model
from asr.scoring.error_rates import score
from benchmarks.result import Result
from benchmarks.timing import take_turns
from tasks.settings import Settings

CORPORA = ("testing_data/sharjah", "testing_data/guards/general")
BATCHES = (2, 4, 8, 16, 32)
ONE_BY_ONE_TARGET = 3.0
BEST_BATCH_TARGET = 1.3


def measure(root: Path, rounds: int) -> list[Result]:
    """Audio seconds recognized in a second, beside the pipeline one by one and in its best batches."""
    import torch
    from transformers import pipeline
    from transformers.utils.logging import set_verbosity_error

    set_verbosity_error()
    utterances = _utterances(root)
    audio = sum(utterance.duration for utterance in utterances)
    speech = load_speech_model("embedded", device="cpu")
    transcriber = pipeline(
        "automatic-speech-recognition", model=str(EMBEDDED_DIRECTORY), device="cpu", dtype=torch.float32
    )
    size = Settings.model_fields["batch_size"].default
    tried = take_turns({str(batch): partial(_theirs, transcriber, utterances, batch) for batch in BATCHES}, 1)
    best = min(tried, key=tried.__getitem__)
    cases = {
        "ours": partial(_ours, speech, utterances, size),
        "one by one": partial(_theirs, transcriber, utterances, 1),
        "best batch": partial(_theirs, transcriber, utterances, int(best)),
    }
    texts = {name: recognized() for name, recognized in cases.items()}  # which also warms them
    times = take_turns(cases, rounds)
    rates = {name: audio / time for name, time in times.items()}
    wers = {name: _wer(utterances, heard) for name, heard in texts.items()}
    differ = {name: sum(a != b for a, b in zip(heard, texts["ours"], strict=True)) for name, heard in texts.items()}
    note = (
        f"Recognition: {len(utterances)} files, {audio:.0f} s of audio, float32, {torch.get_num_threads()} threads. "
        f"The pipeline writes another text than Wergate for {differ['one by one']} files one by one (WER "
        f"{wers['one by one']:.1%}, Wergate {wers['ours']:.1%}) and for {differ['best batch']} in batches (WER "
        f"{wers['best batch']:.1%}): it also reads letters out of the padding."
    )
    lines = (
        ("one by one", "pipeline, one by one", ONE_BY_ONE_TARGET),
        ("best batch", f"pipeline, batches of {best}", BEST_BATCH_TARGET),
    )
    return [
        Result(
            what=f"audio seconds recognized a second, beside the {theirs}",
            ours=f"{rates['ours']:.0f}",
            theirs=f"{rates[name]:.0f}",
            ratio=f"{rates['ours'] / rates[name]:.2f}×",
            target=f"≥ {target:g}×",
            met=rates["ours"] >= target * rates[name],
            note=note,
        )
        for name, theirs, target in lines
    ]


def _utterances(root: Path) -> list[Utterance]:
    utterances: list[Utterance] = []
    with TemporaryDirectory() as work:
        for name in CORPORA:
            corpus = load_corpus(root / name, name, work=Path(work), purpose="testing").corpus
            if corpus is None:
                raise SystemExit(f"{root / name}: not a usable corpus; run `wergate validate {name}`")
            utterances += corpus.read()
    return utterances


def _ours(speech: SpeechModel, utterances: Sequence[Utterance], batch_size: int) -> list[str]:
    batches = recognize(
        speech,
        [utterance.duration for utterance in utterances],
        lambda index: decode(utterances[index].audio),
        batch_size=batch_size,
    )
    texts = dict(pair for batch in batches for pair in batch)
    return [texts[index] for index in range(len(utterances))]


def _theirs(transcriber: Any, utterances: Sequence[Utterance], batch_size: int) -> list[str]:
    import soundfile

    def audio() -> Iterator[dict[str, Any]]:
        for utterance in utterances:
            samples, rate = soundfile.read(utterance.audio, dtype="float32")
            yield {"raw": samples, "sampling_rate": rate}

    return [" ".join(heard["text"].split()) for heard in transcriber(audio(), batch_size=batch_size)]


def _wer(utterances: Sequence[Utterance], texts: Sequence[str]) -> float:
    numbered = [Utterance(f"{at:06}", one.audio, one.text, one.duration, "") for at, one in enumerate(utterances)]
    rows = score(numbered, {f"{at:06}": text for at, text in enumerate(texts)}, "english")
    return sum(row.errors for row in rows) / sum(row.words for row in rows)
