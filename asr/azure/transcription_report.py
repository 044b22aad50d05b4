"""Why the result of some audio is missing from a batch: what the service reports, and whether trying again may help."""

import json
import logging
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from asr.azure.azure_error import AzureError
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Transcription
from asr.azure.safe_text import safe_text

log = logging.getLogger(__name__)

_LARGEST = 20_000_000  # bytes of a report
_PASSES = re.compile(
    r"download|internal|time.?out|timed out|unavailable|throttl|too many|quota|busy|unexpected|try again|later",
    re.IGNORECASE,
)
"""What the service says of troubles of its own. Of what it says of audio there is no list, so that is all the rest."""


class Reason(NamedTuple):
    """Why one audio has no result."""

    name: str
    """Of the audio."""
    text: str
    """In the words of the service, in one line."""
    may_pass: bool
    """Whether the same audio may be heard another time."""


def missing_reasons(service: CustomSpeech, batch: Transcription, names: Collection[str]) -> list[Reason]:
    """Why audio of these names has no result, as far as the report of the batch says."""
    try:
        report = next((file for file in service.files(batch) if file.kind == "TranscriptionReport"), None)
        content = json.loads(service.content(report, _LARGEST)) if report else None
    except (AzureError, ValueError, RecursionError) as error:  # the report is a help, not the matter
        log.debug("no report of the batch %s: %s", batch.display_name, error)
        return []
    details = content.get("details") if isinstance(content, dict) else None
    rows = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    return [reason for row in rows if (reason := _reason(row, names))]


def names_in(*called: str) -> Iterator[str]:
    """What audio may be called by: the contract says neither which field names it nor in which form."""
    for text in called:
        try:
            path = unquote(urlsplit(text).path)
        except ValueError:  # no address after all
            path = text
        name = path.replace("\\", "/").rpartition("/")[2]
        yield name
        while name.lower().endswith(".json"):
            name = name[: -len(".json")]
            yield name


def _reason(row: dict[str, Any], names: Collection[str]) -> Reason | None:
    source, kind, message = (str(row.get(key) or "") for key in ("sourceUrl", "errorKind", "errorMessage"))
    name = next((one for one in names_in(source) if one in names), "")
    text = safe_text(": ".join(filter(None, (kind, message))))
    return Reason(name, text, bool(_PASSES.search(text))) if name and text else None
