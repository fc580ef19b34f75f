"""`results.json`: everything, for programs (docs/results.md).

Written entry by entry, so that a class of ten thousand takes no more memory than one of ten.
"""

from collections.abc import Iterable, Iterator
from typing import TextIO

from autograder.judging.result_json import SCHEMA, shown
from autograder.judging.results import SubmissionResult


def through(results: Iterable[SubmissionResult], lang: str, stream: TextIO) -> Iterator[SubmissionResult]:
    """Write the document, texts in `lang`; pass every result on."""
    stream.write(f'{{"schema": {SCHEMA}, "submissions": [')
    separator = "\n"
    for result in results:
        stream.write(separator + shown(result, lang).decode())
        separator = ",\n"
        yield result
    stream.write("\n]}\n")
