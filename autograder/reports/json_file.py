"""`results.json`: everything, for programs (docs/results.md).

Written entry by entry, so that a class of ten thousand takes no more memory than one of ten.
"""

import json
from collections.abc import Iterable
from typing import TextIO

from autograder.verdicts import SCHEMA, SubmissionResult, to_json


def write(results: Iterable[SubmissionResult], lang: str, stream: TextIO) -> None:
    """Write the document; texts are in `lang`."""
    stream.write(f'{{"schema": {SCHEMA}, "submissions": [')
    separator = "\n"
    for result in results:
        stream.write(separator + json.dumps(to_json(result, lang), ensure_ascii=False))
        separator = ",\n"
    stream.write("\n]}\n")
