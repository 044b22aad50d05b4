"""Close a run: the page with the evidence, the artifacts in Prefect, the record in MLflow."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.runtime import flow_run
from pydantic import BaseModel, ConfigDict

from asr.scoring.evaluation import Evaluation
from asr.scoring.findings import Findings
from asr.scoring.gate import Verdict
from asr.scoring.report import Link, Report
from asr.training.attempt import Attempt
from tasks.analyse import analyse_errors
from tasks.corpus import Corpora
from tasks.environment import without_password
from tasks.registry import Registered, is_champion, tag_version
from tasks.result import Outcome, Result
from tasks.run_record import Earlier, Record, close_record
from tasks.settings import Settings
from tasks.steps import write_aside
from tasks.stored_report import fetch_page, keep_report, report_folder
from tasks.tracking import run_url
from tasks.waiting import AWAITING

log = logging.getLogger(__name__)

_EMBEDDED_UI = "http://127.0.0.1:4200"


class Evidence(BaseModel):
    """What a run found out: of each model the first evaluation is on the testing corpus, the others on guard sets."""

    model_config = ConfigDict(frozen=True)

    baseline: Sequence[Evaluation]
    candidate: Sequence[Evaluation] = ()
    not_kept: Sequence[Evaluation] = ()
    """The candidate on the testing corpus, its text searched for in ways that were not kept."""
    verdict: Verdict | None = None
    model: Registered | None = None
    """The candidate as it was registered."""
    release: Path | None = None
    findings: Findings | None = None
    training: tuple[Attempt, ...] = ()
    training_seconds: float | None = None


@task(name="conclude")
def conclude(
    settings: Settings, run: Record, corpora: Corpora, outcome: Outcome, sentence: str, evidence: Evidence
) -> Result:
    """Write the report and close the records in Prefect and MLflow; errors that nobody looked at yet are analysed."""
    baseline, candidate, verdict = evidence.baseline, evidence.candidate, evidence.verdict
    model, release = evidence.model, evidence.release
    findings = evidence.findings or analyse_errors(settings, run, corpora, baseline, candidate)
    other = [*candidate, *[None] * (len(baseline) - len(candidate))]
    result = Result(
        outcome=outcome,
        sentence=sentence,
        baseline=baseline[0],
        candidate=other[0],
        guards=tuple(zip(baseline[1:], other[1:], strict=True)),
        not_kept=tuple(evidence.not_kept),
        domain_recall=findings.domain,
        finding=verdict.finding if verdict else None,
        gate=verdict.checks if verdict else (),
        waits_until=_waits_until(settings) if outcome == AWAITING else None,
        fingerprints=corpora.fingerprints() | {"settings": settings.fingerprint()},
        data=run.data.changes,
        mlflow_run_id=run.id,
        prefect_flow_run_id=str(flow_run.get_id() or ""),
        mlflow_url=run_url(settings, run.id),
        prefect_url=prefect_url(str(flow_run.get_id() or "")),
        report=report_folder(settings, run.id) / "report.html",
        release=release,
        decided_by=run.id,
    )
    page = Report(
        outcome=outcome,
        sentence=sentence,
        baseline=baseline[0],
        candidate=other[0],
        guards=result.guards,
        verdict=verdict,
        run=run.id[:8],
        seconds=dict(_seconds(evidence)),
        findings=findings,
        not_kept=tuple(evidence.not_kept),
        training=evidence.training,
        corpora=(*corpora.learning, *corpora.judging),
        statistics=run.data.statistics,
        changes=run.data.changes,
        links=tuple(_links(result, model)),
        warnings=corpora.warnings,
        written=datetime.now(UTC),
    )
    report = keep_report(settings, run.id, page)
    write_aside(report.with_name("result.json"), result.model_dump_json(indent=1))
    if model and (release or not is_champion(settings, model)):  # training may have made the champion once more
        tag_version(settings, model.version, {"outcome": outcome})
    _show_in_prefect(result, report.with_suffix(".md"))
    close_record(settings, run.id, result)
    return result


@task(name="point at the earlier answer")
def point_at(settings: Settings, earlier: Earlier) -> Result:
    """The result of an earlier run, as the result of this one: nothing has changed since."""
    if earlier.result.outcome == AWAITING:
        create_markdown_artifact(f"# Awaiting approval\n\n{earlier.result.sentence}", key="result")
        return earlier.result.model_copy(update={"report": _report_at_hand(settings, earlier.result)})
    decided = earlier.result.decided_by or earlier.run_id
    sentence = (
        f"Nothing has changed since run “{earlier.name}” ({decided}), which ended with {earlier.result.outcome}: "
        f"{earlier.result.sentence}"
    )
    if earlier.result.outcome == "unchanged":
        sentence = earlier.result.sentence
    result = earlier.result.model_copy(
        update={
            "outcome": "unchanged",
            "sentence": sentence,
            "data": {},
            "prefect_flow_run_id": str(flow_run.get_id() or ""),
            "prefect_url": prefect_url(str(flow_run.get_id() or "")),
            "decided_by": decided,
            "report": _report_at_hand(settings, earlier.result),
            "release": earlier.result.release if (earlier.result.release or Path()).is_dir() else None,
        }
    )
    create_markdown_artifact(f"# Unchanged\n\n{sentence}\n\n[MLflow run]({result.mlflow_url})", key="result")
    return result


def prefect_url(flow_run_id: str) -> str:
    """Where the Prefect UI shows a run; for the embedded server that is where `make ui` serves it."""
    from prefect.utilities.urls import url_for

    if not flow_run_id:
        return ""
    return without_password(url_for("flow-run", obj_id=flow_run_id, default_base_url=_EMBEDDED_UI) or "")


def _report_at_hand(settings: Settings, result: Result) -> Path:
    """The page of an earlier run; from MLflow when that was on another machine, or its folder was cleaned up."""
    page = report_folder(settings, result.mlflow_run_id) / "report.html"
    if not page.is_file():
        fetch_page(settings, result.mlflow_run_id, "report.md", "report.html")
    return page


def _waits_until(settings: Settings) -> datetime:
    return datetime.now(UTC) + timedelta(hours=settings.approval_timeout)


def _seconds(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """How long each step took to compute; of evaluations that were made in an earlier run, how long they took then."""
    yield "evaluate the baseline", _evaluating(evidence.baseline)
    if evidence.training_seconds is not None:
        yield "train", evidence.training_seconds
    if evidence.candidate:
        yield "evaluate the candidate", _evaluating(evidence.candidate)


def _evaluating(evaluations: Sequence[Evaluation]) -> float:
    return sum(one.seconds / one.rtfx for one in evaluations if one.rtfx > 0)


def _links(result: Result, model: Registered | None) -> list[Link]:
    places = {
        "Prefect run": result.prefect_url,
        "MLflow run": result.mlflow_url,
        "Model": model.name if model else "",
        "Release": str(result.release or ""),
    }
    return [Link(name=name, target=target) for name, target in places.items() if target]


def _show_in_prefect(result: Result, report: Path) -> None:
    rows = [
        {
            "corpus": evaluation.corpus,
            "role": role,
            "model": evaluation.model,
            "WER": f"{evaluation.wer:.2%}",
            "95 % interval": f"{evaluation.interval[0]:.2%} – {evaluation.interval[1]:.2%}",
            "S / D / I": f"{evaluation.substitutions} / {evaluation.deletions} / {evaluation.insertions}",
            "words": evaluation.words,
        }
        for pair in ((result.baseline, result.candidate), *result.guards)
        for role, evaluation in zip(("baseline", "candidate"), pair, strict=True)
        if evaluation
    ]
    create_table_artifact(rows, key="error-rates", description=result.sentence)
    markdown = report.read_text(encoding="utf-8")
    create_markdown_artifact(f"{markdown}\n\n[MLflow run]({result.mlflow_url})\n", key="result")
