"""Batch transcription: a data set or addresses of audio, by any model, with no endpoint.

Assumptions: the source of a recording of a data set is its name, and its result file is called `<name>.json`; the
documents only show results of addresses.
"""

from typing import Any
from urllib.parse import unquote, urlsplit

from tests.azure_emulator.calls import COMMON, Answer, Call, taken
from tests.azure_emulator.datasets import check_project, usable_dataset
from tests.azure_emulator.errors import JobFailed, Refusal, invalid
from tests.azure_emulator.fetching import fetch
from tests.azure_emulator.jobs import Finish, Work
from tests.azure_emulator.links import answer_created
from tests.azure_emulator.models import usable_model
from tests.azure_emulator.recognition_result import report_file, result_file
from tests.azure_emulator.state import State
from tests.azure_emulator.store import Entity, now
from tests.azure_emulator.wav_audio import WrongAudio, seconds_of

LEAST_HOURS, MOST_HOURS = 6, 31 * 24
"""Of `timeToLiveHours`."""
MOST_URLS, MOST_AUDIO_BYTES = 1_000, 1024**3
_SOURCES = ("contentUrls", "contentContainerUrl", "dataset")


def submit(state: State, call: Call) -> Answer:
    """Transcriptions_Submit."""
    if state.options.tier == "F0":
        raise Refusal(
            "Forbidden", "Batch transcription needs a resource of the tier S0; this one is F0.", "SkuLimitsExist"
        )
    body = taken(call.body, ("displayName", "locale", "properties"), (*COMMON, *_SOURCES, "model"))
    locale = str(body["locale"])
    check_project(state, body)
    _check_properties(body["properties"])
    if sum(bool(body.get(name)) for name in _SOURCES) != 1:
        raise invalid(f"Exactly one of {', '.join(_SOURCES)} is needed.", "OnlyOneOfUrlsOrContainerOrDataset")
    if body.get("contentContainerUrl"):
        raise invalid("This emulator reads no containers; name a dataset or contentUrls.", "InvalidRecordingsUri")
    if len(body.get("contentUrls", ())) > MOST_URLS:
        raise invalid(f"At most {MOST_URLS} contentUrls are taken.", "ExceededNumberOfRecordingsUris")
    model = usable_model(state, body["model"], locale) if body.get("model") else state.default_base(locale)
    if not model.features.get("supportsTranscriptionsSubmit"):
        raise invalid("The model does not support batch transcription.", "InvalidModel", "model")
    uses = [model.id]
    if body.get("dataset"):
        uses.append(usable_dataset(state, body["dataset"], locale, ("Acoustic", "AudioFiles")).id)
    body.setdefault("model", {"self": call.link(f"models/base/{model.id}")})
    transcription = state.store.add("transcriptions", body)
    transcription.hidden["uses"] = uses
    state.jobs.start(transcription, recognition_of(state, transcription))
    return answer_created(transcription, call)


def recognition_of(state: State, transcription: Entity) -> Work:
    """The work of recognizing everything."""

    def work() -> Finish:
        model = transcription.hidden["uses"][0]
        wanted = transcription.properties
        profanity = str(wanted.get("profanityFilterMode", "Masked"))
        rows: list[tuple[str, str | None]] = []
        files: list[tuple[str, bytes, int]] = []
        for name, source, audio in _recordings(state, transcription):
            if isinstance(audio, str):
                rows.append((source, audio))
                continue
            milliseconds = round(1000 * seconds_of(audio))
            lexical = state.recognizer.transcribe(model, audio)
            words = bool(wanted.get("wordLevelTimestampsEnabled"))
            files.append((name, result_file(source, lexical, milliseconds, now(), profanity, words), milliseconds))
            rows.append((source, None))
        if not files:
            raise JobFailed(
                "InvalidAudioFormat", f"No recording could be read: {rows[0][1] if rows else 'none given'}."
            )

        def finish() -> None:
            for name, content, milliseconds in files:
                state.store.put_file(transcription, name, "Transcription", content, milliseconds)
            state.store.put_file(transcription, "report.json", "TranscriptionReport", report_file(rows))
            transcription.properties["durationMilliseconds"] = sum(milliseconds for *_, milliseconds in files)

        return finish

    return work


def _recordings(state: State, transcription: Entity) -> list[tuple[str, str, bytes | str]]:
    """The name of the result, the source, and the WAV or why there is none."""
    if transcription.body.get("dataset"):
        dataset = state.store.get("datasets", transcription.hidden["uses"][1])
        items = dataset.hidden["items"] if dataset else ()
        return [
            (f"{item['name']}.json", item["name"], state.store.content(item["content"]).read_bytes()) for item in items
        ]
    urls = transcription.body["contentUrls"]
    return [
        (f"contenturl_{number}.json", _source(url), _fetched(state, transcription, url))
        for number, url in enumerate(urls)
    ]


def _fetched(state: State, transcription: Entity, url: str) -> bytes | str:
    path = state.store.content(f"{transcription.id}.audio")
    try:
        content = fetch(url, path, MOST_AUDIO_BYTES).read_bytes()
        seconds_of(content)
    except (JobFailed, WrongAudio) as error:
        return str(error)
    finally:
        path.unlink(missing_ok=True)
    return content


def _source(url: str) -> str:
    # The query is the permission to read it.
    return unquote(urlsplit(url)._replace(query="").geturl())


def _check_properties(properties: Any) -> None:
    hours = properties.get("timeToLiveHours") if isinstance(properties, dict) else None
    if not isinstance(hours, int) or not LEAST_HOURS <= hours <= MOST_HOURS:
        raise invalid(f"timeToLiveHours must be {LEAST_HOURS} to {MOST_HOURS}.", "InvalidTimeToLive", "timeToLiveHours")
