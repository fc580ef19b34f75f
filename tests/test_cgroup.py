"""Control groups of wardens, in a tree of folders that stands in for the kernel's.

Few machines let a test make real ones; what the kernel does with the limits is the kernel's.
"""

import os
from pathlib import Path

import pytest

from autograder.sandbox import cgroup, launch
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits, MiB
from tests.sandboxes import CALLS, LIMITS, linux_only, run

pytestmark = linux_only

CONTROLS = ("memory.max", "memory.swap.max", "pids.max", "cpu.weight", "cgroup.procs", "cgroup.kill")


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hierarchy in which every new group has its files, and goes with them."""
    (tmp_path / "cgroup.subtree_control").write_text("cpuset\n")
    (tmp_path / "cgroup.procs").write_text("")
    make, take = Path.mkdir, Path.rmdir

    def mkdir(self, *args, **kwargs):
        make(self, *args, **kwargs)
        for name in CONTROLS:
            (self / name).write_text("")

    def rmdir(self):
        for file in self.iterdir():
            file.unlink()
        take(self)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(Path, "rmdir", rmdir)
    return tmp_path


def as_user(monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)


def test_a_group_has_the_limits_of_a_warden_and_is_removed(top, monkeypatch):
    as_user(monkeypatch, 0)
    (top / "autograder-999999999-left").mkdir()  # its grader is gone
    group = cgroup.create(Limits(memory=512 * MiB, disk=16 * MiB, answers=16 * MiB, threads=32), top)
    assert {name: (group / name).read_text() for name in CONTROLS[:4]} == {
        "memory.max": str(800 * MiB),
        "memory.swap.max": "0",
        "pids.max": "48",
        "cpu.weight": "100",
    }
    assert (top / "cgroup.subtree_control").read_text().startswith("+cpu +memory +pids")
    assert [path.name for path in top.iterdir() if path.is_dir()] == [group.name]
    cgroup.remove(group)
    cgroup.remove(group)
    assert not group.exists()


def test_an_ordinary_user_has_groups_where_systemd_gives_them_only(top, monkeypatch):
    as_user(monkeypatch, 1000)
    read_text = Path.read_text
    own = top / "scope"
    own.mkdir()
    (own / "cgroup.subtree_control").write_text("")
    (own / "cgroup.procs").write_text("17\n")
    path = ["scope"]

    def reading(self, *args, **kwargs):
        return f"0::/{path[0]}\n" if str(self) == "/proc/self/cgroup" else read_text(self, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", reading)
    attributes = {}
    monkeypatch.setattr(os, "getxattr", lambda at, name: attributes.get(name, b"0"))
    assert cgroup.create(Limits(), top) is None
    assert (own / "cgroup.procs").read_text() == "17\n"
    attributes["user.delegate"] = b"1"
    first = cgroup.create(Limits(), top)
    assert first.parent == own
    assert (own / "autograder" / "cgroup.procs").read_text() == "17"
    path[0] = "scope/autograder"  # where the grader is now
    assert cgroup.create(Limits(), top).parent == own


@pytest.mark.parametrize("missing", ["cgroup.subtree_control", "memory.max"])
def test_where_no_group_can_be_made_none_is(top, monkeypatch, missing):
    as_user(monkeypatch, 0)
    monkeypatch.setattr(f"{__name__}.CONTROLS", [name for name in CONTROLS if name != missing])
    (top / missing).unlink(missing_ok=True)
    assert cgroup.create(Limits(), top) is None
    assert not [path for path in top.iterdir() if path.is_dir()]


def test_a_warden_enters_its_group_and_the_results_say_so(top, monkeypatch):
    as_user(monkeypatch, 0)
    create = cgroup.create
    monkeypatch.setattr(cgroup, "create", lambda limits: create(limits, top))
    with Sandbox(CALLS, LIMITS, "process") as sandbox:
        assert run(sandbox, "").outcomes[2].value == 5.0
        assert isinstance(sandbox._process, launch.Warden)
        assert (sandbox._process.group / "cgroup.procs").read_text() == "0\n"
        assert sandbox.isolation_record == "process+cgroup"
    assert not [path for path in top.iterdir() if path.is_dir()]
