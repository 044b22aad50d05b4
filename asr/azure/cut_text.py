"""Plain text in files that the service takes: cut by bytes, and where it asks for that, by lines."""

from codecs import BOM_UTF8
from pathlib import Path


def cut_text(path: Path, most_bytes: int, most_lines: int | None = None) -> tuple[Path, ...]:
    """Cut a file of lines into `name-001.txt`, `name-002.txt` … beside it; returns the files, in the order of lines.

    One that is within the limits stays as it is, and none is none. The file begins with a byte order mark, and so does
    each piece. A line that is longer than a file may be has a file of its own, over the limit.
    """
    if not path.is_file():
        return ()
    if path.stat().st_size <= most_bytes and not (most_lines and _has_more(path, most_lines)):
        return (path,)
    pieces: list[Path] = []
    size = lines = 0
    out = None
    try:
        with path.open("rb") as file:
            file.seek(len(BOM_UTF8))
            for line in file:
                if out is None or size + len(line) > most_bytes or lines == most_lines:
                    if out:
                        out.close()
                    pieces.append(path.with_name(f"{path.stem}-{len(pieces) + 1:03d}{path.suffix}"))
                    out = pieces[-1].open("xb")
                    size, lines = out.write(BOM_UTF8), 0
                size, lines = size + out.write(line), lines + 1
    finally:
        if out:
            out.close()
    path.unlink()
    return tuple(pieces)


def _has_more(path: Path, lines: int) -> bool:
    with path.open("rb") as file:
        return any(number > lines for number, _ in enumerate(file, 1))
