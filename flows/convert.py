"""One corpus, whatever its layout, for other tools and services."""

from pathlib import Path

from prefect import flow

from tasks.convert import Conversion, Layout, convert_folder
from tasks.settings import Settings


@flow(name="convert", flow_run_name="convert {folder} to {layout}")
def convert(settings: Settings, folder: Path, target: Path, layout: Layout) -> Conversion:
    """Check a folder, and write its corpus to `target` as an AudioFolder or for Azure Custom Speech."""
    return convert_folder(settings, folder, target, layout)
