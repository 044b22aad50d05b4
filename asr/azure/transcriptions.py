"""What a model hears in a dataset: a batch of the service, with no endpoint, in lexical form."""

import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import NamedTuple

from pydantic import Field

from asr.azure.azure_error import AzureError
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Dataset, Fields, File, ServiceModel, Transcription, TranscriptionProperties
from asr.azure.marks import Maker, usable
from asr.azure.safe_text import safe_text
from asr.azure.transcription_report import missing_reasons, names_in

log = logging.getLogger(__name__)

ROLE = "transcription"
_HOURS_KEPT = 48
"""Long enough for a run that was killed to be gone on with; ours deletes a batch when it has been read."""
_LARGEST = 50_000_000  # bytes of the result for one audio file of two hours, many times over
_AT_ONCE = 8
"""Results that are fetched side by side, and so in memory at most."""


class _Phrase(Fields):
    channel: int = 0
    lexical: str


class _Result(Fields):
    source: str = ""
    phrases: tuple[_Phrase, ...] = Field((), alias="combinedRecognizedPhrases")


class _Heard(NamedTuple):
    name: str
    """Of the audio; empty when nobody asked for it."""
    text: str
    called: str
    """How the service calls the audio."""


def transcribe_dataset(
    service: CustomSpeech,
    maker: Maker,
    model: ServiceModel,
    dataset: Dataset,
    names: Mapping[str, str],
    patience: float,
    *,
    corpus: str = "",
) -> dict[str, str]:
    """The text of every audio file of a dataset by its name, as `model` hears it; `patience` is in seconds.

    Begun before, the batch is waited for and not begun again. `names` are the files that must be in the result, and
    which utterance of `corpus` each is.

    Raises:
        AzureError: the batch failed, or some audio is not in its result.
    """
    batch = start_transcription(service, maker, model, dataset)
    batch = service.wait(Transcription, batch.id, deadline=patience)
    if batch.status != "Succeeded":
        service.delete(Transcription, batch.id)
        raise AzureError(
            message=f"the transcription {batch.display_name} failed ({batch.why or 'the service does not say why'})",
            mend="run again; a failed transcription is begun anew",
        )
    found = list(_heard(service, batch, names))
    heard = {one.name: one.text for one in found if one.name}
    if names and found and not heard:
        raise AzureError(
            message=f"the names of the results do not fit: one is called {found[0].called}, and {min(names)} was sent",
            mend=f"report it; the transcription {batch.display_name} stays at the service, to be read again",
        )
    if missing := {file: names[file] for file in names.keys() - heard.keys()}:
        raise _not_heard(service, batch, corpus or dataset.display_name, missing, len(names))
    return heard


def start_transcription(service: CustomSpeech, maker: Maker, model: ServiceModel, dataset: Dataset) -> Transcription:
    """The batch of a model on a dataset: begun before and still there, or begun now."""
    content = transcription_content(model, dataset)
    return usable(service, Transcription, maker, ROLE, content) or service.create(
        Transcription(
            display_name=maker.name(ROLE, content),
            locale=dataset.locale,
            project=maker.studio,
            model=model.reference,
            dataset=dataset.reference,
            custom_properties=maker.mark(ROLE, content),
            properties=TranscriptionProperties(
                time_to_live_hours=_HOURS_KEPT,
                profanity_filter_mode="None",  # a masked word would count as an error
                punctuation_mode="None",
                word_level_timestamps_enabled=False,
            ),
        )
    )


def forget_transcription(service: CustomSpeech, maker: Maker, model: ServiceModel, dataset: Dataset) -> None:
    """Delete the batch of a model on a dataset, when what it says is kept here."""
    while found := usable(service, Transcription, maker, ROLE, transcription_content(model, dataset)):
        service.delete(Transcription, found.id)


def transcription_content(model: ServiceModel, dataset: Dataset) -> str:
    """The fingerprint of a batch: which model, which dataset."""
    return hashlib.sha256(f"{model.id}\0{dataset.id}".encode()).hexdigest()


def _not_heard(
    service: CustomSpeech, batch: Transcription, where: str, missing: Mapping[str, str], of: int
) -> AzureError:
    """The error for audio that has no result; a batch that would say the same again stays, for it is paid."""
    found = missing_reasons(service, batch, missing)
    lasting = [one for one in found if not one.may_pass]
    told = min(lasting or found, key=lambda one: missing[one.name], default=None)
    shown = sorted(missing.values(), key=lambda id: (told is None or id != missing[told.name], id))
    more = f" and {len(shown) - 3:,} more" if len(shown) > 3 else ""
    why = f" ({shown[0]}: {told.text})" if told else ""
    listen = "listen to them, remove what is damaged, and run again"
    if lasting:
        mend = f"{listen}; until then the transcription is read again, not paid again"
    else:
        service.delete(Transcription, batch.id)
        mend = "run again, which begins the transcription anew" if found else listen
    message = f"{where}: {', '.join(shown[:3])}{more} of {of:,} utterances were not transcribed{why}"
    return AzureError(message=message, mend=mend)


def _heard(service: CustomSpeech, batch: Transcription, names: Collection[str]) -> Iterator[_Heard]:
    """The results in the order in which they arrive."""
    connection = service.connection.branch()
    branch = CustomSpeech(connection)
    results = (file for file in service.files(batch) if file.kind == "Transcription")
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="results") as threads:
        running: set[Future[_Heard]] = set()
        try:
            while True:
                running |= {
                    threads.submit(_read, branch, file, names) for file in islice(results, _AT_ONCE - len(running))
                }
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        except BaseException:  # Ctrl-C too: leaving the block waits for the threads
            connection.stop.set()
            raise


def _read(service: CustomSpeech, file: File, names: Collection[str]) -> _Heard:
    """What one result says."""
    try:
        result = _Result.model_validate(json.loads(service.content(file, _LARGEST)))
    except (ValueError, RecursionError) as error:
        raise AzureError(message=f"{file.name}: the service wrote a result that cannot be read", mend="run again") \
            from error  # fmt: skip
    called = [one for one in names_in(result.source, file.name) if one]
    name = next((one for one in called if one in names), "")
    if not name:
        log.warning("%s: a result of audio that was not asked for", file.name)
        return _Heard("", "", safe_text(called[0]) if called else "nothing")
    channels = sorted(result.phrases, key=lambda phrase: phrase.channel)
    return _Heard(name, channels[0].lexical if channels else "", name)
