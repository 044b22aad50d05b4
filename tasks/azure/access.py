"""Can the Speech resource be reached with what the environment signs in with? Asked without making anything."""

from collections.abc import Iterator

from asr.azure.azure_error import AzureError
from asr.azure.base_models import SHOWN
from asr.azure.entities import Endpoint
from asr.azure.locales import find_locale
from asr.doctor import Finding
from asr.errors import UserError
from tasks.azure.service import credential, custom_speech
from tasks.settings import Settings


def access(settings: Settings) -> Iterator[Finding]:
    """Whether it answers, who signs in, and whether it takes data of the locale."""
    try:
        service = custom_speech(settings)
        signs_in = "with the key" if credential(settings).key else "with Entra"
        endpoints = sum(1 for _ in service.all(Endpoint))
        locales = service.data_locales()
    except UserError as error:
        mend = error.mend if isinstance(error, AzureError) else str(error).partition("; ")[2]
        yield Finding("Azure", "problem", str(error).removesuffix(f"; {mend}"), mend)
        return
    yield Finding(
        "Azure", "ok", f"{settings.azure.endpoint} answers, signed in {signs_in}; {endpoints} endpoints there"
    )
    locale = find_locale(settings.language)
    kinds = [kind for kind, found in locales.items() if locale in found]
    takes = ", ".join(sorted(SHOWN[kind] for kind in kinds))
    if "Acoustic" in kinds:
        yield Finding("Azure", "ok", f"{locale} takes {takes}")
    elif kinds:
        yield Finding(
            "Azure", "problem", f"{locale} takes only {takes}; models are judged by audio", "choose another locale"
        )
    else:
        mend = "choose another locale, or another region"
        yield Finding("Azure", "problem", f"{locale} takes no data in this region", mend)
