"""How pages are made of templates: what anybody wrote is escaped, and a value that is missing is an error."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2


def template_environment(folder: Path, filters: Iterable[Callable[..., Any]]) -> "jinja2.Environment":
    """The templates of a folder, with functions that they call by their names."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {one.__name__: one for one in filters}
    return environment
