"""Things in an emulated Speech resource, as if they had been made long ago and had ended."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from asr.azure.entities import ServiceBase
from asr.azure.marks import Maker
from tests.azure_emulator.running import RunningEmulator
from tests.azure_emulator.store import written

LOCALE = "en-US"


class Stock:
    """What is put straight into the emulator's store, with the marks that the project gives."""

    def __init__(self, emulator: RunningEmulator, project: str = "wergate") -> None:
        self.emulator = emulator
        self.project = project

    def project_in_studio(self, **more: Any) -> str:
        return self._put("projects", "project", {}, status="", **more)

    def dataset(self, role: str = "training Language", **more: Any) -> str:
        return self._put("datasets", role, {"kind": "Language"}, **more)

    def model(self, *datasets: str, base: str = "", expires: int = 700, **more: Any) -> str:
        dates = {"transcriptionDateTime": in_days(expires)}
        body = {
            "baseModel": {"self": self._link("models/base", base or self.base())},
            "datasets": [{"self": self._link("datasets", one)} for one in datasets],
            "properties": {"deprecationDates": dates},
        }
        return self._put("models", "model", body, **more)

    def endpoint(self, model: str, properties: dict[str, str] | None = None, **more: Any) -> str:
        return self._put("endpoints", "endpoint", {"model": self._model(model)}, properties, **more)

    def transcription(self, model: str, dataset: str, **more: Any) -> str:
        body = {"model": self._model(model), "dataset": {"self": self._link("datasets", dataset)}}
        return self._put("transcriptions", "transcription", body | {"properties": {"timeToLiveHours": 6}}, **more)

    def evaluation(self, model: str, dataset: str, **more: Any) -> str:
        body = {"model1": self._model(model), "model2": self._model(model)}
        return self._put(
            "evaluations", "evaluation", body | {"dataset": {"self": self._link("datasets", dataset)}}, **more
        )

    def base(self, name: str = "charged") -> str:
        """The id of the base model of en-US that is called so."""
        models = self.emulator.state.base_models.items()
        return next(id for id, one in models if one["locale"] == LOCALE and one["displayName"].endswith(f" {name}"))

    def ids(self, kind: str) -> set[str]:
        """What there is of a kind."""
        return {one.id for one in self.emulator.state.store.all(kind)}

    def everything(self) -> set[str]:
        return {one.id for one in self.emulator.state.store.everything()}

    def _put(
        self,
        kind: str,
        role: str,
        body: dict[str, Any],
        properties: dict[str, str] | None = None,
        *,
        status: str = "Succeeded",
        run: str = "",
        days: float = 1,
        project: str | None = None,
        marked: bool = True,
        uses: Iterable[str] = (),
    ) -> str:
        maker = Maker(project or self.project, run)
        marks = maker.mark(role, f"{len(self.everything()):064d}") if marked else {}
        named = {"displayName": maker.name(role, "0" * 16), "locale": LOCALE}
        entity = self.emulator.state.store.add(kind, named | {"customProperties": marks | (properties or {})} | body)
        entity.body["createdDateTime"] = in_days(-days)
        if status:
            entity.body["status"] = status
        entity.body["lastActionDateTime"] = in_days(-days)
        entity.busy = status in ("NotStarted", "Running") and kind != "datasets"
        entity.hidden |= {"uses": list(uses), "items": [], "sentences": []}
        return entity.id

    def _model(self, id: str) -> dict[str, str]:
        kind = ServiceBase.PATH if id in self.emulator.state.base_models else "models"
        return {"self": self._link(kind, id)}

    def _link(self, kind: str, id: str) -> str:
        return f"{self.emulator.address}/speechtotext/{kind}/{id}?api-version=2025-10-15"


def in_days(days: float) -> str:
    """A moment so many days from now, as the service writes it."""
    return written(datetime.now(UTC) + timedelta(days=days))
