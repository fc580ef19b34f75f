"""Grade one submission in Gradescope's container and write its `results.json`.

`run_autograder` calls `grade`. A `results.json` is written even when grading fails; a submission is run only
where `isolation` has found a sandbox that keeps the hidden key from it.
"""

import contextlib
import json
import stat
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.base import atomic
from autograder.base.messages import say
from autograder.grading import grade_class
from autograder.grading.engine import Settings
from autograder.integrations.gradescope import isolation
from autograder.judging import answer_key
from autograder.judging.answer_key import HIDDEN, AnswerKey, KeyFileError
from autograder.judging.evaluate import safe_notes, unreadable
from autograder.judging.results import SubmissionResult
from autograder.reports import gradescope
from autograder.sandbox.limits import Asked
from autograder.submissions import class_folder


def grade(root: Path, lang: str, limits: Asked = ()) -> None:
    """Grade `root/submission` with the key in `root/source`; `limits` as in `grade_class.Settings`.

    Only the instructor sees what is printed here. A refusal ends with status 0, too, as Gradescope then shows
    what `results.json` says.
    """
    reason = ""
    try:
        document = _graded(root, lang, limits)
    except (isolation.NothingHolds, KeyFileError) as error:
        reason = error.text.in_language(lang)
    except Exception:  # without a results.json Gradescope would show nothing
        reason = traceback.format_exc()
    if reason:
        document = gradescope.not_graded(reason, lang)
        print(say("gradescope.not_graded_because", reason=reason).in_language(lang))
    text = json.dumps(document, ensure_ascii=False, indent=1)
    atomic.write(root / "results" / "results.json", text.encode())  # by a name that nobody can have prepared


def _graded(root: Path, lang: str, limits: Asked) -> dict[str, Any]:
    path, key = _key(root / "source")
    results = root / "results"
    # Written by Gradescope, with the results of earlier submissions.
    earlier = root / "submission_metadata.json"
    secrets = [path, results, *([earlier] if earlier.exists() else [])]
    for secret in secrets:
        _close_to_others(secret, keep=0o755 if secret is results else 0o600)
    held = isolation.strongest(secrets, replace(key.limits, **dict(limits)))
    file = class_folder.of_one_student(
        root / "submission", "", key.assignment, [exercise.name for exercise in key.exercises]
    )
    settings = Settings(held, limits)
    content, problem = grade_class.content_of(file)
    if problem is not None:
        exercises = unreadable(key, problem).exercises
        result = SubmissionResult("", key.assignment, file.name, held, 0.0, exercises, (problem,))
        return gradescope.to_gradescope(result, lang, [problem])
    task = grade_class.Task("", key.assignment, file.name, content, key.digest, settings)
    notes = (*file.notes, *safe_notes(file.name, content))
    result = grade_class.grade_one(task, path)
    if result.has_judge_error:
        print(*(note.in_language(lang) for note in result.notes), sep="\n")
    return gradescope.to_gradescope(result, lang, notes)


def _key(source: Path) -> tuple[Path, AnswerKey]:
    """The one hidden key of the bundle."""
    paths = sorted(source.glob(f"*{HIDDEN}"))
    if len(paths) != 1:
        raise KeyFileError(say("error.keys_in_bundle", folder=source, count=len(paths)))
    return paths[0], answer_key.newest(paths[0])


def _close_to_others(path: Path, keep: int) -> None:
    """Remove other users' permissions; if we may not, `isolation` finds out whether that matters."""
    with contextlib.suppress(PermissionError):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & keep)
