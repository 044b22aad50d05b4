"""Move the champion: one guarded step that is either done, or as if it had never begun.

Lock → journal → stage → smoke test → aliases → pointer → places → tags and log. Any failure puts everything back;
killed between any two of these, the next command finds the journal and finishes the step, or undoes it.
"""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from asr.azure.azure_error import AzureError
from asr.azure.azure_model import is_azure_model
from asr.errors import UserError
from asr.models.checkpoint import fingerprint
from asr.releases.directory import CURRENT, current, refuse_folder, stage, switch
from tasks.environment import without_passwords
from tasks.places import reach, release_everywhere, undo_leftover
from tasks.promotion_journal import Move, begin, begun, end, is_ours
from tasks.promotion_lock import one_promotion_at_a_time
from tasks.promotion_log import Entry, What, note
from tasks.registry import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    Registered,
    alias_number,
    move_alias,
    registered,
    tag_version,
)
from tasks.releases import is_live, put_live, release_card, release_facts, release_name, releases_folder, take_back
from tasks.settings import Settings
from tasks.try_release import try_interrupted

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
        if alias_number(settings, CHAMPION) == move.version:
            return put_live(settings, move.version)
        if _overtaken(settings, move):
            return None
        target = registered(settings, move.version)
        move = move.model_copy(update={"previous": alias_number(settings, PREVIOUS)})
        reach(settings, target.directory)
        refuse_folder(releases_folder(settings))
        begin(settings, move)
        try:
            staged = _stage(settings, target, try_release, facts or {})
            if not is_ours(settings, move) or _overtaken(settings, move):  # by hand, or by who shares no lock with us
                end(settings, move)
                return None
            move_alias(settings, PREVIOUS, move.replaces)
            move_alias(settings, CHAMPION, move.version)
            switch(staged.parent, staged.name)
            release_everywhere(settings, staged, try_release)
        except BaseException as error:
            _fail(settings, move, error)
            raise
        _finish(settings, move)
        return staged


def recover(settings: Settings) -> None:
    """Finish or undo a move that was killed; the lock must be held.

    Raises:
        UserError: somebody else is at it right now.
    """
    move = begun(settings)
    if move is None:
        return
    if move.is_alive(settings):
        raise UserError(
            f"{settings.name}: v{move.version} is being {move.what} on {move.host} since {move.at:%H:%M} UTC; try "
            "again when that has ended, or three hours later if it has died"
        )
    why = "It was interrupted and undone."
    if alias_number(settings, CHAMPION) == move.version:
        try:
            _finish(settings, move)
        except UserError as error:
            if not _is_refused(settings, move, error.__cause__):
                raise
            why = f"It was interrupted, and then refused: {without_passwords(str(error.__cause__))}"
            log.warning("v%d: %s", move.version, why)
        else:
            log.warning("finished what was interrupted: v%d is the champion, it was %s by %s", *_named(move))
            return
    _undo(settings, move)
    note(settings, _entry(move, "failed", why))
    end(settings, move)
    log.warning("undid what was interrupted: v%d was not %s by %s", *_named(move))


def recover_if_idle(settings: Settings) -> None:
    """The same for commands that only look: when something is under way, or cannot be mended, they look at that."""
    try:
        if begun(settings) is not None:
            with one_promotion_at_a_time(settings, patience=0):
                recover(settings)
        elif (champion := alias_number(settings, CHAMPION)) and not is_live(settings, champion):
            where = releases_folder(settings) / CURRENT
            log.warning("%s is not v%d, the champion; `wergate run` or `wergate rollback` mend it", where, champion)
    except UserError as error:
        log.warning("%s", error)


def ensure_released(settings: Settings) -> None:
    """Put the champion where people use it, unless it is there already; what was interrupted is ended first."""
    with one_promotion_at_a_time(settings):
        recover(settings)
        if champion := alias_number(settings, CHAMPION):
            undo_leftover(settings, put_live(settings, champion))


def _overtaken(settings: Settings, move: Move) -> bool:
    now = alias_number(settings, CHAMPION)
    if now == move.replaces:
        return False
    log.warning("%s is the champion now, not %s", _version(now), _version(move.replaces))
    return True


