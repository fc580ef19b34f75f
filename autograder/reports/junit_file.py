"""JUnit XML for CI servers: a test suite for each submission, a test case for each exercise.

It holds only what a student may know, for a CI server's pages have many readers: no times, which a submission
may choose by a hidden input.
"""

import re
from collections.abc import Iterable
from typing import TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict
from autograder.reports.words import told

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML forbids, even escaped."""


def write(results: Iterable[SubmissionResult], lang: str, stream: TextIO) -> None:
    """Write the document suite by suite; texts are in `lang`."""
    stream.write('<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="autograder">\n')
    for result in results:
        suite = _suite(result, lang)
        ElementTree.indent(suite)
        stream.write(ElementTree.tostring(suite, encoding="unicode") + "\n")
    stream.write("</testsuites>\n")


def _suite(result: SubmissionResult, lang: str) -> Element:
    verdicts = [exercise.verdict for exercise in result.exercises]
    errors = verdicts.count(Verdict.JE)
    suite = Element(
        "testsuite",
        name=_text(f"{result.student}/{result.assignment}"),
        tests=str(len(verdicts)),
        failures=str(len(verdicts) - verdicts.count(Verdict.AC) - errors),
        errors=str(errors),
        skipped="0",
    )
    properties = SubElement(suite, "properties")
    for name, value in (("points", result.earned), ("max_points", result.max_points)):
        if value is not None:
            SubElement(properties, "property", name=name, value=f"{value:g}")
    for exercise in result.exercises:
        suite.append(_case(result, exercise, lang))
    return suite


def _case(result: SubmissionResult, exercise: ExerciseResult, lang: str) -> Element:
    case = Element(
        "testcase", classname=_text(f"{result.assignment}.{result.student}"), name=_text(exercise.name)
    )
    if exercise.verdict is not Verdict.AC:
        kind = "error" if exercise.verdict is Verdict.JE else "failure"
        message = _text(" ".join(text.in_language(lang) for text in told(exercise)))
        reason = SubElement(case, kind, type=exercise.verdict.value, message=message)
        if exercise.earned is not None:
            reason.text = f"{exercise.earned:g} / {exercise.max_points:g}"
    return case


def _text(value: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value)
