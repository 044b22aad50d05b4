"""Promote a candidate: it replaces the champion that it was compared with, and is released."""

import logging
from collections.abc import Sequence
from pathlib import Path

from prefect import task

from asr.audio import AudioError
from asr.corpus.utterance import Corpus
from asr.releases.directory import CURRENT
from asr.releases.facts import judged
from asr.scoring.evaluation import Evaluation
from asr.scoring.gate import Verdict
from tasks.promotion_journal import Move
from tasks.registry import Registered
from tasks.release import move_champion
from tasks.releases import releases_folder
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.try_release import load_release, try_release_of

log = logging.getLogger(__name__)

GATE = "gate"
"""Who promotes when nobody is asked."""


@task(name="promote and release")
def promote(
    settings: Settings,
    run: Record,
    candidate: Registered,
    beaten: Registered,
    evaluations: Sequence[Evaluation],
    corpus: Corpus,
    verdict: Verdict,
) -> Path | None:
    """Release the candidate on the word of the gate; `None` when another champion was released meanwhile.

    The first of its evaluations is on the testing corpus, the others are on guard sets.

    Raises:
        UserError: the staged release does not write what the candidate wrote; the old champion stays.
    """
    move = Move(
        what="promoted", version=candidate.version, replaces=beaten.version, by=GATE, reason=verdict.sentence,
        run_id=run.id, finding=verdict.finding,
    )  # fmt: skip
    return move_evaluated(settings, move, evaluations[0], corpus, evaluations[1:])


def move_evaluated(
    settings: Settings,
    move: Move,
    evaluation: Evaluation | None,
    corpus: Corpus | None,
    guards: Sequence[Evaluation] = (),
) -> Path | None:
    """Make a version the champion after a smoke test: it must write what it wrote when it was evaluated.

    Where that evaluation or its data are not at hand, it must load and hear silence at least. `guards` are its
    evaluations on guard sets, which the release tells of as well.
    """

    def try_release(staged: Path) -> None:
        if evaluation and corpus and evaluation.table.is_file() and corpus.manifest.is_file():
            try:
                try_release_of(settings, staged, corpus, evaluation)
                return
            except AudioError as error:
                log.warning("%s", error)
        log.warning("v%d: what it was evaluated on is not on this machine; only loading it was tried", move.version)
        load_release(settings, staged)

    facts: dict[str, object] = {"replaces": move.replaces, "by": move.by}
    if evaluation:
        facts |= {"wer": evaluation.wer, "judged": judged(evaluation).model_dump(mode="json")}
        facts["guards"] = [judged(one).model_dump(mode="json") for one in guards]
    release = move_champion(settings, move, try_release, facts)
    if release:
        where = releases_folder(settings) / CURRENT
        log.info(
            "%s by %s: v%d is live at %s, after v%s", move.what, move.by, move.version, where, move.replaces or "–"
        )
    return release
