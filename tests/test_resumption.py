"""A run that is killed at any moment leaves nothing behind but what is graded, and the next one goes on.

In each trial the command is killed with SIGKILL, after a random time or when so many are stored, and given
again: the grades are those of a run that nobody disturbed, and what was stored before is not graded again. On
a cluster its scheduler and its workers are killed, too, and sometimes replaced at once. The trials run in a
process that has imported everything once and forks a command for each run, so that many of them take their
time for grading and not for starting Python.
"""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from socket import socket

import pytest

from tests import authored
from tests.commands import LINUX, clean_environment, hand_in
from tests.draws import SEED

STUDENTS = {
    "an": authored.RIGHT,
    "bo": authored.TYPICAL,
    "chi": authored.PARTLY,
    "dai": authored.BROKEN,
    "eve": "import os\nos._exit(0)\n",
}
SLOW = "import time\ndef relu_backward(delta, z):\n    time.sleep(0.2)\n    return delta * (z > 0)\n"

TIMES = os.environ.get("AUTOGRADER_TEST_KILLS")
"""Set it to 100 or more after a change of the store or of `grade_class`."""

RUNS = """\
import ctypes, json, os, random, shutil, signal, sqlite3, sys, time
import autograder.grading.executors, autograder.grading.grade_class, autograder.reports.output
import concurrent.futures.process
from autograder.cli import app

OPTIONS = ["grade", "submitted", "--isolation", "process", "--jobs", "1", "--json"]

def forked(work, file=os.devnull):
    process = os.fork()
    if process == 0:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # ends with this process
        os.setsid()
        output = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        status = 1
        try:
            status = work() or 0
        finally:
            os._exit(status)
    return process

def started(options=OPTIONS):
    return forked(lambda: app(options, standalone_mode=False), "output")

def killed(process):
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)

def is_running(process):
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

def ended(process):
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status == 0, (status, open("output").read())
    return points()

def points():
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

"""

TRIALS = """\
start = time.monotonic()
undisturbed = ended(started())
whole = time.monotonic() - start
rng = random.Random(int(sys.argv[2]))
kept = []
for trial in range(int(sys.argv[1])):
    shutil.rmtree("grades", ignore_errors=True)
    moment, enough = rng.uniform(0, whole), trial // 2 % len(undisturbed)
    process = started()
    if trial % 2:
        time.sleep(moment)
    while trial % 2 == 0 and len(stored()) < enough and is_running(process):  # on any machine
        time.sleep(0.001)
    killed(process)
    before = stored()
    kept.append(len(before))
    assert ended(started()) == undisturbed, trial
    assert before.items() <= stored().items(), "what was stored was graded again"
print(json.dumps([undisturbed, kept]))
"""

ON_A_CLUSTER = """\
import asyncio, distributed
import autograder.sandbox.client

TIMES, SEED, PORT = map(int, sys.argv[1:])
autograder.grading.executors._PATIENCE_SECONDS = 5.0
ADDRESS = f"tcp://127.0.0.1:{PORT}"
ON_IT = ["grade", "many", *OPTIONS[2:], "--cluster", ADDRESS, "--insecure"]

async def serving(kind, *address, **options):
    async with kind(*address, **options) as server:
        await server.finished()

def scheduler():
    options = {"host": "127.0.0.1", "port": PORT, "dashboard_address": None}
    return forked(lambda: asyncio.run(serving(distributed.Scheduler, **options)))

def worker():
    return forked(lambda: asyncio.run(serving(distributed.Worker, ADDRESS, nthreads=1)))

def cluster():
    return [scheduler(), worker(), worker()]

undisturbed = ended(started(["grade", "many", *OPTIONS[2:]]))
servers = cluster()
shutil.rmtree("grades")
start = time.monotonic()
assert ended(started(ON_IT)) == undisturbed
whole = time.monotonic() - start
rng = random.Random(SEED)
told = []
for trial in range(TIMES):
    shutil.rmtree("grades", ignore_errors=True)
    target = rng.choice(["command", "scheduler", "worker", "workers"])
    again, moment, enough = rng.random() < 0.5, rng.uniform(0, whole), rng.randrange(len(undisturbed))
    process = started(ON_IT)
    if trial % 4 == 0:  # else when so many are stored
        time.sleep(moment)
    while trial % 4 and len(stored()) < enough and is_running(process):
        time.sleep(0.01)
    if target == "command":
        killed(process)
        status = 0
    else:
        gone = {"scheduler": servers, "worker": servers[2:], "workers": servers[1:]}[target]
        for server in gone:
            killed(server)
        servers = servers[: len(servers) - len(gone)]
        if again:
            servers += cluster() if target == "scheduler" else [worker() for _ in gone]
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    said = open("output").read()
    about = (trial, target, again, moment, enough, status, said)
    assert status in (0, 2, 3) and "Traceback" not in said, about
    assert status == 0 or target != "worker", about
    assert status or target == "command" or points() == undisturbed, about
    before = stored()
    told.append([target, again, enough if trial % 4 else moment, status, len(before)])
    if not servers:
        servers = cluster()
    servers += [worker() for _ in range(3 - len(servers))]
    assert ended(started(ON_IT)) == undisturbed, about
    assert before.items() <= stored().items(), about
for server in servers:
    killed(server)
print(json.dumps([undisturbed, told]))
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
        [sys.executable, "-c", RUNS + TRIALS, TIMES or "25", str(SEED)],
        cwd=course,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    undisturbed, kept = json.loads(done.stdout)
    assert undisturbed == {"an": 10, "bo": 0, "chi": 8, "dai": 0, "eve": 0}
    assert min(kept) == 0 and max(kept) > 0 and len(set(kept)) > 2, "not at moments that tell much"


@LINUX
@pytest.mark.slow
def test_a_cluster_of_which_anything_is_killed_at_a_random_moment_gives_the_same_grades(course: Path) -> None:
    pytest.importorskip("distributed", reason="needs the extra [cluster]")
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for number, text in enumerate([*STUDENTS.values(), SLOW, SLOW] * 4):
        path = course / "many" / str(number) / "relu" / "relu.py"
        path.parent.mkdir(parents=True)
        path.write_text(f"{text}# {number}\n", encoding="utf-8")
    times = TIMES or "3"
    done = subprocess.run(
        [sys.executable, "-c", RUNS + ON_A_CLUSTER, times, str(SEED), str(port)],
        cwd=course,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    undisturbed, told = json.loads(done.stdout)
    assert sorted(undisturbed.values()) == [0] * 12 + [8] * 4 + [10] * 12
    print(*told, sep="\n")
