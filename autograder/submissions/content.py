"""What a student's file is, by its bytes: a notebook or a script, in which encoding, with which cells.

`source.read` and whoever looks for hand-ins use this; the name of a file says little: notebooks are saved as
`.py`, scripts as `.ipynb`, browsers append `.txt`. Nothing here may raise anything but `SubmissionError`.

charset-normalizer finds the encoding of what is not UTF-8. It is loaded only then, and asked about encodings
that people who hand in code really use: among all that it knows, a short Chinese comment is often Korean.
"""

import contextlib
import json
import re
from typing import Any, Literal

from autograder.base.messages import say
from autograder.submissions.records import SubmissionError

FileKind = Literal["notebook", "script"]

CODE = re.compile(r"\.(?:ipynb|py)(?:\.(?:txt|json))?$", re.IGNORECASE)
"""What may be a notebook or a script by its name: browsers and editors add a second ending."""
SYSTEM = re.compile(
    r"\..*|__macosx|__pycache__|node_modules|site-packages|thumbs\.db|desktop\.ini|~\$.*|.*~", re.IGNORECASE
)
"""Names of files and folders that are the system's or an editor's, and nobody's hand-in."""

MAX_SOURCE = 2**17
"""Characters of code in one submission: 3,000 lines. Python's parser needs up to 500 times the size of a
source in memory, and seconds for a long and hostile f-string."""
MAX_SCRIPT = 4 * MAX_SOURCE
"""Bytes of a script, in the widest encoding."""
_MAX_NESTED = 2**20
"""Lists and objects in a notebook: each takes up to 25 times its bytes in memory."""
_ENCODINGS = (
    ["gb18030", "cp1252", "latin_1", "utf_16", "utf_32", "utf_16_le", "utf_16_be"],
    ["big5", "cp932"],
)
_ENCODINGS_BY_NAME = {"gb18030": "GB18030", "cp1252": "Windows-1252", "latin_1": "Latin-1", "big5": "Big5"}
_NOTEBOOK_PART = re.compile(rb'"(?:cells|worksheets|nbformat)"\s*:')
_PYTHON = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+\w+[^\n]*[:：]"
    r"|^(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+[\w.*(]",
    re.MULTILINE,
)


def kind_of(content: bytes) -> FileKind | None:
    """What a file holds, whatever its name: also a damaged notebook is one; None for neither.

    A script defines or imports something; a text that does not may still be read as one, if it is called so.
    """
    head = content[:64].translate(None, b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    if head.startswith(b"{") and _NOTEBOOK_PART.search(
        content.replace(b"\0", b"") if b"\0" in content[:64] else content
    ):
        return "notebook"
    decoded = None if content.startswith(b"%PDF") or len(content) > MAX_SCRIPT else decode(content)
    return "script" if decoded and _PYTHON.search(decoded[0].replace("\r", "\n")) else None


def decode(content: bytes) -> tuple[str, str] | None:
    """The text of a script and, if that is not UTF-8, the name of its encoding; None where it is no text.

    Lines end in a line feed, and there is no byte order mark: as Python's tokenizer sees it.
    """
    encoding = ""
    try:
        text = content.decode("utf-8-sig")
        if "\0" in text:  # ASCII in UTF-16, or no text
            raise ValueError
    except ValueError:
        found = _detected(content)
        if found is None:
            return None
        text, encoding = found
    return with_line_feeds(text), encoding


def _detected(content: bytes) -> tuple[str, str] | None:
    """Text and encoding of what is not UTF-8."""
    with contextlib.suppress(UnicodeDecodeError):
        if b"\0" not in content:
            # Accented letters are hardly ever two and two, as all bytes of common Chinese characters are.
            return content.decode("gb2312"), "GB18030"
    import charset_normalizer

    for known in _ENCODINGS:
        if (best := charset_normalizer.from_bytes(content, cp_isolation=known).best()) is not None:
            text = str(best)
            name = _ENCODINGS_BY_NAME.get(best.encoding, best.encoding.upper().replace("_", "-"))
            return None if "\0" in text else (text, name)
    return None


def with_line_feeds(text: str) -> str:
    """`text` with line feeds at the ends of its lines, and without a byte order mark."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff")


def cells(file: str, content: bytes) -> list[Any]:
    """The cells of a notebook of format 4, or of the sheets of format 2 or 3.

    Raises
    ------
    SubmissionError
    """
    if not content.strip():
        raise SubmissionError(say("note.no_code", file=file))
    if len(content) > _MAX_NESTED and content.count(b"{") + content.count(b"[") > _MAX_NESTED:
        raise SubmissionError(say("note.notebook_unreadable", file=file))
    try:
        try:
            document = json.loads(content)  # detects UTF-8, -16 and -32 itself, with a BOM or without
        except UnicodeDecodeError:
            document = json.loads((decode(content) or ("\0", ""))[0])
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "reason": error.msg}
        raise SubmissionError(say("note.notebook_unreadable_at_line", file=file, **place)) from None
    except (ValueError, RecursionError):  # not text; a number of 5,000 digits; nested 100,000 deep
        raise SubmissionError(say("note.notebook_unreadable", file=file)) from None
    if isinstance(document, dict):
        if isinstance(document.get("cells"), list):
            return list(document["cells"])
        if isinstance(document.get("worksheets"), list):
            sheets = [sheet.get("cells") for sheet in document["worksheets"] if isinstance(sheet, dict)]
            return [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    raise SubmissionError(say("note.notebook_without_cells", file=file))


def source_of(cell: Any) -> tuple[str, bool]:
    """The source of a cell (`input` in format 3), and whether it is code; "" where there is none."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return "", False
    source = cell.get("source") or cell.get("input")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return (source if isinstance(source, str) else ""), cell["cell_type"] == "code"
