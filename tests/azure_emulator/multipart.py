"""The parts of a `multipart/form-data` body (RFC 7578)."""

import re

from tests.azure_emulator.errors import Refusal, invalid

MOST_PARTS = 20


def form_parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """The content of each part by its name.

    Raises:
        Refusal: the body is no form, or not whole.
    """
    found = re.match(r'multipart/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;]+))', content_type, re.IGNORECASE)
    if found is None:
        raise Refusal("UnsupportedMediaType", "The body must be multipart/form-data.")
    line = b"--" + (found[1] or found[2]).encode()
    sections = (b"\r\n" + body).split(b"\r\n" + line)
    if len(sections) < 3 or not sections[-1].startswith(b"--") or len(sections) > MOST_PARTS + 2:
        raise invalid("The form is not whole.", "InvalidPayload")
    parts = {}
    for section in sections[1:-1]:
        head, gap, content = section.partition(b"\r\n\r\n")
        name = re.search(rb'content-disposition:[^\r\n]*[;\s]name="?([^";\r\n]+)"?', head, re.IGNORECASE)
        if not gap or name is None:
            raise invalid("A part of the form has no name.", "InvalidPayload")
        parts[name[1].decode("utf-8", "replace")] = content
    return parts
