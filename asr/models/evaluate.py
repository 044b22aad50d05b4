"""Evaluate a model on a corpus: recognize, score, and keep what it heard."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from asr.corpus.synthetic import refuse_synthetic
from asr.corpus.utterance import Corpus, Utterance
from asr.models.recognize import RECOGNITION, recognize
from asr.models.speech_model import SpeechModel
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import write_table
from asr.text.normalizers import versioned


def evaluate(
    speech: SpeechModel,
    corpus: Corpus,
    *,
    normalizer: str,
    batch_size: int,
    folder: Path,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Evaluation:
    """Recognize every utterance and pool the errors; hypotheses are kept in `folder` as they come.

    An evaluation that was killed goes on with the utterances that are not in `folder` yet; what another model heard, or
    this one in another corpus, is done away with.

    Raises:
        DataError: some utterances were synthesized for training.
    """
    utterances = corpus.read()
    refuse_synthetic(utterances, f"testing in {corpus.folder}")
    folder.mkdir(parents=True, exist_ok=True)
    journal = _Journal(folder / "hypotheses.jsonl", f"{speech.fingerprint} {corpus.fingerprint} {RECOGNITION}")
    hypotheses, seconds = _recognize_all(speech, utterances, batch_size, journal, progress)
    rows = score(utterances, hypotheses, normalizer)
    table = folder / "utterances.jsonl"
    write_table(rows, table)
    return summarize(
        rows,
        model=speech.name,
        model_fingerprint=speech.fingerprint,
        corpus=corpus.name,
        corpus_fingerprint=corpus.fingerprint,
        normalizer=versioned(normalizer),
        recognition=RECOGNITION,
        decoding=speech.search,
        seconds_of_compute=seconds,
        table=table,
    )


def _recognize_all(
    speech: SpeechModel,
    utterances: list[Utterance],
    batch_size: int,
    journal: "_Journal",
    progress: Callable[[int, int], None],
) -> tuple[dict[str, str], float]:
    """What was heard by utterance id, and the seconds of wall time that recognizing all of it took."""
    heard, seconds = journal.read()
    waiting = [utterance for utterance in utterances if utterance.id not in heard]
    started = time.perf_counter()
    batches = recognize(
        speech,
        [utterance.duration for utterance in waiting],
        lambda index: waiting[index].samples(),
        batch_size=batch_size,
    )
    for batch in batches:
        texts = {waiting[index].id: text for index, text in batch}
        now = time.perf_counter()
        seconds, started = seconds + now - started, now
        journal.add(texts, seconds)
        heard |= texts
        progress(len(heard), len(utterances))
    return heard, seconds


class _Journal:
    """What was heard so far: a line that says in what, then a line a batch."""

    def __init__(self, path: Path, of: str) -> None:
        self.path = path
        self.of = of

    def read(self) -> tuple[dict[str, str], float]:
        """Hypotheses by utterance id and seconds of work; a line that was being written at a kill is cut off."""
        heard: dict[str, str] = {}
        seconds = 0.0
        head = json.dumps({"of": self.of}).encode() + b"\n"
        lines = self.path.read_bytes().splitlines(keepends=True) if self.path.is_file() else []
        if lines[:1] != [head]:
            self.path.write_bytes(head)
            return heard, seconds
        whole = len(head)
        for line in lines[1:]:
            if not line.endswith(b"\n"):
                break
            batch = json.loads(line)
            heard |= batch["texts"]
            seconds = batch["seconds"]
            whole += len(line)
        os.truncate(self.path, whole)
        return heard, seconds

    def add(self, texts: dict[str, str], seconds: float) -> None:
        """Keep one batch; `seconds` are those of all work so far."""
        with self.path.open("a", encoding="utf-8", newline="\n") as lines:
            lines.write(json.dumps({"texts": texts, "seconds": seconds}, ensure_ascii=False) + "\n")
