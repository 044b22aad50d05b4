"""Tell a sequence-to-sequence model which language to write, so that the choice survives saving and loading.

Whisper takes language and task as the first tokens of its output. Where they are kept has changed over the years
(`forced_decoder_ids`, then `generation_config.language`); checkpoints that carry the old form cannot generate after
being saved again, so the old form is removed.
"""

from typing import TYPE_CHECKING, Any

from asr.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_WHISPER_CALLS_IT = {"fil": "tl", "jv": "jw", "nb": "no"}
"""Languages that stand in locales under another code than in Whisper's vocabulary."""


def set_language(model: "PreTrainedModel", processor: Any, language: str, name: str) -> None:
    """Set language and the task `transcribe` in the model's generation settings and its tokenizer, where it has them.

    Raises:
        ModelError: the model does not know the language.
    """
    generation: Any = model.generation_config
    if hasattr(model.config, "forced_decoder_ids"):
        model.config.forced_decoder_ids = None
    if generation is None or not hasattr(processor.tokenizer, "set_prefix_tokens"):
        return
    generation.forced_decoder_ids = None
    tokenizer = processor.tokenizer
    token = set_prefix(tokenizer, language, getattr(generation, "is_multilingual", None), name)
    if not token:
        return
    generation.is_multilingual = True
    generation.lang_to_id = _language_tokens(tokenizer)
    generation.task_to_id = {
        task: tokenizer.convert_tokens_to_ids(f"<|{task}|>") for task in ("transcribe", "translate")
    }
    generation.no_timestamps_token_id = tokenizer.convert_tokens_to_ids("<|notimestamps|>")
    # Settings that were derived from config.json are derived from it again when they are loaded: language and task, of
    # which it knows nothing, would be lost.
    generation._from_model_config = False
    generation.language = token
    generation.task = "transcribe"


def set_prefix(tokenizer: Any, language: str, multilingual: bool | None, name: str) -> str:
    """Let a tokenizer begin with language and task; the token of the language, empty when there is nothing to tell.

    `multilingual` is what the model says of itself; `None` leaves it to the vocabulary.

    Raises:
        ModelError: the model does not know the language.
    """
    if not language or multilingual is False or not hasattr(tokenizer, "set_prefix_tokens"):
        return ""
    languages = _language_tokens(tokenizer)
    if multilingual is None and len(languages) < 2:
        return ""
    primary = language.lower().replace("_", "-").partition("-")[0]  # `en` of the locale `en-US`
    code = _WHISPER_CALLS_IT.get(primary, primary)
    if f"<|{code}|>" not in languages:
        raise ModelError(f"{name}: it does not know the language {language!r}; set `language` to a code such as 'en'")
    tokenizer.set_prefix_tokens(language=code, task="transcribe")
    return f"<|{code}|>"


def _language_tokens(tokenizer: Any) -> dict[str, int]:
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    vocabulary = tokenizer.get_vocab()
    return {token: vocabulary[token] for code in LANGUAGES if (token := f"<|{code}|>") in vocabulary}
