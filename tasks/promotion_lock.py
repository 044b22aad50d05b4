"""One promotion at a time: on this machine by a lock of the operating system, across machines by the Prefect server.

The registry is looked at besides: a step that has begun says so there (`tasks/release.py`).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from uuid import UUID

from asr.errors import UserError
from tasks.promotion_journal import begun
from tasks.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_PATIENCE = 300.0
"""Seconds to wait for another promotion: its smoke test may load a large model."""
_LEASE = 60.0
"""Seconds after which the server frees the place of a machine that has died; whoever lives renews it."""
_LOST = 2 * _LEASE
"""Seconds after which a place that nobody gives back is lost: a server that is started anew forgets its leases."""
_LOCKED = 423  # WebDAV, RFC 4918
_EVERY = 0.5
"""Seconds between two looks whether the place is free."""

_HELD: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())
"""Data folders whose lock this thread holds."""


@contextmanager
def one_promotion_at_a_time(settings: Settings, patience: float = _PATIENCE) -> Iterator[None]:
    """Hold the lock of the registered model; whoever holds it already goes on.

    Raises:
        UserError: another promotion holds it for longer than `patience` seconds.
    """
    from filelock import FileLock, Timeout

    if settings.data in _HELD.get():
        yield
        return
    settings.data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.data / "promotion.lock")
    try:
        lock.acquire(timeout=patience)
    except Timeout as error:
        raise UserError(
            f"{settings.name}: another promotion or rollback is under way here; try again when it has ended"
        ) from error
    try:
        with _place_on_the_server(settings, patience):
            held = _HELD.set(_HELD.get() | {settings.data})
            try:
                yield
            finally:
                _HELD.reset(held)
    finally:
        lock.release()


@contextmanager
def _place_on_the_server(settings: Settings, patience: float) -> Iterator[None]:
    """The only place of a global concurrency limit, when there is a server that machines share.

    Its lease is written down as long as it is held: whoever holds the lock of this machine and finds one knows that its
    holder was killed, and gives it back.
    """
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():  # the embedded server serves this machine alone, where the other lock is enough
        yield
        return
    from prefect.client.orchestration import get_client

    lease = settings.data / "promotion.lease"
    with get_client(sync_client=True) as server:

        def give_back() -> None:
            server.release_concurrency_slots_with_lease(UUID(lease.read_text()))
            lease.unlink()

        with suppress(OSError, ValueError):
            give_back()
        _wait_for_the_place(settings, lease, patience)
        ended = Event()
        renewing = Thread(target=_renew, args=(server, UUID(lease.read_text()), ended), daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()
            give_back()


def _renew(server: "SyncPrefectClient", lease: UUID, ended: Event) -> None:
    """Keep a lease until the promotion has ended."""
    while not ended.wait(_LEASE / 3):
        with suppress(Exception):  # a server that was started anew has forgotten it; the journal is there, too
            server.renew_concurrency_lease(lease, _LEASE)


def _wait_for_the_place(settings: Settings, lease: Path, patience: float) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
    from prefect.exceptions import PrefectHTTPStatusError

    name = f"wergate promotes {settings.name}"
    began = time.monotonic()
    until = began + patience
    with get_client(sync_client=True) as server:
        server.upsert_global_concurrency_limit_by_name(name, 1)
        while True:
            try:
                answer = server.increment_concurrency_slots_with_lease([name], 1, "concurrency", _LEASE)
                break
            except PrefectHTTPStatusError as error:
                if error.response.status_code != _LOCKED:
                    raise
                now = time.monotonic()
                if now >= until:
                    raise UserError(
                        f"{settings.name}: another machine promotes or rolls back; try again when it has ended (one "
                        f"that has died gives its place back within a few minutes, or at once with "
                        f"`prefect gcl update '{name}' --active-slots 0`)"
                    ) from error
                if now >= began + _LOST and begun(settings) is None:
                    server.update_global_concurrency_limit(name, GlobalConcurrencyLimitUpdate(active_slots=0))
            time.sleep(_EVERY)
    lease.write_text(str(answer.json()["lease_id"]))
