"""Go back to an earlier model: the guarded step of a promotion, with a version that was champion before."""

from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact
from pydantic import BaseModel, ConfigDict

from asr.corpus.utterance import Corpus
from asr.errors import SettingsError, UserError
from asr.scoring.evaluation import Evaluation
from asr.scoring.markdown_text import markdown
from tasks.promote import move_evaluated
from tasks.promotion_journal import Move
from tasks.promotion_lock import one_promotion_at_a_time
from tasks.registry import CHAMPION, PREVIOUS, Registered, alias_number, registered, versions, was_released
from tasks.release import recover
from tasks.run_record import stored_result
from tasks.settings import Settings
from tasks.stored_report import judged_corpus, stored_report


class RolledBack(BaseModel):
    """What `wergate rollback` ends with."""

    model_config = ConfigDict(frozen=True)

    version: int
    """The champion now."""
    replaces: int | None
    """The champion until now, if there was one; `wergate rollback` once more brings it back."""
    by: str
    reason: str
    release: Path

    def summary(self) -> str:
        """The result as text for a terminal."""
        after = f"it replaces v{self.replaces}." if self.replaces else "there was none."
        return f"ROLLED BACK  v{self.version} is the champion again; {after}\n  {self.release}"


@task(name="roll back")
def roll_back(settings: Settings, to: int | None, by: str, reason: str) -> RolledBack:
    """Make version `to` the champion and release it; without a version it is the one before the champion.

    Raises:
        SettingsError: there is no such version, or it is the champion already.
        UserError: its release does not load or does not write what it wrote; the champion stays.
    """
    with one_promotion_at_a_time(settings):
        recover(settings)
        now = alias_number(settings, CHAMPION)  # its files may be why we go back
        target = _target(settings, to)
        if target.version == now:
            raise SettingsError(f"--to: {target.name} is the champion already")
        move = Move(
            what="rolled back", version=target.version, replaces=now, by=by, reason=reason,
            run_id=target.run_id,
        )  # fmt: skip
        release = move_evaluated(settings, move, *_evidence(settings, target))
        if release is None:
            raise UserError(f"{settings.name}: the champion has moved meanwhile; look at `wergate history`")
    create_markdown_artifact(f"# Rolled back to v{target.version}\n\n{markdown(f'{by}: {reason}')}\n", key="rollback")
    return RolledBack(version=target.version, replaces=now, by=by, reason=reason, release=release)


def _target(settings: Settings, to: int | None) -> Registered:
    released = {int(one.version) for one in versions(settings) if was_released(one)}
    if to is None:
        previous = alias_number(settings, PREVIOUS)
        if previous is None:
            raise SettingsError(
                f"{settings.name}: no model was champion before this one; name a version with --to, `wergate models` "
                "lists them"
            )
        return registered(settings, previous)
    if to not in released:
        listed = ", ".join(f"{one}" for one in sorted(released, reverse=True)[:20])
        raise SettingsError(f"--to: version {to} of {settings.name} was never released; released were {listed}")
    return registered(settings, to)


def _evidence(settings: Settings, model: Registered) -> tuple[Evaluation | None, Corpus | None, tuple[Evaluation, ...]]:
    """What the model wrote when it was evaluated, on which data, and on guard sets, as far as that is at hand."""
    result = stored_result(settings, model.run_id) if model.run_id else None
    report = stored_report(settings, model.run_id) if model.run_id else None
    if result is None or report is None or result.candidate is None:
        return None, None, ()
    if result.candidate.model_fingerprint != model.fingerprint:
        return None, None, ()
    guards = tuple(after for _, after in result.guards if after)
    return result.candidate, judged_corpus(report), guards
