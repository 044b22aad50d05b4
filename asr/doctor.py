"""Is this machine ready for speech recognition? Each finding is tried, not guessed, and says what to do."""

import io
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from asr.audio import SAMPLE_RATE, Samples
from asr.processes import cores

if TYPE_CHECKING:
    import torch

State = Literal["ok", "warning", "problem"]

TOKENS = {
    "HF_TOKEN": "private and gated models of the Hugging Face Hub, and for releases there",
    "AZURE_SPEECH_KEY": "Azure Custom Speech",
    "MLFLOW_TRACKING_TOKEN": "an MLflow server that asks for one",
    "PREFECT_API_KEY": "Prefect Cloud",
}
"""Secrets that Wergate's parts read from the environment, and what each is for."""

SCARCE, LOW = 1e9, 10e9  # bytes: too little for the sample data; little for a real model with its checkpoints


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, what was seen, and what to do if it is not well."""

    name: str
    state: State
    message: str
    mend: str = ""


def examine_machine(data: Path, environ: Mapping[str, str], home: Path) -> Iterator[Finding]:
    """Look at what computes, hears and speaks, at the tokens, and at the disk that `data` is on."""
    yield python()
    yield from look("torch", computation)
    yield from look("audio", audio)
    yield from look("speech synthesis", synthesis)
    yield from look("transformers", transformers)
    yield from tokens(environ, home)
    yield disk(data)


def look(name: str, examine: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Let a part be examined; whatever that raises becomes a problem, for a doctor never faints."""
    try:
        yield from examine()
    except Exception as error:
        mend = "install Wergate's dependencies again: pip install -e . -c constraints.txt"
        yield Finding(name, "problem", f"{type(error).__name__}: {one_line(error)}", mend)


def one_line(error: BaseException) -> str:
    """The message of an exception without its line breaks, at most 300 characters."""
    return " ".join(str(error).split())[:300]


def python() -> Finding:
    """The version of Python."""
    return Finding("Python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def computation() -> Iterator[Finding]:
    """Torch and the devices that it computes on, with a real product on each."""
    import torch

    built_for = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU"
    yield Finding("torch", "ok", f"{torch.__version__}, built for {built_for}")
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            described = f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"
            architecture = f"sm_{properties.major}{properties.minor}"
            yield device(torch.device("cuda", index), described, architecture, torch.cuda.get_arch_list())
    elif torch.backends.mps.is_available():
        yield device(torch.device("mps"), "Apple GPU", "mps", ["mps"])
    elif Path("/proc/driver/nvidia/version").exists():
        mend = "install the CUDA build of this torch version (https://pytorch.org/get-started) or a newer driver"
        yield Finding("GPU", "warning", "this machine has an NVIDIA driver, but this torch cannot use it", mend)
    else:
        yield Finding("GPU", "ok", "none; models are trained and used on the CPU, which suits small ones")
    yield processors(torch.get_num_threads(), os.environ)


def device(where: "torch.device", described: str, architecture: str, built_for: list[str]) -> Finding:
    """Whether a device computes, by a real matrix product on it."""
    try:
        multiply(where)
    except (RuntimeError, ArithmeticError, NotImplementedError) as error:  # "no kernel image is available …"
        message = f"{described} ({architecture}) does not compute with this torch, built for {' '.join(built_for)}: "
        mend = f"install a torch build that supports {architecture}, or hide the device with CUDA_VISIBLE_DEVICES="
        return Finding("GPU", "problem", message + one_line(error), mend)
    return Finding("GPU", "ok", f"{described} ({architecture}); a matrix product on it is right")


def multiply(where: "torch.device") -> None:
    """Multiply two matrices of whole numbers on a device.

    Raises:
        RuntimeError: the device does not compute.
        ArithmeticError: it computes something else.
    """
    import torch

    left = torch.arange(64 * 64, dtype=torch.float32).reshape(64, 64) % 7
    product = (left.to(where) @ left.T.to(where)).cpu()
    if not torch.equal(product, left @ left.T):  # small whole numbers: exact in every precision, TF32 too
        raise ArithmeticError("the product of two matrices is wrong")


def processors(threads: int, environ: Mapping[str, str]) -> Finding:
    """How many threads torch computes with, of the processors that this process may use."""
    allowed = cores()
    message = f"{threads} threads on {allowed} processors"
    if threads < allowed // 2 and "OMP_NUM_THREADS" in environ:
        mend = f"unset OMP_NUM_THREADS ({environ['OMP_NUM_THREADS']}) to use all of them"
        return Finding("processors", "warning", message, mend)
    return Finding("processors", "ok", message)


def audio() -> Iterator[Finding]:
    """Encode a tone in every format and decode it again."""
    import soundfile

    tone: Samples = (0.5 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)).astype(np.float32)
    formats = {"WAV": ("WAV", "PCM_16"), "FLAC": ("FLAC", "PCM_16"), "OGG": ("OGG", "VORBIS")}
    formats |= {"OPUS": ("OGG", "OPUS"), "MP3": ("MP3", "MPEG_LAYER_III")}
    failed: dict[str, str] = {}
    for name, (container, codec) in formats.items():
        try:
            file = io.BytesIO()
            soundfile.write(file, tone, SAMPLE_RATE, format=container, subtype=codec)
            file.seek(0)
            decoded, rate = soundfile.read(file, dtype="float32")
            loudness = float(np.sqrt(np.mean(np.square(decoded))))
            if rate != SAMPLE_RATE or abs(loudness - 0.5 / np.sqrt(2)) > 0.05:
                failed[name] = "what was decoded is not what was encoded"
        except (ValueError, RuntimeError) as error:  # soundfile's own errors are RuntimeErrors
            failed[name] = one_line(error)
    if failed:
        details = "; ".join(f"{name}: {why}" for name, why in failed.items())
        severity: State = "problem" if failed.keys() & {"WAV", "FLAC"} else "warning"
        mend = "pip install --force-reinstall soundfile, or convert such files to FLAC"
        yield Finding("audio", severity, f"libsndfile {soundfile.__libsndfile_version__} fails with {details}", mend)
    else:
        yield Finding("audio", "ok", f"decodes {', '.join(formats)} (libsndfile {soundfile.__libsndfile_version__})")


