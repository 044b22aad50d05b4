"""Make the embedded base anew: `python -m asr.base.make_model` (about an hour on two cores).

General sentences are spoken, a fresh model learns them with the same training code that fine-tunes it later, the
guard set and the sample domain say how well, and weights and model card are written to `asr/base/model`.
"""

import argparse
import logging
import shutil
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from asr.base.fresh_model import write_fresh_model
from asr.base.general_speech import TRAINING_SEED, training_lines
from asr.corpus.utterance import Corpus
from asr.corpus.validate import load_corpus
from asr.models.checkpoint import EMBEDDED_DIRECTORY
from asr.models.evaluate import evaluate
from asr.models.speech_model import load_speech_model
from asr.scoring.evaluation import Evaluation
from asr.synthesis.spoken_corpus import speak_corpus
from asr.training.finetune import TrainedModel, finetune
from asr.training.options import TrainingOptions

UTTERANCES = 24_000
DEV_UTTERANCES = 300
EPOCHS = 8
RECIPE = TrainingOptions(
    learning_rate=1.5e-3,  # 2.5e-3 diverges
    warmup=0.03,
    weight_decay=1e-3,
    learn_statistics=True,
    batch_size=32,
    epochs=EPOCHS,
    evaluations=8,
    patience=0,
    replay=0,
    speed_perturbation=False,  # every voice already speaks at a speed of its own
    seed=1,
)


def make_model(root: Path, work: Path, directory: Path) -> None:
    """Train the base in `work` and write it to `directory`; the sample corpora are read from `root`."""
    speech_folder = work / "speech"
    if not speech_folder.is_dir():
        work.mkdir(parents=True, exist_ok=True)
        speak_corpus(islice(training_lines(TRAINING_SEED), UTTERANCES + DEV_UTTERANCES), speech_folder)
    utterances = _corpus(speech_folder, work).read()
    fresh = work / "fresh"
    if not fresh.is_dir():
        write_fresh_model(fresh, seed=RECIPE.seed)
    trained = finetune(
        load_speech_model(str(fresh)),
        utterances[DEV_UTTERANCES:],
        utterances[:DEV_UTTERANCES],
        [],
        RECIPE,
        normalizer="none",
        folder=work / "training",
    )
    shutil.rmtree(directory, ignore_errors=True)
    _write_half_precision(trained.directory, directory)
    speech = load_speech_model(str(directory), name="embedded")
    results = [
        evaluate(speech, _corpus(root / name, work), normalizer="english", batch_size=32, folder=work / name)
        for name in ("testing_data/guards/general", "testing_data/sharjah")
    ]
    hours = sum(utterance.duration for utterance in utterances) / 3600
    (directory / "README.md").write_text(_card(trained, results, hours), encoding="utf-8")


def _corpus(folder: Path, work: Path) -> Corpus:
    report = load_corpus(folder, folder.name, work=work / "manifests", purpose="testing")
    if report.corpus is None:
        raise SystemExit(f"{folder}: not a usable corpus; run python -m asr.base.make_samples first")
    return report.corpus


def _write_half_precision(trained: Path, directory: Path) -> None:
    """Halve the file: float16 keeps three digits of each weight, and the WER does not change with the fourth."""
    import torch
    from transformers import AutoModelForCTC, AutoProcessor

    AutoModelForCTC.from_pretrained(trained, dtype=torch.float16).save_pretrained(directory)
    AutoProcessor.from_pretrained(trained).save_pretrained(directory)


def _card(trained: TrainedModel, results: list[Evaluation], hours: float) -> str:
    general, domain = (f"{100 * result.wer:.1f} %" for result in results)
    return f"""---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: automatic-speech-recognition
tags: [ctc, synthetic-speech]
---
# Wergate's embedded base

A Parakeet CTC model (FastConformer) of {trained.parameters / 1e6:.1f} million parameters that knows synthetic English speech. It exists so
that Wergate's whole loop can be tried on a laptop in minutes, without an account. **It is not for use on human
speech**; real work starts from a checkpoint on the Hub such as `openai/whisper-small`.

| test set | utterances | words | WER |
|---|---|---|---|
| `testing_data/guards/general`: general sentences that it never saw, voices that it knows | {results[0].utterances} | {results[0].words} | {general} |
| `testing_data/sharjah`: place and product names that it never saw, new voices | {results[1].utterances} | {results[1].words} | {domain} |

Greedy decoding, normalizer `{results[0].normalizer}`.

## How it was made
`python -m asr.base.make_model`, seed {RECIPE.seed}, from nothing but this repository: {UTTERANCES:,} sentences ({hours:.1f} hours) drawn from the grammar
`asr/base/general.toml` and spoken by espeak-ng 1.52 (`espeakng-loader` {version("espeakng-loader")}) in 40 voice variants and 6 accents at
random speed and pitch, with noise and SpecAugment. {trained.steps:,} steps of {RECIPE.batch_size} utterances ({RECIPE.epochs:g} epochs), AdamW, learning
rate {trained.learning_rate:g} falling along a cosine, {trained.precision}. Cost: {trained.seconds / 60:.0f} minutes on two cores of an AMD EPYC (Zen 5). Kept: step {trained.best_step:,}, the lowest
WER ({100 * (trained.dev_wer or 0):.1f} %) on {DEV_UTTERANCES} further utterances. Weights are stored as float16. No human recording was used.
"""  # noqa: E501  # Markdown tables cannot be broken


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="repository with the sample data")
    parser.add_argument("--work", type=Path, default=Path("data/base"), help="where speech and checkpoints are kept")
    parser.add_argument("--output", type=Path, default=EMBEDDED_DIRECTORY)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    make_model(arguments.root, arguments.work, arguments.output)
