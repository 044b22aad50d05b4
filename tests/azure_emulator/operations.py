"""Every operation of the contract that the emulator answers, under the contract's own names.

Left out: copying models, manifests, `:test` of web hooks.
"""

from dataclasses import dataclass

from tests.azure_emulator import blocks, datasets, endpoints, evaluations, fast_transcription, models, transcriptions
from tests.azure_emulator.calls import Answer, Call
from tests.azure_emulator.files import getting_file, listing_files
from tests.azure_emulator.links import PROJECT_PARTS
from tests.azure_emulator.locales import LOCALE_KINDS, locales_by_kind
from tests.azure_emulator.plain_entities import (
    Handler,
    create_project,
    deleting,
    getting,
    listing,
    listing_of_project,
    updating,
)
from tests.azure_emulator.state import State
from tests.azure_emulator.webhooks import create_webhook, ping

MOST_JSON_BYTES = 1024**2


@dataclass(frozen=True)
class Operation:
    """How one call is answered."""

    name: str
    """The operationId of the contract."""
    method: str
    path: str
    """Below `/speechtotext`."""
    handler: Handler
    most_bytes: int = MOST_JSON_BYTES
    """Of the body."""
    takes: str = "json"
    """`json`, or `bytes` for what is no JSON."""
    locked: bool = True
    """Whether nothing else changes meanwhile; recognition takes too long for that."""


def _locales(state: State, call: Call) -> Answer:
    return Answer(sorted(LOCALE_KINDS))


def _dataset_locales(state: State, call: Call) -> Answer:
    return Answer(locales_by_kind())


def _transcription_locales(state: State, call: Call) -> Answer:
    return Answer({"Transcribe": sorted(LOCALE_KINDS), "Submit": sorted(LOCALE_KINDS)})


def _common(tag: str, kind: str, update: Handler | None = None, delete: Handler | None = None) -> list[Operation]:
    """Get, list, change and delete; custom models are named apart."""
    get, list_all = ("GetCustomModel", "ListCustomModels") if kind == "models" else ("Get", "List")
    return [
        Operation(f"{tag}_{list_all}", "GET", f"/{kind}", listing(kind)),
        Operation(f"{tag}_{get}", "GET", f"/{kind}/{{id}}", getting(kind)),
        Operation(f"{tag}_Update", "PATCH", f"/{kind}/{{id}}", update or updating(kind)),
        Operation(f"{tag}_Delete", "DELETE", f"/{kind}/{{id}}", delete or deleting(kind)),
    ]


def _files(tag: str, kind: str) -> list[Operation]:
    return [
        Operation(f"{tag}_ListFiles", "GET", f"/{kind}/{{id}}/files", listing_files(kind)),
        Operation(f"{tag}_GetFile", "GET", f"/{kind}/{{id}}/files/{{file_id}}", getting_file(kind)),
    ]


_MOST_BLOCK_BYTES = blocks.MOST_BYTES + 1  # one more, so that the handler says what is wrong
_BLOCKS = "/datasets/{id}/blocks"

OPERATIONS = (
    # A fixed word comes before the id that would swallow it.
    Operation("Datasets_ListSupportedLocales", "GET", "/datasets/locales", _dataset_locales),
    Operation("Datasets_Create", "POST", "/datasets", datasets.create_dataset),
    Operation("Datasets_GetBlocks", "GET", _BLOCKS, blocks.list_blocks),
    Operation("Datasets_UploadBlock", "PUT", _BLOCKS, blocks.put_block, _MOST_BLOCK_BYTES, "bytes"),
    Operation("Datasets_CommitBlocks", "POST", f"{_BLOCKS}:commit", blocks.commit_blocks, 16 * MOST_JSON_BYTES),
    *_common("Datasets", "datasets", delete=datasets.delete_dataset),
    *_files("Datasets", "datasets"),
    Operation("Models_ListSupportedLocales", "GET", "/models/locales", _locales),
    Operation("Models_ListBaseModels", "GET", "/models/base", models.list_base_models),
    Operation("Models_GetBaseModel", "GET", "/models/base/{id}", models.get_base_model),
    Operation("Models_Create", "POST", "/models", models.create_model),
    *_common("Models", "models", delete=models.delete_model),
    *_files("Models", "models"),
    Operation("Evaluations_ListSupportedLocales", "GET", "/evaluations/locales", _locales),
    Operation("Evaluations_Create", "POST", "/evaluations", evaluations.create_evaluation),
    *_common("Evaluations", "evaluations"),
    *_files("Evaluations", "evaluations"),
    Operation("Endpoints_ListSupportedLocales", "GET", "/endpoints/locales", _locales),
    Operation("Endpoints_Create", "POST", "/endpoints", endpoints.create_endpoint),
    *_common("Endpoints", "endpoints", endpoints.update_endpoint, endpoints.delete_endpoint),
    Operation("Transcriptions_ListSupportedLocales", "GET", "/transcriptions/locales", _transcription_locales),
    Operation("Transcriptions_Submit", "POST", "/transcriptions:submit", transcriptions.submit),
    Operation(
        "Transcriptions_Transcribe",
        "POST",
        "/transcriptions:transcribe",
        fast_transcription.transcribe,
        fast_transcription.MOST_BYTES,
        "bytes",
        locked=False,
    ),
    *_common("Transcriptions", "transcriptions"),
    *_files("Transcriptions", "transcriptions"),
    Operation("Projects_ListSupportedLocales", "GET", "/projects/locales", _locales),
    Operation("Projects_Create", "POST", "/projects", create_project),
    *_common("Projects", "projects", updating("projects", ("foundryProjectName",))),
    *(
        Operation(f"Projects_List{part.capitalize()}", "GET", f"/projects/{{id}}/{part}", listing_of_project(part))
        for part in PROJECT_PARTS
    ),
    Operation("WebHooks_Create", "POST", "/webhooks", create_webhook),
    Operation("WebHooks_Ping", "POST", "/webhooks/{id}:ping", ping, locked=False),
    *_common("WebHooks", "webhooks", updating("webhooks", ("webUrl", "events"))),
)


def resume(state: State) -> None:
    """Takes up the work that a stopped emulator left behind."""
    works = {
        "datasets": lambda entity: datasets.import_of(state, entity),
        "models": lambda entity: models.training_of(state, entity),
        "evaluations": lambda entity: evaluations.scoring_of(state, entity),
        "transcriptions": lambda entity: transcriptions.recognition_of(state, entity),
        "endpoints": endpoints.deployment_of,
    }
    datasets.tell_again(state)
    models.train_again(state)
    for entity in state.store.everything():
        if entity.busy and entity.kind in works:
            state.jobs.start(entity, works[entity.kind](entity))
