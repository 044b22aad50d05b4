"""Models: the base models there are, and custom ones that are trained from them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.azure_emulator.calls import COMMON, Answer, Call, taken
from tests.azure_emulator.datasets import check_project, usable_dataset
from tests.azure_emulator.errors import JobFailed, in_use, invalid, not_found
from tests.azure_emulator.jobs import Finish, Work
from tests.azure_emulator.links import answer_created, show_base
from tests.azure_emulator.lists import answer_list
from tests.azure_emulator.state import FoundModel, State
from tests.azure_emulator.store import Entity, written

LONGEST_TRAINING_SECONDS, LONGEST_WHISPER_SECONDS = 40.0, 30.0
"""Of a recording whose audio is used; of longer ones only the text is."""
DAYS_OF_USE = 730


def list_base_models(state: State, call: Call) -> Answer:
    """Models_ListBaseModels: the oldest first."""
    return answer_list("models/base", [show_base(id, body, call) for id, body in state.base_models.items()], call)


def get_base_model(state: State, call: Call) -> Answer:
    """Models_GetBaseModel."""
    if call.id not in state.base_models:
        raise not_found("base model")
    return Answer(show_base(call.id, state.base_models[call.id], call))


def create_model(state: State, call: Call) -> Answer:
    """Models_Create."""
    body = taken(call.body, ("displayName", "locale"), (*COMMON, "baseModel", "datasets", "properties"))
    locale = str(body["locale"])
    check_project(state, body)
    base = _base(state, body, locale)
    if not body.get("datasets"):
        raise invalid("A model is trained from at least one dataset.", "InvalidDataset", "datasets")
    datasets = [usable_dataset(state, reference, locale) for reference in body["datasets"]]
    _check_kinds(base, {str(dataset.body["kind"]) for dataset in datasets})
    body.setdefault("baseModel", {"self": call.link(f"models/base/{base.id}")})
    model = state.store.add("models", body)
    model.hidden |= {"uses": [dataset.id for dataset in datasets], "base": base.id}
    model.properties["features"] = {
        name: value for name, value in base.features.items() if name != "supportsAdaptationsWith"
    }
    expires = written(datetime.now(UTC) + timedelta(days=DAYS_OF_USE))
    model.properties["deprecationDates"] = {"transcriptionDateTime": expires}
    state.jobs.start(model, training_of(state, model))
    return answer_created(model, call)


def delete_model(state: State, call: Call) -> Answer:
    """Models_Delete."""
    model = state.store.get("models", call.id)
    if model is None:
        return Answer(status=204)
    if model.busy:
        raise in_use("The model is being trained.")
    for user in state.store.everything():
        on_endpoint = user.kind == "endpoints" and model.id in _models_of(user)
        if on_endpoint or (user.busy and model.id in user.hidden.get("uses", ())):
            raise in_use(f"The model is used by {user.kind}/{user.id}.")
    state.store.remove(model)
    state.recognizer.forget(model.id)
    return Answer(status=204)


def training_of(state: State, model: Entity) -> Work:
    """The work of training it."""

    def work() -> Finish:
        with state.store.lock:
            datasets = [found for id in model.hidden["uses"] if (found := state.store.get("datasets", id))]
        _check_lengths(state, model, datasets)
        texts = [text for dataset in datasets for text in _texts(state, dataset)]
        state.recognizer.train(model.id, texts)
        report = {"datasets": len(datasets), "sentences": len(texts)}

        def finish() -> None:
            model.hidden["texts"] = state.store.put_content(json.dumps(texts).encode())
            # Assumption: the format of this file is not documented.
            state.store.put_file(model, "report.json", "ModelReport", json.dumps(report).encode())

        return finish

    return work


def train_again(state: State) -> None:
    """After a restart the recognizer learns again what its models know."""
    for model in state.store.all("models"):
        if model.status == "Succeeded":
            texts = json.loads(state.store.content(model.hidden["texts"]).read_text(encoding="utf-8"))
            state.recognizer.train(model.id, texts)


def usable_model(state: State, reference: Any, locale: str, what: str = "model") -> FoundModel:
    """A model that can recognize now.

    Raises:
        Refusal: it is not there, not trained, expired, or of another locale.
    """
    model = state.model(reference, what)
    if model.body["status"] != "Succeeded":
        raise invalid(f"The {what} {model.id} is {model.body['status']}, not Succeeded.", "InvalidModel", what)
    if model.body["locale"] != locale:
        raise invalid(f"The {what} {model.id} has the locale {model.body['locale']}.", "InvalidLocale", what)
    if model.is_over("transcriptionDateTime"):
        raise invalid(f"The {what} {model.id} has expired and can no longer be used.", "ModelDeprecated", what)
    return model


def _base(state: State, body: dict[str, Any], locale: str) -> FoundModel:
    if not body.get("baseModel"):
        return state.default_base(locale)
    base = state.model(body["baseModel"], "baseModel")
    if not base.is_base:
        raise invalid("A custom model cannot be the base of another one.", "InvalidBaseModel", "baseModel")
    if base.body["locale"] != locale:
        raise invalid(f"The base model has the locale {base.body['locale']}.", "InvalidLocale", "baseModel")
    if base.is_over("adaptationDateTime"):
        raise invalid("The base model can no longer be trained from.", "ModelDeprecated", "baseModel")
    return base


def _check_kinds(base: FoundModel, kinds: set[str]) -> None:
    supported = set(base.features["supportsAdaptationsWith"])
    # Of audio a base model without Acoustic takes the transcripts, says the table of locales.
    usable = supported | ({"Acoustic"} if "Language" in supported else set())
    if missing := sorted(kinds - usable):
        raise invalid(f"The base model takes no data of the kind {missing[0]}.", "InvalidAdaptationMapping", "datasets")
    if {"LanguageMarkdown", "Pronunciation"} <= kinds:
        raise invalid(
            "Structured text cannot be combined with a pronunciation dataset.", "InvalidAdaptationMapping", "datasets"
        )


def _check_lengths(state: State, model: Entity, datasets: list[Entity]) -> None:
    base = state.base_models[model.hidden["base"]]
    most = LONGEST_WHISPER_SECONDS if "Whisper" in base["displayName"] else LONGEST_TRAINING_SECONDS
    items = [item for dataset in datasets for item in dataset.hidden["items"]]
    hears = "Acoustic" in base["properties"]["features"]["supportsAdaptationsWith"]
    if hears and items and all(item["seconds"] > most for item in items):
        raise JobFailed(
            "InvalidDataset", f"All recordings are longer than {most:.0f} seconds; none can be trained with."
        )


def _texts(state: State, dataset: Entity) -> list[str]:
    if dataset.body["kind"] == "OutputFormatting":  # it does not change what is heard
        return []
    sentences = json.loads(state.store.content(dataset.hidden["texts"]).read_text(encoding="utf-8"))
    return [item["text"] for item in dataset.hidden["items"] if item["text"]] + list(sentences)


def _models_of(endpoint: Entity) -> set[str]:
    references = (endpoint.hidden.get("live"), endpoint.body.get("model"))
    urls = (reference["self"] for reference in references if reference)
    return {url.partition("?")[0].rpartition("/")[2] for url in urls}
