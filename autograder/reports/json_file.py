"""`results.json`: the complete results, for programs (docs/results.md).

Written entry by entry: memory does not grow with the class.
"""

from collections.abc import Iterable, Iterator
from typing import TextIO

from autograder.judging.result_json import SCHEMA, shown
from autograder.judging.results import SubmissionResult


def through(results: Iterable[SubmissionResult], lang: str, stream: TextIO) -> Iterator[SubmissionResult]:
    """Write the document with texts in `lang`; yield every result again."""
    stream.write(f'{{"schema": {SCHEMA}, "submissions": [')
    separator = "\n"
    for result in results:
        stream.write(separator + shown(result, lang).decode())
        separator = ",\n"
        yield result
    stream.write("\n]}\n")
