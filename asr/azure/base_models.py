"""Which base model a training starts from: the newest of the locale that can do what is asked of it."""

import logging
from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime
from typing import Literal

from asr.azure.azure_error import NotThere
from asr.azure.custom_speech import CustomSpeech, quoted
from asr.azure.entities import ServiceBase
from asr.azure.locales import Kind, similar
from asr.errors import DataError, SettingsError

log = logging.getLogger(__name__)

SHOWN: dict[Kind, str] = {
    "Acoustic": "audio with transcripts",
    "Language": "plain text",
    "LanguageMarkdown": "structured text",
    "Pronunciation": "pronunciations",
    "AudioFiles": "audio alone",
    "OutputFormatting": "display format",
}
"""How the kinds of data are called."""


def choose_base(
    service: CustomSpeech,
    locale: str,
    kinds: Set[Kind],
    *,
    pinned: str = "",
    unsupported: Literal["refuse", "drop"] = "refuse",
    now: datetime | None = None,
) -> ServiceBase:
    """The base to train from with these kinds of data: `pinned` by its id, or the newest that learns from all of them.

    With `drop`, the newest that learns from any of them will do when there is none for all; of audio, the transcripts
    are enough.

    Raises:
        SettingsError: the pinned base cannot be trained, or the locale has no base that can.
        DataError: no base learns from all the kinds of data.
    """
    now = now or datetime.now(UTC)
    if pinned:
        return _pinned(service, locale, kinds, pinned, unsupported, now)
    found = list(service.all(ServiceBase, f"locale eq {quoted(locale)}"))
    able = [one for one in found if one.locale == locale and not why_not(one, now)]
    if not able:
        raise SettingsError(
            f"language: the service has no base model of {locale} that can be trained and hosted now; "
            f"choose another locale, such as {similar(locale)}"
        )
    of_all = [one for one in able if kinds <= set(one.features.supports_adaptations_with)]
    of_any = [one for one in able if supported(one, kinds)] or [one for one in able if supported(one, _left(kinds))]
    if of_all:
        return _newest(of_all)
    lacking = kinds - set(_newest(of_any or able).features.supports_adaptations_with)
    if unsupported == "refuse" or not of_any:
        raise DataError(_refusal(locale, lacking))
    return _newest(of_any)


def supported(base: ServiceBase, kinds: Set[Kind]) -> frozenset[Kind]:
    """The kinds of data among these that a base learns from."""
    return frozenset(kinds & set(base.features.supports_adaptations_with))


def is_charged(base: ServiceBase) -> bool:
    """Whether training from it costs; what the service does not say counts as charged."""
    return base.properties is None or base.properties.charge_for_adaptation is not False


def uncharged(service: CustomSpeech, locale: str, kinds: Set[Kind]) -> str:
    """The id of the newest base of a locale that learns from these kinds and is not charged; empty without one."""
    now = datetime.now(UTC)
    found = [
        one
        for one in service.all(ServiceBase, f"locale eq {quoted(locale)}")
        if one.locale == locale and not why_not(one, now) and not is_charged(one) and supported(one, kinds) == kinds
    ]
    return _newest(found).id if found else ""


def why_not(base: ServiceBase, now: datetime) -> str:
    """Why no model can be trained from it that is hosted and judged here; empty when one can."""
    if base.status != "Succeeded":
        return f"its status is {base.status}"
    dates = base.properties.deprecation_dates if base.properties else None
    if dates and dates.adaptation_date_time and dates.adaptation_date_time <= now:
        return f"it cannot be trained from since {dates.adaptation_date_time:%Y-%m-%d}"
    features = base.features
    if features.supports_endpoints is False:
        return "its models cannot be hosted on an endpoint"
    if features.supports_transcriptions_submit is False:
        return "its models cannot transcribe batches, by which they are judged"
    if features.supported_output_formats and "Lexical" not in features.supported_output_formats:
        return "it writes no lexical form, by which models are judged"
    return ""


def _pinned(
    service: CustomSpeech, locale: str, kinds: Set[Kind], pinned: str, unsupported: str, now: datetime
) -> ServiceBase:
    try:
        base = service.get(ServiceBase, pinned)
    except NotThere as error:
        raise SettingsError(f"azure.base_model: the service has no base model {pinned}; empty takes the newest") from (
            error
        )
    if base.locale != locale:
        raise SettingsError(f"azure.base_model: {base.display_name} is of {base.locale}, and language is {locale}")
    if why := why_not(base, now):
        raise SettingsError(f"azure.base_model: {base.display_name}: {why}; empty takes the newest that can")
    lacking = kinds - set(base.features.supports_adaptations_with)
    if lacking and (unsupported == "refuse" or not supported(base, _left(kinds))):
        raise DataError(_refusal(base.display_name, lacking))
    return base


def _left(kinds: Set[Kind]) -> Set[Kind]:
    """What may be learned of these kinds of data when some are dropped: of audio the transcripts stay, as text."""
    return kinds | {"Language"} if "Acoustic" in kinds else kinds


def _refusal(who: str, lacking: Iterable[Kind]) -> str:
    named = " and ".join(sorted(SHOWN[kind] for kind in lacking))
    return f"training_data: {who} does not learn from {named}; remove them, or set azure.unsupported_data = drop"


def _newest(bases: Sequence[ServiceBase]) -> ServiceBase:
    oldest = datetime.min.replace(tzinfo=UTC)
    return max(bases, key=lambda one: (one.created_date_time or oldest, one.id))
