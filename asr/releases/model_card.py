"""The model card of a release: what it is, how well it hears and on what, how to use it; the README.md beside it."""

from asr.releases.facts import Facts, Judged
from asr.releases.repository import is_repository
from asr.scoring.figures import interval, percent, whole
from asr.scoring.markdown_text import MOST_CHARACTERS, markdown
from asr.scoring.shown_text import shown_text

TASK = "automatic-speech-recognition"
_FINGERPRINT = 12  # digits that are shown: enough to find the corpus in MLflow
_GREEDILY = "greedily"
_AZURE = "azure:"
"""Before the id of a base of Custom Speech."""


def model_card(facts: Facts, where: str) -> str:
    """The card of a release that people load from `where`, a folder or a Hub repository, as Markdown.

    Its metadata are those that the Hub reads: https://huggingface.co/docs/hub/model-cards. Of the data there are names,
    sizes and fingerprints; what they say is not in it.
    """
    title = f"{facts.model} v{facts.version}"
    parts = [
        f"---\n{_metadata(facts)}\n---",
        f"# {_escaped(title)}",
        _what_it_is(facts),
        "## How well it hears",
        *_how_well(facts),
        "## How to use it",
        _how_to_use(facts, where),
    ]
    return "\n\n".join(parts) + "\n"


def _metadata(facts: Facts) -> str:
    """The block of YAML: https://github.com/huggingface/hub-docs/blob/main/modelcard.md."""
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type=TASK,
            task_name="Automatic Speech Recognition",
            dataset_type=_name(one),
            dataset_name=_name(one),
            dataset_revision=one.fingerprint,
            metric_type="wer",
            metric_name="WER",
            metric_value=round(100 * one.wer, 2),  # in percent, as the Hub's leaderboards have it
        )
        for one in _all(facts)
    ]
    data = ModelCardData(
        language=facts.language.partition("-")[0].lower() or None,
        base_model=facts.base if is_repository(facts.base) else None,
        library_name=None if facts.base.startswith(_AZURE) else "transformers",
        pipeline_tag=TASK,
        tags=["wergate"],
        metrics=["wer"] if results else None,
        model_name=facts.model if results else None,
        eval_results=results or None,
    )
    return str(data.to_yaml())


def _what_it_is(facts: Facts) -> str:
    base = f"[`{facts.base}`](https://huggingface.co/{facts.base})" if is_repository(facts.base) else ""
    if facts.base.startswith(_AZURE):
        base = f"the base model `{_code(facts.base.removeprefix(_AZURE))}` of Azure Custom Speech"
    base = base or {"": "a base that is not noted", "embedded": "Wergate's embedded base"}.get(facts.base, "")
    base = base or f"the base {_escaped(facts.base)}"
    speech = f"speech in `{_code(facts.language)}`" if facts.language else "speech"
    by = f"Wergate {_escaped(facts.wergate)}" if facts.wergate else "Wergate"
    return (
        f"Recognizes {speech}; made from {base}. It is version {facts.version} of "
        f"{_escaped(facts.model)}, fingerprint `{facts.fingerprint[:_FINGERPRINT]}`, released by {by} after it was "
        "tried on the data below."
    )


def _how_well(facts: Facts) -> list[str]:
    if not facts.judged:
        return ["No WER is noted for this release."]
    rows = [
        "| test set | WER | 95 % interval | words | data | text | search |",
        "|---|---|---|---|---|---|---|",
        *(_row(one, guard=one is not facts.judged) for one in _all(facts)),
    ]
    note = (
        "WER is the share of reference words that are wrong, left out or added, after the normalizer in the column "
        "*text*. *Data* is the start of the fingerprint of the test set. A guard set is one that a new version must "
        "not do worse on."
    )
    return ["\n".join(rows), note]


def _row(one: Judged, guard: bool) -> str:
    name = _escaped(_name(one)) + (" (guard set)" if guard else "")
    data, text = f"`{one.fingerprint[:_FINGERPRINT]}`", f"`{_code(one.normalizer)}`"
    found = f"{percent(one.wer)} | {interval(one.interval)} | {whole(one.words)}"
    return f"| {name} | {found} | {data} | {text} | {_escaped(one.decoding)} |"


def _how_to_use(facts: Facts, where: str) -> str:
    if facts.base.startswith(_AZURE):
        return (
            "Its weights are at Azure; `azure_model.json` beside this card names it there. People get it from the "
            "endpoint of its locale:\n\n```sh\nwergate transcribe speech.wav\n```"
        )
    plainly = facts.judged is None or facts.judged.decoding == _GREEDILY
    code = f"""```python
from transformers import pipeline

hear = pipeline("{TASK}", model="{where}")
print(hear("speech.wav")["text"])
```"""
    if plainly:
        return code
    return (
        "Its WER was measured with the text of its domain in the search, which Wergate does:\n\n"
        f"```sh\nwergate transcribe speech.wav --model {where}\n```\n\n"
        f"Without that search, and so with another WER, Transformers reads it too:\n\n{code}"
    )


def _all(facts: Facts) -> list[Judged]:
    return [*([facts.judged] if facts.judged else []), *facts.guards]


def _name(one: Judged) -> str:
    """How the corpus is called, on one line and with nothing in it that cannot be seen."""
    return shown_text(" ".join(one.corpus.removeprefix("guards/").split()), MOST_CHARACTERS)


def _escaped(text: str) -> str:
    return str(markdown(text))


def _code(text: str) -> str:
    """Text inside of backquotes, where nothing can be escaped: what would end them, or a cell, is left out."""
    return "".join(sign for sign in text if sign.isalnum() or sign in "@._-+")
