"""The base models of the emulated service: many, most of them too old, and not all what they seem.

For each locale, from the oldest to the newest by creation: some that can no longer be used or trained from, a
Whisper-like one that takes audio only and cannot be hosted, an uncharged one, the newest usable one, for which training
is charged, and one that is newer still but can no longer be trained from. A client must take the last but one.
The life of a model (one year for training, two for use) is from the documents; the rest is made up.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.azure_emulator.locales import LOCALE_KINDS
from tests.azure_emulator.store import written

OLD_ONES = 6
"""Per locale."""
CHARGED_DAYS, UNCHARGED_DAYS, WHISPER_DAYS, NEWEST_DAYS = 60, 120, 90, 5
"""How many days ago they were created."""


def base_models(today: datetime | None = None) -> dict[str, dict[str, Any]]:
    """All base models by id, the oldest first; ids depend on locale and name only."""
    today = (today or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0)
    models = [model for locale, kinds in LOCALE_KINDS.items() for model in _of_locale(locale, kinds, today)]
    models.sort(key=lambda model: str(model["createdDateTime"]))
    return {str(model.pop("id")): model for model in models}


def _of_locale(locale: str, kinds: Sequence[str], today: datetime) -> list[dict[str, Any]]:
    # Too old for anything, then too old to train from; before October 2023 nothing was charged.
    models = [
        _model(locale, f"old {number}", kinds, today, ago=1400 - 100 * number, adapt=-700 + 60 * number, use=use)
        for number, use in enumerate([-400, -300, -200, 30, 200, 350][:OLD_ONES])
    ]
    models.append(_model(locale, "uncharged", kinds, today, ago=UNCHARGED_DAYS, adapt=300, use=660, charged=False))
    if "Acoustic" in kinds:
        models.append(
            _model(locale, "Whisper Large V2", ("Acoustic",), today, ago=WHISPER_DAYS, adapt=300, use=660, hosted=False)
        )
    models.append(_model(locale, "charged", kinds, today, ago=CHARGED_DAYS, adapt=330, use=690))
    models.append(_model(locale, "withdrawn", kinds, today, ago=NEWEST_DAYS, adapt=-1, use=500))
    return models


def _model(
    locale: str,
    name: str,
    kinds: Sequence[str],
    today: datetime,
    *,
    ago: int,
    adapt: int,
    use: int,
    charged: bool = True,
    hosted: bool = True,
) -> dict[str, Any]:
    created = written(today - timedelta(days=ago))
    return {
        "id": str(uuid5(NAMESPACE_URL, f"wergate-azure-emulator/{locale}/{name}")),
        "displayName": f"{created[:10].replace('-', '')} {name}",
        "description": f"{locale} base model of the emulator",
        "locale": locale,
        "createdDateTime": created,
        "lastActionDateTime": created,
        "status": "Succeeded",
        "properties": {
            "deprecationDates": {
                "adaptationDateTime": written(today + timedelta(days=adapt)),
                "transcriptionDateTime": written(today + timedelta(days=use)),
            },
            "features": {
                "supportsAdaptationsWith": list(kinds),
                "supportsTranscriptionsSubmit": True,
                "supportsTranscriptionsTranscribe": True,
                "supportsEndpoints": hosted,
                "supportsTranscriptionsOnSpeechContainers": False,
                "supportedOutputFormats": ["Display", "Lexical"] if hosted else ["Display"],
            },
            "chargeForAdaptation": charged,
        },
    }
