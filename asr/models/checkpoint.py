"""Where a model's files are: a directory, a Hub id or the embedded base become one checked directory."""

import hashlib
from pathlib import Path

from asr.errors import ModelError

EMBEDDED = "embedded"
"""The name under which users ask for the base model that this repository carries."""

EMBEDDED_DIRECTORY = Path(__file__).parents[1] / "base" / "model"

_NEEDED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
# On the Hub beside the weights that are used: MMS adapters for a thousand languages, a float32 twin, other formats.
_NOT_NEEDED = ("*/*", "adapter.*", "*.fp32*")
_ABOUT = ("release.json",)  # says where a model was released; the model is the same without it
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack")


def find_checkpoint(model: str, revision: str = "", *, download: bool = True) -> Path:
    """Find a model's directory, downloading it from the Hub when `model` is a Hub id, unless `download` is false.

    Raises:
        ModelError: there is no such directory or Hub id, the Hub cannot be reached, or the weights are not safetensors.
    """
    if model == EMBEDDED:
        return _checked(EMBEDDED_DIRECTORY, model)
    directory = Path(model).expanduser()
    if directory.is_dir():
        return _checked(directory, model)
    if directory.is_absolute() or model.startswith((".", "~")) or model.count("/") > 1:
        raise ModelError(f"{model}: no such directory; give a model directory, a Hub id or {EMBEDDED!r}")
    return _checked(_download(model, revision, cached_only=not download), model)


def fingerprint(directory: Path) -> str:
    """The sha256 of what decides a model's output: the names and bytes of its weights, configuration and vocabulary."""
    digest = hashlib.sha256()
    paths = sorted(path for pattern in _NEEDED for path in directory.glob(pattern) if path.name not in _ABOUT)
    for path in paths:
        with path.open("rb") as file:
            digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _download(model: str, revision: str, cached_only: bool) -> Path:
    import httpx2  # the client of huggingface_hub since 2.4
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            model,
            revision=revision or None,
            allow_patterns=list(_NEEDED),
            ignore_patterns=list(_NOT_NEEDED),
            local_files_only=cached_only,
        )
        return Path(folder)
    except HFValidationError as error:
        raise ModelError(f"{model}: neither a directory nor a Hub id; check the spelling") from error
    except LocalEntryNotFoundError as error:
        if cached_only:
            raise ModelError(f"{model}: it has not been downloaded yet") from error
        raise ModelError(
            f"{model}: not in the local cache and the Hub cannot be reached; check the id, the network and "
            "HF_HUB_OFFLINE, or give the directory of a downloaded model"
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403, 404):
            where = f" at revision {revision}" if revision else ""
            raise ModelError(
                f"{model}: the Hub has no such model{where} that you may read; check the id, or set HF_TOKEN for a "
                "private or gated model"
            ) from error
        raise ModelError(f"{model}: the Hub answered {status}; try again later") from error
    except (httpx2.HTTPError, OSError) as error:
        raise ModelError(f"{model}: the download from the Hub failed ({error}); run the same command again") from error


def _checked(directory: Path, model: str) -> Path:
    if not (directory / "config.json").is_file():
        raise ModelError(f"{model}: no config.json in {directory}; this is not a Hugging Face checkpoint")
    if not any(directory.glob("*.safetensors")):
        pickled = sorted(path.name for pattern in _PICKLED for path in directory.glob(pattern))
        found = f"only {', '.join(pickled)}, which can run code when loaded" if pickled else "none"
        raise ModelError(
            f"{model}: weights must be safetensors, found {found}; use a revision with model.safetensors or convert "
            "them"
        )
    return directory
