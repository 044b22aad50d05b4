"""What a run would do at the service: what is uploaded, trained and hosted, and what of it is charged."""

from pydantic import BaseModel, ConfigDict

from asr.azure.base_models import SHOWN, is_charged
from asr.azure.entities import ServiceBase
from asr.azure.locales import Kind
from asr.azure.options import AzureOptions
from asr.errors import SettingsError


class Upload(BaseModel):
    """A file that becomes a dataset, or is one already."""

    model_config = ConfigDict(frozen=True)

    what: str
    """`training audio`, `testing`, `guards/general`."""
    kind: Kind
    megabytes: float
    is_there: bool
    """It was uploaded before and is not uploaded again."""


class Step(BaseModel):
    """Something that the service does for a run."""

    model_config = ConfigDict(frozen=True)

    what: str
    charged: str
    """How it is charged; empty when it is not."""


class Plan(BaseModel):
    """What a run would do."""

    model_config = ConfigDict(frozen=True)

    base: str
    base_charged: bool
    locale: str
    training_hours: float
    """Of audio that is trained on."""
    testing_hours: float
    """Of audio that each model transcribes."""
    uploads: tuple[Upload, ...]
    steps: tuple[Step, ...]
    dropped: tuple[Kind, ...] = ()
    """Kinds of data that the base does not learn from."""
    answered: str = ""
    """Why a run would not do all of this: it was done before; empty when it would."""
    refused: str = ""
    """Why a run would stop before it spends anything; empty when it would not."""

    def summary(self) -> str:
        """The plan as text for a terminal."""
        sent = [one for one in self.uploads if not one.is_there]
        megabytes = sum(one.megabytes for one in sent)
        there = "; the others are there" if len(sent) < len(self.uploads) else ""
        lines = [
            f"base      {self.base} ({self.locale}), training is {'charged' if self.base_charged else 'not charged'}",
            f"audio     {self.training_hours:.2f} h to train on, {self.testing_hours:.2f} h to test on",
            f"upload    {len(sent)} of {len(self.uploads)} files, {megabytes:.1f} MB{there}",
            *(_upload_line(one) for one in self.uploads),
            "steps",
            *(f"  {one.what:<58} {one.charged or 'not charged'}" for one in self.steps),
        ]
        if self.dropped:
            lines.append(
                f"dropped   {', '.join(SHOWN[kind] for kind in self.dropped)}: the base does not learn from it"
            )
        if self.answered:
            lines.append(f"but       {self.answered}")
        return "\n".join(lines)


def steps_of(
    base: ServiceBase,
    testing_hours: float,
    *,
    champion_is_there: bool,
    has_endpoint: bool,
    evaluation: bool,
    is_trained: bool,
) -> tuple[Step, ...]:
    """What the service does in a run that trains and promotes, in order.

    `champion_is_there` says whether the champion is a model of the service; another one is measured on this machine.
    """
    transcribed = f"as {testing_hours:.2f} h of batch transcription"
    training = "by the hour of training" if is_charged(base) else ""
    steps = [
        Step(what="transcribe the testing data with the champion", charged=transcribed),
        Step(
            what="train the candidate" + (", which is there already" if is_trained else ""),
            charged="" if is_trained else training,
        ),
        Step(what="transcribe the testing data with the candidate", charged=transcribed),
    ]
    if not champion_is_there:
        del steps[0]
    elif evaluation:
        steps.append(Step(what="let the service judge both", charged=f"as {2 * testing_hours:.2f} h of transcription"))
    if has_endpoint:
        steps.append(Step(what="give the endpoint the candidate, if it is promoted", charged="by the hour, as now"))
    else:
        steps.append(Step(what="make an endpoint, if it is promoted", charged="by the hour, for as long as it exists"))
    steps.append(Step(what="try it there with at most a minute of recordings", charged="as live recognition of them"))
    return tuple(steps)


def refuse_costs(base: ServiceBase, training_hours: float, options: AzureOptions, cheaper: str = "") -> None:
    """Stop before money is spent that the settings do not allow; `cheaper` names a base that is not charged.

    Raises:
        SettingsError: more audio, or a base, than they allow.
    """
    if training_hours > options.max_training_audio_hours:
        raise SettingsError(
            f"training_data: {training_hours:.2f} hours of audio, and azure.max_training_audio_hours is "
            f"{options.max_training_audio_hours:g}; raise it, or train on less"
        )
    if is_charged(base) and not options.allow_charged_training:
        instead = f", or azure.base_model = {cheaper}, which is not charged" if cheaper else ""
        raise SettingsError(
            f"{base.display_name}: training from it is charged; set azure.allow_charged_training = true{instead}"
        )


def _upload_line(one: Upload) -> str:
    there = "there already" if one.is_there else f"{one.megabytes:.1f} MB"
    return f"  {one.what:<24} {SHOWN[one.kind]:<24} {there}"