def synthesis() -> Iterator[Finding]:
    """Let espeak-ng say a word."""
    from asr.synthesis.espeak import Voice, speak

    seconds = len(speak("hello", Voice("en-us"))) / SAMPLE_RATE
    if seconds < 0.1:
        mend = "pip install --force-reinstall espeakng-loader"
        yield Finding("speech synthesis", "problem", "espeak-ng says nothing", mend)
    else:
        yield Finding("speech synthesis", "ok", "espeak-ng speaks")


def transformers() -> Iterator[Finding]:
    """Import what Wergate uses of transformers, which loads the code behind it."""
    import transformers
    from transformers import AutoModelForCTC, AutoModelForSpeechSeq2Seq, AutoProcessor

    names = (AutoModelForCTC.__name__, AutoModelForSpeechSeq2Seq.__name__, AutoProcessor.__name__)
    yield Finding("transformers", "ok", f"{transformers.__version__} ({', '.join(names)})")


def tokens(environ: Mapping[str, str], home: Path) -> Iterator[Finding]:
    """Which secrets are there; their values are never shown."""
    cache = Path(environ.get("HF_HOME", home / ".cache" / "huggingface"))
    file = Path(environ.get("HF_TOKEN_PATH", cache / "token"))
    for name, purpose in TOKENS.items():
        value = environ.get(name, "")
        if value != value.strip():
            mend = f"set {name} again without the space or line break"
            yield Finding("tokens", "warning", f"{name} begins or ends with white space, which servers refuse", mend)
        elif value:
            yield Finding("tokens", "ok", f"{name} is set")
        elif name == "HF_TOKEN" and file.is_file():
            yield Finding("tokens", "ok", f"{name} is not set; the token in {file} is used")
        else:
            yield Finding("tokens", "ok", f"{name} is not set; only needed for {purpose}")


def disk(data: Path) -> Finding:
    """How much room there is for what a run derives."""
    existing = next(folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    message = f"{free / 1e9:.1f} GB free for {data}"
    if not os.access(existing, os.W_OK):
        return Finding("disk", "problem", f"{existing} cannot be written", "choose another folder with --data-folder")
    if free < LOW:
        mend = "free some space, or choose a folder on another disk with --data-folder"
        return Finding("disk", "problem" if free < SCARCE else "warning", message, mend)
    return Finding("disk", "ok", message)
