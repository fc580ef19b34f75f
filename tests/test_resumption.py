"""A run that is killed at any moment leaves nothing behind but what is graded, and the next one goes on.

In each trial the command is killed with SIGKILL after a random time and then given again: the grades are
those of a run that nobody disturbed, and what was stored before is not graded again. The trials run in a
process that has imported everything once and forks a command for each run, so that many of them take
their time for grading and not for starting Python.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import authored
from tests.commands import LINUX, clean_environment, hand_in

STUDENTS = {
    "an": authored.RIGHT,
    "bo": authored.TYPICAL,
    "chi": authored.PARTLY,
    "dai": authored.BROKEN,
    "eve": "import os\nos._exit(0)\n",
}

TIMES = os.environ.get("AUTOGRADER_TEST_KILLS", "25")
"""Set it to 100 or more after a change of the store or of `grade_class`."""

TRIALS = """\
import json, os, random, shutil, signal, sqlite3, sys, time
import autograder.grading.executors, autograder.grading.grade_class, autograder.reports.output
import concurrent.futures.process
from autograder.cli import app

OPTIONS = ["grade", "submitted", "--isolation", "process", "--jobs", "1", "--json"]

def started():
    process = os.fork()
    if process == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        status = 1
        try:
            app(OPTIONS, standalone_mode=False)
            status = 0
        finally:
            os._exit(status)
    return process

def ended(process):
    _, status = os.waitpid(process, 0)
    assert status == 0, status
    submissions = json.load(open("grades/results.json"))["submissions"]
    return {result["student"]: result["points"] for result in submissions}

def stored():
    if not os.path.exists("grades/results.sqlite"):
        return {}
    connection = sqlite3.connect("grades/results.sqlite")
    try:
        rows = connection.execute("SELECT submission || answer_key || engine, result FROM results")
        return dict(rows.fetchall())
    except sqlite3.OperationalError:  # killed before the table was made
        return {}
    finally:
        connection.close()

start = time.monotonic()
undisturbed = ended(started())
whole = time.monotonic() - start
rng = random.Random(int(sys.argv[2]))
kept = []
for trial in range(int(sys.argv[1])):
    shutil.rmtree("grades", ignore_errors=True)
    process = started()
    time.sleep(rng.uniform(0, whole))
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    before = stored()
    kept.append(len(before))
    assert ended(started()) == undisturbed, trial
    assert before.items() <= stored().items(), "what was stored was graded again"
print(json.dumps([undisturbed, kept]))
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    authored.write_course(folder / "solutions")
    authored.draw_keys(folder / "solutions", folder / "keys")
    for student, text in STUDENTS.items():
        hand_in(folder, student, text)
    return folder


@LINUX
@pytest.mark.slow
def test_killed_at_a_random_moment_and_given_again_the_grades_are_the_same(
    course: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRIALS, TIMES, "20261128"],
        cwd=course,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    undisturbed, kept = json.loads(done.stdout)
    assert undisturbed == {"an": 10, "bo": 0, "chi": 8, "dai": 0, "eve": 0}
    assert min(kept) == 0 and max(kept) > 0 and len(set(kept)) > 2, "not at moments that tell much"
