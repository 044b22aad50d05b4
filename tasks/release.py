"""Move the champion: one guarded step that is either done, or as if it had never begun.

Lock → journal → stage → smoke test → aliases → pointer → tags and log. Any failure puts everything back; killed between
any two of these, the next command finds the journal and finishes the step, or undoes it.
"""

import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from asr.errors import UserError
from asr.releases.directory import current, stage, switch
from tasks.promotion_journal import Move, begin, begun, end
from tasks.promotion_lock import one_promotion_at_a_time
from tasks.promotion_log import Entry, note
from tasks.registry import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    Registered,
    champion,
    move_alias,
    registered,
    tag_version,
    version_by_alias,
)
from tasks.settings import Settings

log = logging.getLogger(__name__)


def move_champion(
    settings: Settings, move: Move, try_release: Callable[[Path], None], facts: dict[str, object] | None = None
) -> Path | None:
    """Make a version the champion and release it; `None` when another champion was released meanwhile.

    `try_release` gets the staged release and raises when it is not what it should be. A version that is champion
    already is left as it is.

    Raises:
        UserError: it failed, or the staged release is not what was evaluated; the old champion stays.
    """
    with one_promotion_at_a_time(settings):
        recover(settings)
        now = champion(settings)
        target = registered(settings, move.version)
        if now is not None and now.version == target.version:
            return _folder(settings, target)
        if _overtaken(settings, move):
            return None
        previous = version_by_alias(settings, PREVIOUS)
        move = move.model_copy(update={"previous": int(previous.version) if previous else None})
        begin(settings, move)
        try:
            staged = _stage(settings, target, try_release, facts or {})
            if _overtaken(settings, move):  # by hand, or by a machine that shares no lock with this one
                end(settings)
                return None
            move_alias(settings, PREVIOUS, move.replaces)
            move_alias(settings, CHAMPION, move.version)
            switch(staged.parent, staged.name)
        except BaseException as error:
            _fail(settings, move, error)
            raise
        _finish(settings, move)
        return _folder(settings, target)


def recover(settings: Settings) -> None:
    """Finish or undo a move that was killed; the lock must be held.

    Raises:
        UserError: another machine is at it right now.
    """
    move = begun(settings)
    if move is None:
        return
    if move.is_somebody_elses():
        raise UserError(
            f"{settings.name}: v{move.version} is being {move.what} on {move.host} since {move.at:%H:%M} UTC; "
            "try again when that has ended"
        )
    now = champion(settings)
    if now is not None and now.version == move.version:
        _finish(settings, move)
        log.warning("finished what was interrupted: v%d is the champion, it was %s by %s", *_named(move))
        return
    _undo(settings, move)
    note(settings, _entry(move, "failed", "It was interrupted and undone."))
    end(settings)
    log.warning("undid what was interrupted: v%d was not %s by %s", *_named(move))


def recover_if_idle(settings: Settings) -> None:
    """The same for commands that only look: when something is under way, they look at that."""
    if begun(settings) is not None:
        with suppress(UserError), one_promotion_at_a_time(settings, patience=0):
            recover(settings)


def ensure_released(settings: Settings) -> None:
    """Put the champion where people use it, unless it is there already; what was interrupted is ended first."""
    with one_promotion_at_a_time(settings):
        recover(settings)
        if live := champion(settings):
            _put_live(settings, live)


def release_name(model: Registered) -> str:
    """The folder of a release: its version and the start of its fingerprint."""
    return f"v{model.version}-{model.fingerprint[:8]}"


def release_facts(model: Registered) -> dict[str, object]:
    """What `release.json` says of a release."""
    return {
        "model": model.name,
        "version": model.version,
        "fingerprint": model.fingerprint,
        "mlflow_run_id": model.run_id,
        "released": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _overtaken(settings: Settings, move: Move) -> bool:
    now = version_by_alias(settings, CHAMPION)
    if now is not None and int(now.version) == move.replaces:
        return False
    log.warning("%s is the champion now, not v%d", f"v{now.version}" if now else "nothing", move.replaces)
    return True


def _stage(
    settings: Settings, target: Registered, try_release: Callable[[Path], None], facts: dict[str, object]
) -> Path:
    """Put the files where they are to be released, and try them there; nothing is live yet."""
    releases, name = settings.data / "releases", release_name(target)
    staged = stage(target.directory, releases, name, release_facts(target) | facts)
    try:
        try_release(staged)
    except Exception:
        if current(releases) != staged.resolve():
            shutil.rmtree(staged, ignore_errors=True)  # the next one copies it anew
        raise
    return staged


def _finish(settings: Settings, move: Move) -> None:
    """What is left when `champion` has moved; each part may have been done before."""
    _put_live(settings, registered(settings, move.version))
    challenger = version_by_alias(settings, CHALLENGER)
    if challenger and int(challenger.version) == move.version:
        move_alias(settings, CHALLENGER, None)
    at = move.at.isoformat(timespec="seconds")
    tags = {"released": at, "replaced": str(move.replaces)}
    if move.what == "promoted":
        tags |= {"outcome": "promoted", "decided_by": move.by, "reason": move.reason, "gate": move.finding}
    tag_version(settings, move.version, tags)
    note(settings, _entry(move, move.what, move.reason))
    end(settings)


def _fail(settings: Settings, move: Move, error: BaseException) -> None:
    """Undo, say so in the log, and raise what went wrong in words; the journal stays when undoing fails as well."""
    try:
        _undo(settings, move)
        note(settings, _entry(move, "failed", f"{type(error).__name__}: {error}"))
        end(settings)
    except Exception as second:
        if not isinstance(error, Exception):
            return
        raise UserError(
            f"{settings.name} v{move.version} could not be {move.what} ({error}), and putting {settings.name} "
            f"v{move.replaces} back failed too ({second}); the next command does it"
        ) from error
    if isinstance(error, Exception) and not isinstance(error, UserError):
        raise UserError(
            f"the release of {settings.name} v{move.version} failed, and {settings.name} v{move.replaces} is live "
            f"again: {error}"
        ) from error


def _undo(settings: Settings, move: Move) -> None:
    """Everything as it was before; each part may be so already. What somebody else has moved since is theirs."""
    now = version_by_alias(settings, CHAMPION)
    if now is None or int(now.version) == move.version:
        move_alias(settings, CHAMPION, move.replaces)
    elif int(now.version) != move.replaces:
        return
    move_alias(settings, PREVIOUS, move.previous)
    _put_live(settings, registered(settings, move.replaces))


def _put_live(settings: Settings, model: Registered) -> None:
    releases, name = settings.data / "releases", release_name(model)
    if current(releases) != (releases / name).resolve():
        stage(model.directory, releases, name, release_facts(model))
        switch(releases, name)


def _folder(settings: Settings, model: Registered) -> Path:
    return settings.data / "releases" / release_name(model)


def _entry(move: Move, what: str, reason: str) -> Entry:
    return Entry.model_validate(
        {"id": f"{move.id}-{what.replace(' ', '-')}", "what": what, "reason": reason}
        | move.model_dump(include={"at", "version", "replaces", "by", "run_id"})
    )


def _named(move: Move) -> tuple[int, str, str]:
    return move.version, move.what, move.by
