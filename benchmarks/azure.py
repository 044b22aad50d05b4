"""A thousand trainings at an emulator of Azure where every seventh call goes wrong: is anything lost, or left behind.

Each cycle uploads text, trains on it, lets the model hear a test set, hosts it, and deletes what the cycle before made.
Each text teaches other words than all others, so that every model hears something of its own.
"""

import hashlib
import io
import json
import math
import threading
import time
import wave
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from benchmarks.result import Result

if TYPE_CHECKING:
    from asr.azure.custom_speech import CustomSpeech
    from asr.azure.entities import Dataset
    from asr.azure.parts import DataFile

CYCLES = 1_000
CHAOS = 0.15
"""Share of the calls that something goes wrong with."""
GROWTH = 30.0
"""MB that the client's memory may grow between the tenth part of the cycles and the last."""

_KEY = "emulated-key-0123456789"
_LOCALE = "en-US"
_AT_ONCE = 4
_WORDS = tuple("abra dorado gecko iguana kiwi lynx okapi pangolin tapir zebu".split())
"""No base of the emulator knows them; each cycle teaches another choice."""
_PATIENCE = 60.0  # seconds for one job


def measure(_root: Path, rounds: int) -> list[Result]:
    """All cycles, by four threads that share a connection."""
    from tests.azure_emulator.running import emulator_process

    cycles = CYCLES if rounds >= 3 else CYCLES // 20
    with TemporaryDirectory() as place:
        folder = Path(place)
        truth = {hashlib.sha256(_pcm(number)).hexdigest(): word for number, word in enumerate(_WORDS)}
        (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
        options: dict[str, Any] = {"recognizer": "scripted", "truth": folder / "truth.json", "pace": 0}
        with emulator_process(folder / "emulator", key=_KEY, **options) as emulator:
            emulator.control("faults", {"chaos": {"seed": 1, "rate": CHAOS}})
            soak = _run(emulator.address, folder, cycles)
            emulator.control("faults", {"clear": True})
            counts = emulator.counts()
    return _results(soak, counts, cycles)


@dataclass
class _Soak:
    """What the client has seen."""

    wrong: list[str] = field(default_factory=list)
    """What was not as it should be."""
    seconds: float = 0.0
    early: "_Footprint | None" = None
    """After the tenth part of the cycles."""
    late: "_Footprint | None" = None


@dataclass(frozen=True)
class _Footprint:
    """What a process holds."""

    megabytes: float
    threads: int
    sockets: int


def _run(address: str, folder: Path, cycles: int) -> _Soak:
    from asr.azure import custom_speech
    from asr.azure.back_off import Patience
    from asr.azure.connection import Connection
    from asr.azure.credential import Credential
    from asr.azure.custom_speech import CustomSpeech
    from asr.azure.rate_budget import RateBudget

    soak, done, lock = _Soak(), 0, threading.Lock()
    patience = Patience(attempts=30, first=0.005, longest=0.1)
    custom_speech.FIRST_POLL, custom_speech.LONGEST_POLL = 0.01, 0.1  # its jobs take no time
    began = time.perf_counter()

    def work(worker: int) -> None:
        nonlocal done
        one = _Worker(CustomSpeech(connection), f"soak-{worker}", folder)
        for number in range(1 + worker, cycles + 1, _AT_ONCE):
            try:
                one.cycle(number)
            except Exception as error:  # one cycle that is lost is the finding; the others go on
                soak.wrong.append(f"cycle {number}: {type(error).__name__}: {error}")
            with lock:
                done += 1
                if done == max(1, cycles // 10):
                    soak.early = _footprint()
        one.clear()

    with (
        Connection(address, Credential(key=_KEY), patience=patience, budget=RateBudget(1_000_000)) as connection,
        ThreadPoolExecutor(_AT_ONCE) as threads,
    ):
        for future in [threads.submit(work, worker) for worker in range(_AT_ONCE)]:
            future.result()
        soak.seconds = time.perf_counter() - began
        soak.late = _footprint()
    return soak


class _Worker:
    """A project of its own, with one test set, one endpoint, and one model at a time."""

    def __init__(self, service: "CustomSpeech", project: str, folder: Path) -> None:
        from asr.azure.endpoint_place import EndpointPlace
        from asr.azure.marks import Maker

        self._service, self._maker, self._folder = service, Maker(project), folder / project
        self._folder.mkdir()
        self._place = EndpointPlace(service, self._maker, _LOCALE, _PATIENCE)
        self._tested: Dataset | None = None
        self._before: tuple[str, str] | None = None

    def cycle(self, number: int) -> None:
        """Upload, train, hear, host; raises when something else comes of it than should."""
        from asr.azure.azure_model import azure_model, write_azure_model
        from asr.azure.base_models import choose_base
        from asr.azure.custom_models import ensure_model, refuse_failed
        from asr.azure.entities import CustomModel, Endpoint
        from asr.azure.transcriptions import forget_transcription, transcribe_dataset

        taught = [word for place, word in enumerate(_WORDS) if number >> place & 1]
        text = self._file("plain_text.txt", b"\xef\xbb\xbf" + f"we saw {' '.join(taught)}\r\n".encode())
        dataset = self._dataset("training Language", "Language", text)
        base = choose_base(self._service, _LOCALE, frozenset({"Language"}))
        model = ensure_model(self._service, self._maker, base, [dataset], f"{number:064}")
        model = refuse_failed(self._service.wait(CustomModel, model.id, deadline=_PATIENCE))
        self._tested = self._tested or self._dataset("testing audio", "Acoustic", self._test_set())
        names = {f"{place}.wav": word for place, word in enumerate(_WORDS)}
        heard = transcribe_dataset(self._service, self._maker, model, self._tested, names, _PATIENCE)
        if (right := [names[name] for name in sorted(heard) if heard[name] == names[name]]) != taught:
            raise ValueError(f"it heard {right}, and was taught {taught}")
        forget_transcription(self._service, self._maker, model, self._tested)
        release = write_azure_model(azure_model(model), self._folder / f"v{number}")
        self._place.release(release, lambda _: None)
        endpoint = self._place.find()
        if not endpoint or not endpoint.model or endpoint.model.id != model.id or not self._place.has(release):
            raise ValueError("the endpoint has another model")
        self._service.get(Endpoint, endpoint.id)
        before, self._before = self._before, (model.id, dataset.id)
        self._delete(before)

    def clear(self) -> None:
        """Delete what is left."""
        from asr.azure.entities import Dataset, Endpoint

        if endpoint := self._place.find():
            self._service.delete(Endpoint, endpoint.id)
        self._delete(self._before)
        if self._tested:
            self._service.delete(Dataset, self._tested.id)

    def _delete(self, pair: tuple[str, str] | None) -> None:
        from asr.azure.entities import CustomModel, Dataset

        if pair:
            self._service.delete(CustomModel, pair[0])
            self._service.delete(Dataset, pair[1])

    def _dataset(self, role: str, kind: Any, path: Path) -> "Dataset":
        from asr.azure.datasets import ensure_dataset

        return ensure_dataset(
            self._service, self._maker, role, _part(kind, path), lambda: path, patience=_PATIENCE, max_rejected=0.0
        )

    def _test_set(self) -> Path:
        content = io.BytesIO()
        with ZipFile(content, "w") as archive:
            archive.writestr("trans.txt", "".join(f"{place}.wav\t{word}\r\n" for place, word in enumerate(_WORDS)))
            for place in range(len(_WORDS)):
                archive.writestr(f"{place}.wav", _wav(place))
        return self._file("test.zip", content.getvalue())

    def _file(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path


def _part(kind: Any, path: Path) -> "DataFile":
    from asr.azure.parts import DataFile

    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return DataFile(kind=kind, file=path.name, sha256=digest, size=len(content), locale=_LOCALE)


def _pcm(number: int) -> bytes:
    tone = (int(9000 * math.sin(0.02 * (number + 3) * at)) for at in range(4000))
    return b"".join(sample.to_bytes(2, "little", signed=True) for sample in tone)


def _wav(number: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as audio:
        audio.setparams((1, 2, 16_000, 0, "NONE", ""))
        audio.writeframes(_pcm(number))
    return out.getvalue()


def _footprint() -> _Footprint:
    import psutil  # accelerate brings it along

    process = psutil.Process()
    sockets = len(process.net_connections(kind="inet"))
    return _Footprint(process.memory_info().rss / 1e6, threading.active_count(), sockets)


def _results(soak: _Soak, counts: Mapping[str, Any], cycles: int) -> list[Result]:
    assert soak.early and soak.late
    calls, faults = sum(counts["calls"].values()), Counter(counts["faults"])
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(faults.items()))
    expected = {
        "datasets": cycles + _AT_ONCE, "models": cycles, "transcriptions": cycles, "endpoints": _AT_ONCE,
    }  # fmt: skip
    twice = {kind: counts["created"][kind] - number for kind, number in expected.items()}
    left = {kind: number for kind, number in counts["now"].items() if number}
    growth = soak.late.megabytes - soak.early.megabytes
    note = (
        f"Azure: {cycles:,} cycles of upload, training, batch, hosting and deletion by {_AT_ONCE} threads; "
        f"{calls:,} calls, {faults.total():,} faults ({kinds}); "
        f"memory {soak.early.megabytes:.0f} → {soak.late.megabytes:.0f} MB, threads {soak.early.threads} → "
        f"{soak.late.threads}, sockets {soak.early.sockets} → {soak.late.sockets}. "
        f"Violations of the contract: {counts['violationCount']}."
    )
    if soak.wrong:
        note += f" Lost: {'; '.join(soak.wrong[:5])}."
    return [
        Result(
            what="cycles at Azure under faults",
            ours=f"{cycles - len(soak.wrong):,} of {cycles:,} right, {soak.seconds:.0f} s",
            theirs="",
            ratio="",
            target="all",
            met=not soak.wrong and not counts["violationCount"],
            note=note,
        ),
        Result(
            what="left at the service, or made twice",
            ours=f"{sum(left.values())} left, {sum(twice.values())} twice",
            theirs="",
            ratio="",
            target="0, 0",
            met=not left and not any(twice.values()),
        ),
        Result(
            what="growth of the client",
            ours=f"{growth:+.0f} MB",
            theirs=f"{soak.early.megabytes:.0f} MB",
            ratio="",
            target=f"≤ {GROWTH:g} MB",
            met=growth <= GROWTH and soak.late.sockets <= soak.early.sockets + 1,
        ),
    ]
