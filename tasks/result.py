"""What a run of the loop ends with: the object that `--json` prints and the lines that a person reads."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from asr.corpus.delta import Delta
from asr.corpus.rules import printable
from asr.scoring.checks import Check
from asr.scoring.domain_recall import DomainChange, DomainRecall
from asr.scoring.evaluation import Evaluation
from asr.scoring.gate import Finding
from asr.scoring.gate import Outcome as GateOutcome
from asr.scoring.person_decision import PersonDecision

Outcome = Literal["promoted", "rejected", "inconclusive", "unchanged", "good_enough", "awaiting_approval", "dry_run"]

OUTCOME_OF: dict[GateOutcome, Outcome] = {
    "promote": "promoted",
    "reject": "rejected",
    "inconclusive": "inconclusive",
    "ask": "awaiting_approval",
    "look on": "dry_run",
}
"""What the gate makes of a run."""


class Result(BaseModel):
    """The decision of a run, with its evidence and where to look further."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    sentence: str
    """What was decided and why."""
    baseline: Evaluation | None
    candidate: Evaluation | None
    guards: tuple[tuple[Evaluation, Evaluation | None], ...]
    """Baseline and candidate on every guard set."""
    not_kept: tuple[Evaluation, ...] = ()
    """The candidate on the testing corpus, its text searched for in ways that were not kept."""
    domain_recall: DomainChange | None = None
    """What became of the words of the user's text on the testing data; none without text."""
    finding: Finding | None = None
    """What the gate found; none when nothing was trained."""
    gate: tuple[Check, ...]
    decision: PersonDecision | None = None
    """What a person decided, if one was asked and has answered."""
    waits_until: datetime | None = None
    """Of a candidate that a person is asked about: when it counts as rejected."""
    fingerprints: dict[str, str]
    """By corpus, and of the settings."""
    data: dict[str, Delta] = {}
    """By corpus: what has changed since the last finished run; empty when there was none."""
    mlflow_run_id: str
    prefect_flow_run_id: str
    mlflow_url: str
    prefect_url: str
    report: Path
    """The page with the evidence."""
    release: Path | None
    """Where the promoted model was released."""
    decided_by: str
    """The MLflow run that decided; another one than this when nothing has changed."""

    def summary(self) -> str:
        """The result as text for a terminal."""
        lines = ["", f"{self.outcome.replace('_', ' ').upper()}  {printable(self.sentence)}", ""]
        lines += self._table()
        lines += [f"  {'✓' if check.passed else '✗'} {check.name:<18} {check.sentence}" for check in self.gate]
        lines += self._what_to_type()
        places = {
            "report": str(self.report),
            "release": str(self.release or ""),
            "MLflow": self.mlflow_url,
            "Prefect": self.prefect_url,
        }
        lines += ["", *(f"  {name:<8} {place}" for name, place in places.items() if place)]
        return "\n".join(lines)

    def _what_to_type(self) -> list[str]:
        if self.outcome != "awaiting_approval" or self.waits_until is None:
            return []
        who = f"{self.mlflow_run_id[:8]} --by NAME --reason TEXT"
        return [
            "",
            f"  promote it:  wergate approve {who}",
            f"  reject it:   wergate reject {who}",
            f"  without an answer it counts as rejected from {self.waits_until:%Y-%m-%d %H:%M} UTC",
        ]

    def _table(self) -> list[str]:
        if self.baseline is None:
            return []
        pairs = ((self.baseline, self.candidate), *self.guards)
        header = f"  {'WER':<18} {'baseline':>22} {'candidate':>22}"
        rows = [
            f"  {before.corpus:<18} {_rate(before):>22} {_rate(after) if after else '':>22}".rstrip()
            for before, after in pairs
        ]
        rows += [f"  {one.corpus + ', not kept':<18} {'':>22} {_rate(one):>22}" for one in self.not_kept]
        if self.domain_recall:
            before, after = self.domain_recall.baseline, self.domain_recall.candidate
            rows.append(
                f"  {'domain words found':<18} {_found(before):>22} {_found(after) if after else '':>22}".rstrip()
            )
        return [header, *rows, ""]


def _rate(evaluation: Evaluation) -> str:
    low, high = evaluation.interval
    return f"{100 * evaluation.wer:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def _found(recall: DomainRecall) -> str:
    if recall.recall is None:
        return "none is said"
    return f"{100 * recall.recall:.1f} % ({recall.found:,} of {recall.said:,})"
