"""`results.json`: the complete results, for programs (docs/results.md).

Written entry by entry: memory does not grow with the class.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from autograder.judging.result_json import SCHEMA, encode, shown
from autograder.judging.results import SubmissionResult


def through(
    results: Iterable[SubmissionResult], lang: str, stream: TextIO, account: Sequence[Any] = ()
) -> Iterator[SubmissionResult]:
    """Write the document with texts in `lang`; yield every result again. `account`: see `reports.account`."""
    stream.write(f'{{"schema": {SCHEMA}, "submissions": [')
    separator = "\n"
    for result in results:
        stream.write(separator + shown(result, lang).decode())
        separator = ",\n"
        yield result
    stream.write("\n]")
    if account:
        stream.write(',\n"account": [\n' + ",\n".join(encode(line).decode() for line in account) + "\n]")
    stream.write("}\n")
