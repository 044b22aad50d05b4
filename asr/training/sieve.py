"""What of a stream is trained on: nothing that breaks a rule, that the model cannot learn, or that it is judged by."""

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from asr.corpus.checks import Checks
from asr.corpus.file_cache import FileCache
from asr.corpus.fingerprint import make_utterance
from asr.corpus.inspection import Inspection, inspect_rows
from asr.corpus.leakage import Learned
from asr.corpus.limits import local_limits
from asr.corpus.readers.row import Row
from asr.corpus.sorted_rows import SortedRows
from asr.corpus.utterance import Utterance
from asr.models.abilities import Abilities

HELD_OUT = "held_out"
"""Counted for what development is held out from."""


class Sieve:
    """Lets through what can be trained on; made, used and closed in one thread.

    `judging` is what models are judged by: the same sound, the same recording, and the same sentence unless it is known
    to be by another speaker are left out. So is whatever belongs to one of the groups `held_out`: a speaker, a
    recording, or an utterance by its id.
    """

    def __init__(self, abilities: Abilities, judging: Iterable[Utterance], held_out: Iterable[str] = ()) -> None:
        self._limits = local_limits(abilities, normalizer="", min_gain=0.0)
        self._judging = Learned(judging)
        self._held_out = frozenset(held_out)

    def close(self) -> None:
        """Forget everything."""
        self._judging.__exit__()

    def sift(self, rows: Sequence[Row], folder: Path, dataset: str) -> tuple[list[Utterance], Counter[str]]:
        """The utterances of rows that can be trained on, and how many others break which rule.

        `folder` is for what is needed meanwhile. An utterance is called by its data set and its sound, by which it is
        known when it comes again.
        """
        kept: list[Utterance] = []
        left_out: Counter[str] = Counter()
        waiting = SortedRows()
        try:
            for row in rows:
                waiting.add(row)
            with FileCache(folder / "cache") as cache, Checks("training", self._limits) as checks:
                for row, inspection in inspect_rows(waiting, cache):
                    one = _utterance(row, inspection, dataset)
                    broken = (problem.rule for problem in checks.of(row, inspection) if problem.severity == "error")
                    if reason := next(broken, "") or self._reason(one):
                        left_out[reason] += 1
                    else:
                        kept.append(one)
        finally:
            waiting.close()
            shutil.rmtree(folder / "cache", ignore_errors=True)
        return kept, left_out

    def _reason(self, one: Utterance) -> str:
        """Why an utterance that breaks no rule is left out all the same; empty when it is not."""
        if {one.speaker, one.source, one.id} & self._held_out:
            return HELD_OUT
        # Where a warning is enough for data that people chose, there is always more of a stream.
        return next((leak.rule for leak in self._judging.leaks([one]) if leak.rule != "leak_speaker"), "")


def _utterance(row: Row, inspection: Inspection, dataset: str) -> Utterance:
    measured = inspection.measurement
    seconds, sound = (measured.seconds, measured.samples_sha256) if measured else (0.0, "")
    one = make_utterance(row, row.audio, inspection.sha256, seconds, sound)
    return replace(one, id=f"{dataset}/{sound[:16]}")
