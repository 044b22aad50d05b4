"""Which language a base hears, where it can tell: training with the wrong language token begins with wrong words."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from asr.corpus.utterance import Utterance
from asr.models.features import features
from asr.models.speech_model import SpeechModel
from asr.training.dev_faults import WRONG_LANGUAGE
from asr.training.diagnosis import Diagnosis

_LISTENED = 8  # utterances; their encoding costs less than a training step
_AGREE, _SURE = 0.75, 0.5  # share of their votes, and the mean probability of what wins


def doubt_language(speech: SpeechModel, utterances: Sequence[Utterance]) -> Diagnosis | None:
    """Say so when a Whisper hears another language in the first utterances than the one it is told to write.

    It is to be asked before it is trained: the token is among the labels, and is soon believed. Its probabilities are
    those of the token after the start of the transcript, among all languages (Radford et al. 2022, section 2.3).
    """
    import torch

    from asr.models.inference import inference

    generation: Any = getattr(speech.model, "generation_config", None)
    known: dict[str, int] = getattr(generation, "lang_to_id", None) or {}
    told = getattr(generation, "language", None)
    if speech.family != "seq2seq" or told not in known or not utterances:
        return None
    model: Any = speech.model
    was_training = model.training
    model.eval()
    with inference():
        inputs = features(speech, [one.samples() for one in utterances[:_LISTENED]])
        heard = {name: tensor.to(speech.device) for name, tensor in inputs.items()}
        start = torch.full((len(heard["input_features"]), 1), model.config.decoder_start_token_id, device=speech.device)
        logits = model(**heard, decoder_input_ids=start, use_cache=False).logits[:, -1]
        chances = logits[:, list(known.values())].float().softmax(dim=-1)
    model.train(was_training)
    names = list(known)
    votes = Counter(names[best] for best in chances.argmax(dim=-1).tolist())
    [(winner, count)] = votes.most_common(1)
    sure = float(chances[:, names.index(winner)].mean())
    if winner == told or count < _AGREE * len(chances) or sure < _SURE:
        return None
    language = winner.strip("<|>")
    return Diagnosis(
        name=WRONG_LANGUAGE,
        evidence=f"the base hears {language} in {count} of {len(chances)} utterances ({100 * sure:.0f} % sure), and is "
        f"told to write {told.strip('<|>')}",
        mend=f'set language = "{language}"',
    )
