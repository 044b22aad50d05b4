"""Whether the champion belongs to the locale and the Speech resource of the settings; else nothing is begun."""

from asr.azure.azure_error import NotThere
from asr.azure.azure_model import is_azure_model, read_azure_model
from asr.azure.entities import CustomModel
from asr.azure.inventory import take_inventory
from asr.azure.locales import find_locale
from asr.errors import SettingsError
from tasks.azure.registry_facts import registry_facts
from tasks.azure.service import custom_speech
from tasks.registry import champion
from tasks.settings import Settings


def refuse_another_resource(settings: Settings) -> None:
    """Stop where the champion, if it was trained at the service, is of another locale or of another resource.

    There it would look as if somebody had deleted it, and today's base would take its place.

    Raises:
        SettingsError: it is; or everything there was deleted.
        AzureError: the service cannot be asked.
    """
    known = champion(settings)
    if known is None or not is_azure_model(known.directory):
        return
    model = read_azure_model(known.directory)
    if model.is_base:
        return
    if settings.backend == "azure" and model.locale != (locale := find_locale(settings.language)):
        raise SettingsError(
            f"language is {locale}, and {known.name}, the champion, was trained for {model.locale}; a project has one "
            "locale: set `language` back, or give the project of the other one another `name`"
        )
    try:
        custom_speech(settings).get(CustomModel, model.id)
    except NotThere as error:
        if not _has_traces(settings):
            raise SettingsError(
                f"the Speech resource at {settings.azure.endpoint} has neither the model of {known.name} nor anything "
                "else of this project's runs; set key and region of the resource that has them, or give this project "
                "another `name` for this one (if all was deleted there: wergate rollback --to VERSION --by NAME "
                "--reason TEXT)"
            ) from error


def _has_traces(settings: Settings) -> bool:
    """Whether something is there that a run of this MLflow store has made.

    The address would not tell: the resources of a region share one, and a custom domain is a second one.
    """
    facts = registry_facts(settings)
    runs = facts.finished | facts.unfinished
    return any(one.run in runs for one in take_inventory(custom_speech(settings), settings.name).items)
