"""Long-running work: NotStarted → Running → Succeeded or Failed, in threads, with `pace` seconds for each job.

Assumption: nothing is cancelled, and the service does not say how long a job waits; here it waits half of its time.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.azure_emulator.errors import JobFailed
from tests.azure_emulator.faults import Faults
from tests.azure_emulator.store import Entity, Store

Finish = Callable[[], None]
"""Writes down what the work found; called under the lock, in the same moment in which the state becomes Succeeded."""
Work = Callable[[], Finish | None]
"""Does the work without the lock; raises JobFailed when it fails."""


class Jobs:
    """The work that is waiting or going on."""

    def __init__(self, store: Store, faults: Faults, pace: float) -> None:
        self.pace = pace
        self.on_change: Callable[[Entity, str], None] = lambda entity, event: None
        """Told after each change of a state: the entity, and `Processing` or `Completion`."""
        self._store, self._faults = store, faults
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="azure-emulator-job")
        self._stopping = threading.Event()

    def start(self, entity: Entity, work: Work) -> None:
        """Queue the work on an entity; it is busy until the work is done."""
        entity.busy = True
        entity.properties.pop("error", None)
        self._store.save(entity)
        self._threads.submit(self._run, entity, work)

    def stop(self) -> None:
        """No more work is begun; what is at work is left alone."""
        self._stopping.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, entity: Entity, work: Work) -> None:
        fault = self._faults.for_job(entity.kind)
        if self._stopping.wait(self.pace / 2):
            return
        self._enter(entity, "Running")
        self.on_change(entity, "Processing")
        if fault and fault.kind == "stuck":
            return
        if self._stopping.wait(self.pace / 2):
            return
        try:
            if fault and fault.kind == "fail":
                raise JobFailed(fault.code or "PipelineError", fault.message or "The emulator was told to fail.")
            finish = work()
        except JobFailed as failure:
            self._fail(entity, failure.code, failure.message)
        except Exception as error:  # a mistake of the emulator must not leave a client waiting for ever
            self._fail(entity, "UnexpectedError", f"{type(error).__name__}: {error}")
        else:
            with self._store.lock:
                if finish:
                    finish()
                entity.busy = False
                self._enter(entity, "Succeeded")
        self.on_change(entity, "Completion")

    def _fail(self, entity: Entity, code: str, message: str) -> None:
        with self._store.lock:
            entity.properties["error"] = {"code": code, "message": message}
            entity.busy = False
            self._enter(entity, "Failed")

    def _enter(self, entity: Entity, status: str) -> None:
        with self._store.lock:
            entity.enter(status)
            self._store.save(entity)
