"""A file as a dataset of the service: found when it was uploaded before, gone on with when that was interrupted."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from asr.azure.azure_error import AzureError
from asr.azure.block_upload import upload_blocks
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Dataset
from asr.azure.marks import Maker, usable
from asr.azure.parts import DataFile
from asr.azure.safe_text import safe_text
from asr.errors import DataError

log = logging.getLogger(__name__)

_REPORT = 20_000_000  # bytes of a report at most


def ensure_dataset(
    service: CustomSpeech,
    maker: Maker,
    role: str,
    part: DataFile,
    path: Callable[[], Path],
    *,
    patience: float,
    max_rejected: float = 1.0,
    whole: bool = False,
    progress: Callable[[int, int], None] = lambda _sent, _of: None,
) -> Dataset:
    """The dataset that holds a part, imported; `path` gives the file when it has to be uploaded.

    Uploaded before, by this run or by another of the project, it is not uploaded again. `patience` is in seconds.
    `whole`: it is a test, of which no line may be left out; one that is not whole is deleted.

    Raises:
        AzureError: the service refused it, or its import failed.
        DataError: the service left out more than `max_rejected` of its lines, or any of a test.
    """
    dataset = usable(service, Dataset, maker, role, part.fingerprint) or service.create(
        Dataset(
            display_name=maker.name(role, part.fingerprint),
            locale=part.locale,
            kind=part.kind,
            project=maker.studio,
            custom_properties=maker.mark(role, part.fingerprint),
        )
    )
    if not is_uploaded(service, dataset):
        log.info("upload %s (%s, %.1f MB)", part.file, role, part.size / 1e6)
        upload_blocks(service, dataset, path(), progress=progress)
    if dataset.status != "Succeeded":
        dataset = service.wait(Dataset, dataset.id, deadline=patience)
    if dataset.status == "Failed":
        raise AzureError(
            message=f"{part.file} ({role}): the service could not import it ({dataset.why or 'it does not say why'})",
            mend=_reported(service, dataset) or "check the data with wergate validate",
        )
    _refuse_rejected(service, dataset, part, role, 0.0 if whole else max_rejected, whole)
    return dataset


def is_uploaded(service: CustomSpeech, dataset: Dataset) -> bool:
    """Whether its file has arrived as a whole, so that nothing more is sent; its import may have failed."""
    return dataset.status != "NotStarted" or bool(service.uploaded(dataset).committed_blocks)


def _refuse_rejected(
    service: CustomSpeech, dataset: Dataset, part: DataFile, role: str, most: float, whole: bool
) -> None:
    found = dataset.properties
    rejected = (found.rejected_line_count or 0) if found else 0
    if not found or rejected <= 0:
        return
    lines = rejected + max(found.accepted_line_count or 0, 0)
    told = f"{part.file} ({role}): the service left out {rejected:,} of {lines:,} lines"
    report = _reported(service, dataset)
    if whole:
        with suppress(AzureError):  # else the next run finds it and says so again
            service.delete(Dataset, dataset.id)
        raise DataError(f"{told}{': ' + report if report else ''}; a test must be whole: mend the line, and run again")
    if rejected > most * lines:
        mend = f"azure.max_rejected is {most:.0%}; mend the lines, or raise it"
        raise DataError(f"{told}{': ' + report if report else ''}; {mend}")
    log.warning("%s%s", told, f": {report}" if report else "")


def _reported(service: CustomSpeech, dataset: Dataset) -> str:
    """The beginning of what the report of an import says, in one line; empty without one."""
    try:
        for file in service.files(dataset):
            if file.kind == "DatasetReport":
                content = service.content(file, _REPORT)
                try:
                    text = json.dumps(json.loads(content), ensure_ascii=False)
                except ValueError:
                    text = content.decode("utf-8", "replace")
                return safe_text(text)
    except AzureError as error:  # the report is a help, not the matter
        log.debug("no report of the import: %s", error)
    return ""
