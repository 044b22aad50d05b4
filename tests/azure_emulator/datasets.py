"""Data sets: made from a URL or from blocks, read as the service reads them, deleted when nothing uses them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.azure_emulator.calls import COMMON, Answer, Call, taken
from tests.azure_emulator.dataset_import import F0_LIMITS, Imported, Limits, import_file
from tests.azure_emulator.errors import JobFailed, Refusal, in_use, invalid, not_found
from tests.azure_emulator.fetching import fetch
from tests.azure_emulator.jobs import Finish, Work
from tests.azure_emulator.links import answer_created
from tests.azure_emulator.locales import LOCALE_KINDS
from tests.azure_emulator.recognizer import ScriptedRecognizer
from tests.azure_emulator.state import State
from tests.azure_emulator.store import Entity

MOST = {"F0": 2, "S0": 500}
"""Data sets that a resource may hold."""


def create_dataset(state: State, call: Call) -> Answer:
    """Datasets_Create."""
    body = taken(call.body, ("displayName", "locale", "kind"), (*COMMON, "contentUrl", "properties"))
    kinds = LOCALE_KINDS.get(str(body["locale"]))
    if kinds is None or body["kind"] not in kinds:
        known = ", ".join(kinds) if kinds else "none"
        raise invalid(f"{body['locale']} takes no data of the kind {body['kind']}; kinds: {known}.", "InvalidLocale")
    check_project(state, body)
    most = state.options.most_datasets
    most = MOST[state.options.tier] if most is None else most
    if len(state.store.all("datasets")) >= most:
        raise Refusal("Forbidden", f"The resource holds {most} datasets, as many as it may.", "QuotaViolation")
    dataset = state.store.add("datasets", body)
    if "contentUrl" in body:
        state.jobs.start(dataset, import_of(state, dataset))
    return answer_created(dataset, call)


def delete_dataset(state: State, call: Call) -> Answer:
    """Datasets_Delete."""
    dataset = state.store.get("datasets", call.id)
    if dataset is None:
        return Answer(status=204)
    if dataset.busy:
        raise in_use("The dataset is being imported.")
    for user in state.store.everything():
        if user.busy and dataset.id in user.hidden.get("uses", ()):
            raise in_use(f"The dataset is used by {user.kind}/{user.id}.")
    state.store.remove(dataset)
    return Answer(status=204)


def import_of(state: State, dataset: Entity) -> Work:
    """The work of reading its file."""

    def work() -> Finish:
        limits = F0_LIMITS if state.options.tier == "F0" else Limits()
        path = state.store.blocks(dataset) / "whole"
        path.parent.mkdir(exist_ok=True)
        if "contentUrl" in dataset.body:
            fetch(str(dataset.body["contentUrl"]), path, limits.zip_bytes)
        kept: dict[str, str] = {}
        kind, locale = str(dataset.body["kind"]), str(dataset.body["locale"])
        try:
            found = import_file(
                path, kind, locale, limits, lambda name, wav: kept.update({name: state.store.put_content(wav)})
            )
        except JobFailed as failure:
            _report(state, dataset, {"error": failure.message})
            raise
        _reject_more(state, found)
        _tell(state, found, kept)
        return lambda: _finish(state, dataset, found, kept, path)

    return work


def tell_again(state: State) -> None:
    """After a restart the scripted recognizer hears again what was said in all recordings."""
    if isinstance(state.recognizer, ScriptedRecognizer):
        for dataset in state.store.all("datasets"):
            for item in dataset.hidden.get("items", ()):
                state.recognizer.tell(state.store.content(item["content"]).read_bytes(), item["text"])


def _finish(state: State, dataset: Entity, found: Imported, kept: dict[str, str], path: Path) -> None:
    dataset.hidden["items"] = [{**asdict(item), "content": kept[item.name]} for item in found.items]
    dataset.hidden["texts"] = state.store.put_content(json.dumps(found.sentences).encode())
    dataset.properties.update(
        acceptedLineCount=found.accepted,
        rejectedLineCount=found.rejected,
        durationMilliseconds=round(1000 * found.seconds),
    )
    _report(
        state,
        dataset,
        {
            "acceptedLineCount": found.accepted,
            "rejectedLineCount": found.rejected,
            "messages": found.report,
        },
    )
    kinds = {"Language": "LanguageData", "LanguageMarkdown": "LanguageData", "Pronunciation": "PronunciationData"}
    kinds |= {"OutputFormatting": "OutputFormattingData", "Acoustic": "AcousticDataArchive"}
    if file_kind := kinds.get(str(dataset.body["kind"])):
        suffix = "zip" if dataset.body["kind"] == "Acoustic" else "txt"
        state.store.put_file(dataset, f"data.{suffix}", file_kind, path)
    if found.transcript:
        state.store.put_file(dataset, "trans.txt", "AcousticDataTranscriptionV2", found.transcript)
    path.unlink()


def _report(state: State, dataset: Entity, content: dict[str, Any]) -> None:
    # Assumption: the format of this file is not documented anywhere.
    state.store.put_file(dataset, "report.json", "DatasetReport", json.dumps(content, indent=2).encode())


def _reject_more(state: State, found: Imported) -> None:
    for _ in range(state.faults.rejected_lines()):
        if found.accepted > 1:
            found.accepted -= 1
            where = found.items.pop().name if found.items else f"“{found.sentences.pop()}”"
            found.reject(where, "the emulator was told to reject it")


def _tell(state: State, found: Imported, kept: dict[str, str]) -> None:
    if isinstance(state.recognizer, ScriptedRecognizer):
        for item in found.items:
            state.recognizer.tell(state.store.content(kept[item.name]).read_bytes(), item.text)


def dataset_at(state: State, call: Call) -> Entity:
    """The data set in the path of a call.

    Raises:
        Refusal: there is none.
    """
    dataset = state.store.get("datasets", call.id)
    if dataset is None:
        raise not_found("dataset")
    return dataset


def check_project(state: State, body: dict[str, Any]) -> None:
    """Refuses a project that is not there."""
    if body.get("project"):
        state.entity("projects", body["project"], "InvalidProject")


def usable_dataset(state: State, reference: Any, locale: str, kinds: tuple[str, ...] = ()) -> Entity:
    """A data set that something can be made from.

    Raises:
        Refusal: it is not there, not imported, of another locale or of a wrong kind.
    """
    dataset = state.entity("datasets", reference, "InvalidDataset")
    if dataset.status == "Failed":
        raise invalid(f"The dataset {dataset.id} failed to import.", "FailedDataset")
    if dataset.status != "Succeeded":
        raise invalid(f"The dataset {dataset.id} is not imported yet.", "InvalidDataset")
    if dataset.body["locale"] != locale:
        raise invalid(f"The dataset {dataset.id} has the locale {dataset.body['locale']}.", "InvalidLocale")
    if kinds and dataset.body["kind"] not in kinds:
        raise invalid(f"The dataset {dataset.id} is of the kind {dataset.body['kind']}.", "InvalidDataset")
    return dataset