def _stage(
    settings: Settings, target: Registered, try_release: Callable[[Path], None], facts: dict[str, object]
) -> Path:
    """Put the files where they are to be released, and try them there; nothing is live yet."""
    releases, name = releases_folder(settings), release_name(target)
    folder = releases / name
    live = current(releases) == folder.resolve()
    if folder.is_dir() and not live and fingerprint(folder) != target.fingerprint:
        log.warning("%s is not what was released there once; it is copied anew", folder)
        shutil.rmtree(folder)
    known = release_facts(settings, target) | facts
    staged = stage(target.directory, releases, name, known, release_card(settings, known))
    if is_azure_model(staged):
        return staged  # it can be tried at its endpoint only, when that has it
    try:
        try_release(staged)
    except Exception:
        if not live:
            shutil.rmtree(staged, ignore_errors=True)  # the next one copies it anew
        raise
    return staged


def _finish(settings: Settings, move: Move) -> None:
    """What is left when `champion` has moved; each part may have been done before."""
    try:
        put_live(settings, move.version, try_interrupted)
        if alias_number(settings, CHALLENGER) == move.version:
            move_alias(settings, CHALLENGER, None)
        tags = {"released": move.at.isoformat(timespec="seconds"), "replaced": str(move.replaces or "")}
        if move.what == "promoted":
            tags |= {"outcome": "promoted", "decided_by": move.by, "reason": move.reason, "gate": move.finding}
        tag_version(settings, move.version, tags)
        note(settings, _entry(move, move.what, move.reason))
        end(settings, move)
    except Exception as error:
        raise UserError(
            f"{settings.name} v{move.version} is the champion, {move.what} by {move.by}, but not all of it could be "
            f"noted ({without_passwords(str(error))}); the next command does it"
        ) from error


def _is_refused(settings: Settings, move: Move, error: BaseException | None) -> bool:
    """Whether the endpoint will not have the model, or hears something else with it, tried as often as one likes."""
    is_final = isinstance(error, UserError) and not (isinstance(error, AzureError) and error.passing)
    return is_final and move.replaces is not None and is_azure_model(registered(settings, move.version).directory)


def _fail(settings: Settings, move: Move, error: BaseException) -> None:
    """Undo, say so in the log, and raise what went wrong in words; the journal stays when undoing fails as well."""
    why = without_passwords(str(error))
    try:
        _undo(settings, move)
        note(settings, _entry(move, "failed", f"{type(error).__name__}: {why}"))
        end(settings, move)
    except Exception as second:
        if not isinstance(error, Exception):
            return
        raise UserError(
            f"{settings.name} v{move.version} could not be {move.what} ({why}), and putting "
            f"{_version(move.replaces)} back failed too ({without_passwords(str(second))}); the next command does it"
        ) from error
    if isinstance(error, Exception) and not isinstance(error, UserError):
        raise UserError(
            f"the release of {settings.name} v{move.version} failed, and {settings.name} {_version(move.replaces)} is "
            f"live again: {why}"
        ) from error


def _undo(settings: Settings, move: Move) -> None:
    """Everything as it was before; each part may be so already. What somebody else has moved since is theirs."""
    now = alias_number(settings, CHAMPION)
    if now not in (move.version, move.replaces):
        return
    if now == move.version:
        move_alias(settings, CHAMPION, move.replaces)
    move_alias(settings, PREVIOUS, move.previous)
    if move.replaces is not None:
        put_live(settings, move.replaces)
    take_back(settings, move.version)


def _entry(move: Move, what: What, reason: str) -> Entry:
    return Entry(
        id=f"{move.id}-{what.replace(' ', '-')}", at=move.at, what=what, version=move.version, replaces=move.replaces,
        by=move.by, reason=reason, run_id=move.run_id,
    )  # fmt: skip


def _named(move: Move) -> tuple[int, str, str]:
    return move.version, move.what, move.by


def _version(number: int | None) -> str:
    return "nothing" if number is None else f"v{number}"
