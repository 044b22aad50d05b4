"""What a person decided, carried out: the candidate is promoted or rejected, once, on evidence that still holds."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact

from asr.azure.azure_model import is_azure_model, read_azure_model
from asr.errors import ModelError, UserError
from asr.models.checkpoint import fingerprint
from asr.scoring.markdown_text import markdown
from asr.scoring.person_decision import PersonDecision
from tasks.azure.service import custom_speech
from tasks.promote import move_evaluated
from tasks.promotion_journal import Move
from tasks.promotion_lock import one_promotion_at_a_time
from tasks.promotion_log import Entry, note, read_log
from tasks.registry import CHAMPION, alias_number, registered, tag_version
from tasks.release import recover
from tasks.releases import put_live
from tasks.result import Outcome, Result
from tasks.run_record import close_record
from tasks.settings import Settings
from tasks.stored_report import judged_corpus, rewrite_report, stored_report
from tasks.waiting import Waiting, find_waiting, is_being_answered, reopen, waiting_runs

log = logging.getLogger(__name__)


@task(name="carry out the decision")
def settle(settings: Settings, run: str, decision: PersonDecision) -> Result:
    """Promote or reject the candidate of a waiting run, named by its id or the beginning of it.

    Raises:
        SettingsError: no such run waits; what was decided before stays.
        UserError: the evidence does not hold any more, or the release failed; nothing is promoted.
    """
    with one_promotion_at_a_time(settings):
        recover(settings)
        waiting = find_waiting(settings, run)
        if done := _decided_before(settings, waiting):
            return done
        if decision.at > waiting.until:
            return _expire(settings, waiting)
        if decision.decision == "reject":
            _note(settings, waiting, decision)
            return _close(settings, waiting, "rejected", decision)
        _refuse_stale(settings, waiting)
        release = _promote(settings, waiting, decision)
        return _close(settings, waiting, "promoted", decision, release)


def settle_what_is_left(settings: Settings) -> None:
    """Close the waiting runs that need no answer any more: decided by a command that was killed, or out of time.

    An answer that was given in time, and that waits for a worker, is waited for.
    """
    if not waiting_runs(settings):
        return
    with one_promotion_at_a_time(settings):
        recover(settings)
        for waiting in waiting_runs(settings):
            done = _decided_before(settings, waiting)
            if not done and waiting.expired and not is_being_answered(settings, waiting):
                _expire(settings, waiting)


def _promote(settings: Settings, waiting: Waiting, decision: PersonDecision) -> Path:
    report = stored_report(settings, waiting.run_id)
    move = Move(
        what="promoted", version=waiting.candidate, replaces=waiting.champion, by=decision.by,
        reason=decision.reason, run_id=waiting.run_id, finding=waiting.result.finding or "",
    )  # fmt: skip
    corpus = judged_corpus(report) if report else None
    guards = [after for _, after in waiting.result.guards if after]
    release = move_evaluated(settings, move, waiting.result.candidate, corpus, guards)
    if release is None:  # the lock is held: nobody can have moved the champion in between but somebody without it
        _refuse_stale(settings, waiting)
        raise UserError(f"{settings.name}: the champion has moved; nothing was promoted")
    return release


def _refuse_stale(settings: Settings, waiting: Waiting) -> None:
    """Refuse to promote on evidence about another champion, or about another candidate; the run is opened again."""
    now = alias_number(settings, CHAMPION)
    if now != waiting.champion:
        reopen(settings, waiting.run_id)
        is_now = f"{settings.name} v{now} is" if now else "there is no"
        raise UserError(
            f"{waiting.run_id[:8]}: {is_now} champion now, and the candidate was compared with {settings.name} "
            f"v{waiting.champion}; nothing was promoted. `wergate run` with the same data and settings compares it "
            "with today's champion and asks again"
        )
    candidate, evaluated = registered(settings, waiting.candidate), waiting.result.candidate
    if evaluated is None or fingerprint(candidate.directory) != evaluated.model_fingerprint:
        reopen(settings, waiting.run_id)
        raise UserError(
            f"{candidate.directory}: {candidate.name} is not what was evaluated; nothing was promoted. `wergate run` "
            "trains and evaluates it again"
        )
    if is_azure_model(candidate.directory):
        try:
            read_azure_model(candidate.directory).look_up(custom_speech(settings))
        except ModelError as error:
            reopen(settings, waiting.run_id)
            why = str(error).partition(";")[0]
            raise UserError(
                f"{waiting.run_id[:8]}: {why}; nothing was promoted. `wergate run` with the same data and settings "
                "trains it again and asks again"
            ) from error


def _decided_before(settings: Settings, waiting: Waiting) -> Result | None:
    """Close a run that was decided by a command that was killed before it could say so, or by another run's answer.

    Two runs may wait with the same candidate: when one of them makes it champion, the other has nothing to ask.
    """
    promoted = None
    for entry in read_log(settings):
        if entry.version != waiting.candidate:
            continue
        if entry.run_id == waiting.run_id and entry.what in ("rejected", "expired"):
            told = PersonDecision(decision="reject", by=entry.by, reason=entry.reason, at=entry.at)
            return _close(settings, waiting, "rejected", told if entry.what == "rejected" else None)
        if entry.what in ("promoted", "rolled back"):
            promoted = entry
    if promoted and (promoted.run_id == waiting.run_id or alias_number(settings, CHAMPION) == waiting.candidate):
        told = PersonDecision(decision="promote", by=promoted.by, reason=promoted.reason, at=promoted.at)
        is_live = alias_number(settings, CHAMPION) == waiting.candidate
        return _close(settings, waiting, "promoted", told, put_live(settings, waiting.candidate) if is_live else None)
    return None


def _expire(settings: Settings, waiting: Waiting) -> Result:
    sentence = f"Nobody answered until {waiting.until:%Y-%m-%d %H:%M} UTC. {waiting.result.sentence}"
    _note(settings, waiting, None, sentence)
    log.warning("%s: nobody answered in time; its candidate is rejected", waiting.run_id[:8])
    return _close(settings, waiting, "rejected", None, sentence=sentence)


def _note(settings: Settings, waiting: Waiting, decision: PersonDecision | None, reason: str = "") -> None:
    what = "rejected" if decision else "expired"
    note(
        settings,
        Entry(
            id=f"{waiting.run_id[:12]}-{what}",
            at=decision.at if decision else datetime.now(UTC),
            what=what,
            version=waiting.candidate,
            replaces=waiting.champion,
            by=decision.by if decision else "nobody",
            reason=decision.reason if decision else reason,
            run_id=waiting.run_id,
        ),
    )


def _close(
    settings: Settings,
    waiting: Waiting,
    outcome: Outcome,
    decision: PersonDecision | None,
    release: Path | None = None,
    sentence: str = "",
) -> Result:
    """Write the decision on the page and close the run with it."""
    if decision:
        sentence = f"{outcome.capitalize()} by {decision.by}: {decision.reason} — {waiting.result.sentence}"
    result = waiting.result.model_copy(
        update={"outcome": outcome, "sentence": sentence, "decision": decision, "release": release}
    )
    if outcome == "promoted" or alias_number(settings, CHAMPION) != waiting.candidate:
        by = decision.by if decision else "nobody"
        tag_version(settings, waiting.candidate, {"outcome": outcome, "decided_by": by})
    said = waiting.result.sentence if decision else sentence  # the page has a place of its own for the decision
    rewrite_report(settings, waiting.run_id, {"outcome": outcome, "sentence": said, "decision": decision})
    close_record(settings, waiting.run_id, result)
    create_markdown_artifact(f"# {outcome.capitalize()}\n\n{markdown(sentence)}\n", key="decision")
    return result
