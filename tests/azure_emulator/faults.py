"""What goes wrong on purpose: with single calls, with jobs, or with a share of all calls."""

import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from tests.azure_emulator.errors import invalid

CALL_FAULTS = ("throttle", "error", "foreign", "html", "drop_before", "drop_after", "half", "slow")
JOB_FAULTS = ("stuck", "fail", "reject")


@dataclass
class Fault:
    """One thing that goes wrong, a number of times.

    `throttle`: 429 with Retry-After. `error`: the status with the Error of the contract. `foreign`: the status with the
    body of a gateway. `html`: the page of a proxy. `drop_before`, `drop_after`: the connection ends before, or after
    the call took effect. `half`: the call takes effect, and half of the JSON is answered. `slow`: the answer comes
    later. `stuck`: a job stays Running. `fail`: a job ends as Failed. `reject`: an import rejects lines that are right.
    """

    kind: str
    operation: str = "*"
    """Which calls, as the contract names the operation (`Datasets_*`), or on which kind of entities (`models`)."""
    times: int = 1
    """How often; -1 for ever."""
    after: int = 0
    """How many of these calls or jobs go well before."""
    seconds: float = 1.0
    """Of waiting: for `throttle` and `slow`."""
    status: int = 500
    lines: int = 1
    """For `reject`."""
    code: str = ""
    message: str = ""


class Faults:
    """The faults that were ordered, and those of chaos."""

    def __init__(self, chaos_seed: int = 0, chaos_rate: float = 0.0) -> None:
        self.happened: Counter[str] = Counter()
        self._ordered: list[Fault] = []
        self._lock = threading.Lock()
        self.chaos(chaos_seed, chaos_rate)

    def add(self, fault: Fault) -> None:
        """It happens from now on."""
        with self._lock:
            self._ordered.append(fault)

    def chaos(self, seed: int, rate: float) -> None:
        """Something goes wrong with this share of all calls; the same seed gives the same order of faults."""
        with self._lock:
            self._random, self._rate = random.Random(seed), rate

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._ordered.clear()
            self._rate = 0.0

    def for_call(self, operation: str) -> Fault | None:
        """What goes wrong with this call."""
        with self._lock:
            fault = self._next(operation, CALL_FAULTS)
            if fault is None and self._rate and self._random.random() < self._rate:
                fault = self._drawn()
            if fault:
                self.happened[fault.kind] += 1
            return fault

    def for_job(self, entity_kind: str) -> Fault | None:
        """What goes wrong with this job."""
        return self._for_work(entity_kind, ("stuck", "fail"))

    def rejected_lines(self) -> int:
        """How many good lines this import rejects."""
        fault = self._for_work("datasets", ("reject",))
        return fault.lines if fault else 0

    def _for_work(self, entity_kind: str, kinds: tuple[str, ...]) -> Fault | None:
        with self._lock:
            fault = self._next(entity_kind, kinds)
            if fault:
                self.happened[fault.kind] += 1
            return fault

    def _next(self, operation: str, kinds: tuple[str, ...]) -> Fault | None:
        for fault in self._ordered:
            if fault.kind not in kinds or not fnmatchcase(operation, fault.operation):
                continue
            if fault.after:
                fault.after -= 1
                continue
            if fault.times:
                fault.times -= 1 if fault.times > 0 else 0
                return fault
        return None

    def _drawn(self) -> Fault:
        kind = self._random.choice((*CALL_FAULTS, "error"))
        return Fault(kind, seconds=0, status=self._random.choice((500, 502, 503, 504)))


def fault_from(wanted: Any) -> Fault:
    """A fault as JSON says it.

    Raises:
        Refusal: there is no such fault, or one of its fields is wrong.
    """
    types: Mapping[str, Any] = {field.name: field.type for field in fields(Fault)}
    if not isinstance(wanted, dict) or wanted.get("kind") not in (*CALL_FAULTS, *JOB_FAULTS):
        raise invalid(f"A fault has a kind: {', '.join((*CALL_FAULTS, *JOB_FAULTS))}.")
    for name, value in wanted.items():
        if name not in types or not isinstance(value, (int, float) if types[name] is float else types[name]):
            raise invalid(f"A fault has these fields: {', '.join(types)}; {name} is wrong.", target=name)
    return Fault(**wanted)
