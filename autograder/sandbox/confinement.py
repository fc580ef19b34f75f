"""Give up a process's rights: one function for each kernel mechanism.

Called by the warden and the runner, in the order of this file. Each function either does what it says or
raises `OSError`; the warden tests once, when it starts, what the machine offers (`namespaces_work`). Standard
library only; Linux only, except `set_limits`.
"""

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Callable, Sequence

from autograder.sandbox.limits import Limits

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 1, 2, 4, 0x4000, 1 << 18
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000

_LIBC = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def die_with_parent(parent: int) -> None:
    """Ask to be killed when the process `parent` ends (0: one outside of this process namespace)."""
    _check(_LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl(PDEATHSIG)")
    if os.getppid() != parent:
        os._exit(1)


def _no_new_rights() -> None:
    _check(_LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(NO_NEW_PRIVS)")


def be_private() -> None:
    """Keep processes of the same user from reading or writing this one's memory and reopening its pipes."""
    _check(_LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl(DUMPABLE)")


# ---- Once, by the warden -----------------------------------------------------------------------------------


def enter_namespaces() -> None:
    """Move into new user, process, mount and IPC namespaces.

    Only a child can enter a new process namespace: the caller continues in the child, as process 1, whose end
    ends everything below it. The parent waits, and exits with the child's status.
    """
    uid, gid = os.getuid(), os.getgid()
    _check(_LIBC.unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    child = os.fork()
    if child:
        die_with_parent(os.getppid())  # unsharing cleared it
        os.closerange(0, 1024)
        status = os.waitpid(child, 0)[1]
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    die_with_parent(0)
    _mount("none", "/", None, MS_REC | MS_PRIVATE, None)


def hide_processes() -> None:
    """Mount an empty, read-only /proc over the real one."""
    _mount("tmpfs", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "size=4k,mode=0555")


def new_process_namespace(own: int) -> None:
    """Make the next child process 1 of a new process namespace.

    `own` is the warden's own namespace, an open file: a process must go back there before it can create
    another.
    """
    _check(_LIBC.setns(own, CLONE_NEWPID), "setns")
    _check(_LIBC.unshare(CLONE_NEWPID), "unshare")


# ---- Each time, by the runner ------------------------------------------------------------------------------


def unshare_mounts() -> None:
    """Hide from other processes what is mounted from now on."""
    _check(_LIBC.unshare(CLONE_NEWNS), "unshare")


def read_only() -> None:
    """Make all file systems read-only; without effect before Linux 5.12."""
    request = struct.pack("QQQQ", MS_RDONLY, 0, 0, 0)
    _LIBC.syscall(_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, request, ctypes.c_size_t(len(request)))


def fresh_scratch(limits: Limits, scratch: str) -> None:
    """Mount an empty file system of bounded size at `scratch`."""
    options = f"size={limits.disk},nr_inodes=4096,mode=0700"
    _mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, options)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    as_bytes = (text.encode() if text is not None else None for text in (source, target, kind))
    _check(_LIBC.mount(*as_bytes, flags, options.encode() if options else None), f"mount {target}")


def set_limits(limits: Limits, address_space: int, disk: int) -> None:
    """Set resource limits of the calling process. `address_space` is what it uses already, in bytes."""
    total = int(limits.submission_seconds) + 1
    wanted = [
        (resource.RLIMIT_AS, address_space + limits.memory),
        (resource.RLIMIT_CPU, total),
        (resource.RLIMIT_FSIZE, disk),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, limits.threads),
    ]
    if sys.platform == "linux":  # timers and queues: kernel memory
        wanted += [(resource.RLIMIT_SIGPENDING, 64), (resource.RLIMIT_MSGQUEUE, 0)]
    for kind, value in wanted:
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def threads_are_limited(user: int | None) -> bool:
    """Whether the kernel limits a run's number of threads: it never counts those of root.

    `user` is the user that a run becomes, if any.
    """

    def start_one_too_many() -> None:
        if user is not None:
            become(user)
        drop_capabilities()
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    return not _in_child(start_one_too_many)


def drop_capabilities() -> None:
    """Drop all capabilities, and the ways to get one back."""
    _no_new_rights()
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    _check(_LIBC.capset(header, bytes(24)), "capset")


def become(user: int) -> None:
    """Become another user for good; only root may. `die_with_parent` has to be called again."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


# Landlock: a process may use files of a list of trees only, and cannot trace, signal or connect to a process
# outside of its domain. Its three system calls have the same numbers on every machine.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = 0b1101  # execute, read a file, read a folder
_READ_FILE, _WRITE_FILE, _TRUNCATE = 1 << 2, 1 << 1, 1 << 14
_FILE_RIGHTS = (0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF)
"""The rights that the kernel's version 1, 2, … knows; later ones know no more."""


def landlock_version() -> int:
    """The kernel's version of Landlock; 0 for none."""
    return max(0, int(_LIBC.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def restrict_files(readable: Sequence[str], devices: Sequence[str], writable: Sequence[str]) -> None:
    """Allow reading below `readable`, using `devices`, and everything below `writable`; no other file."""
    version = landlock_version()
    if version == 0:
        return
    rights = _FILE_RIGHTS[min(version, len(_FILE_RIGHTS)) - 1]
    network = 0b11 if version >= 4 else 0  # bind, connect
    scope = 0b11 if version >= 6 else 0  # abstract sockets, signals
    request = struct.pack("QQQ", rights, network, scope)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _LIBC.syscall(_CREATE_RULESET, request, ctypes.c_size_t(len(request)), 0)
    if ruleset < 0:
        _check(-1, "landlock_create_ruleset")
    for path in writable:
        _allow(ruleset, path, rights & ~1)
    for path in devices:
        _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & rights)
    for path in readable:
        _allow(ruleset, path, _READ)
    _no_new_rights()
    _check(_LIBC.syscall(_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE | 1
    rule = struct.pack("=Qi", rights, place)
    result = _LIBC.syscall(_ADD_RULE, ruleset, 1, rule, 0)
    os.close(place)
    _check(result, f"landlock_add_rule {path}")


# The system calls that a run may make, with their numbers on x86_64 and on aarch64: what Python, NumPy, SciPy
# and PyTorch were seen to make, and older or newer forms of these. `docs/security.md` tells how to renew the
# list. What is missing is refused, and so is every call that a later kernel brings along.
_ALLOWED = """
write 1 64   read 0 63   readv 19 65   writev 20 66   pread64 17 67   pwrite64 18 68   preadv 295 69
pwritev 296 70   preadv2 327 286   pwritev2 328 287   lseek 8 62   close 3 57   close_range 436 436
open 2 -   openat 257 56   stat 4 -   fstat 5 80   lstat 6 -   newfstatat 262 79   statx 332 291
statfs 137 43   fstatfs 138 44   access 21 -   faccessat 269 48   faccessat2 439 439   readlink 89 -
readlinkat 267 78   getdents 78 -   getdents64 217 61   getcwd 79 17   chdir 80 49   fchdir 81 50
mkdir 83 -   mkdirat 258 34   rmdir 84 -   unlink 87 -   unlinkat 263 35   rename 82 -   renameat 264 38
renameat2 316 276   ftruncate 77 46   fsync 74 82   fdatasync 75 83   umask 95 166   dup 32 23   dup2 33 -
dup3 292 24   pipe 22 -   pipe2 293 59   select 23 -   pselect6 270 72   poll 7 -   ppoll 271 73
mmap 9 222   munmap 11 215   mprotect 10 226   mremap 25 216   madvise 28 233   msync 26 227   brk 12 214
futex 202 98   set_robust_list 273 99   rseq 334 293   restart_syscall 219 128   sched_yield 24 124
sched_getaffinity 204 123   getcpu 309 168   exit 60 93   exit_group 231 94   rt_sigaction 13 134
rt_sigprocmask 14 135   rt_sigreturn 15 139   rt_sigpending 127 136   rt_sigsuspend 130 133
rt_sigtimedwait 128 137   sigaltstack 131 132   pause 34 -   alarm 37 -   getitimer 36 102
setitimer 38 103   clock_gettime 228 113   clock_getres 229 114   clock_nanosleep 230 115
nanosleep 35 101   gettimeofday 96 169   time 201 -   times 100 153   getrandom 318 278   sysinfo 99 179
uname 63 160   getpid 39 172   getppid 110 173   gettid 186 178   getuid 102 174   geteuid 107 175
getgid 104 176   getegid 108 177   getresuid 118 148   getresgid 120 150   getgroups 115 158
getrusage 98 165   getrlimit 97 163
"""
# The same where it depends on one argument: number, number, which argument, and its values that are allowed.
_ALLOWED_VALUES = {
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: no locks, leases, signals, larger pipes
    "fcntl": (72, 25, 1, (0, 1, 2, 3, 4, 1030)),
    # TCGETS, TIOCGWINSZ (is it a terminal?), FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
    "ioctl": (16, 29, 1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    "prctl": (157, 167, 0, (15, 16)),  # PR_SET_NAME, PR_GET_NAME
    "prlimit64": (302, 261, 0, (0,)),  # of the caller itself
    "clone": (56, 220, 0, (0x3D0F00, 0x7D0F00)),  # a thread, as glibc and musl start it
}
_UNKNOWN = 450
"""From this number on libraries must do without a call anyway, and are told that there is none."""
_CLONE3 = 435  # a filter cannot see its flags; libc falls back to clone
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # where `struct seccomp_data` holds them


def allowed_calls(column: int) -> dict[str, int]:
    """The numbers of the calls that are always allowed, on x86_64 (0) or aarch64 (1)."""
    rows = zip(*[iter(_ALLOWED.split())] * 3, strict=True)
    return {name: int(numbers[column]) for name, *numbers in rows if numbers[column] != "-"}


def system_call_filter(*, threads: bool) -> bytes | None:
    """The BPF program that refuses all but the calls above; None where their numbers are not known.

    Parameters
    ----------
    threads : bool
        Whether a run may start threads. It may never start processes.
    """
    if platform.machine() not in _MACHINES or struct.calcsize("P") != 8:
        return None
    return _filter_program(*_MACHINES[platform.machine()], threads)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def filter_system_calls(program: bytes) -> None:
    """Install `program` for the rest of the process's life."""
    argument = _Program(len(program) // 8, program)
    _check(_LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.byref(argument), 0, 0), "prctl(SECCOMP)")


def _filter_program(column: int, architecture: int, threads: bool) -> bytes:
    """Classic BPF: load the system call's number, compare, answer."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06

    def step(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("<HBBI", code, if_true, if_false, k)

    refuse, allow = step(answer, _ERRNO | errno.EPERM), step(answer, _ALLOW)
    steps = [
        step(load, _ARCHITECTURE),  # 32-bit calls have other numbers
        step(equal, architecture, 1, 0),
        refuse,
        step(load, _NUMBER),
        step(equal, _CLONE3, 1, 0),
        step(at_least, _UNKNOWN, 0, 1),  # so are x32 calls
        step(answer, _ERRNO | errno.ENOSYS),
    ]
    for name, (*numbers, argument, values) in _ALLOWED_VALUES.items():
        if threads or name != "clone":
            tests = [part for value in values for part in (step(equal, value, 0, 1), allow)]
            body = [step(load, _ARGUMENTS + 8 * argument), *tests, refuse]
            steps += [step(equal, numbers[column], 0, len(body)), *body]
    allowed = set(allowed_calls(column).values())
    for first in sorted(number for number in allowed if number - 1 not in allowed):  # of consecutive ones
        after = next(number for number in range(first, _UNKNOWN + 1) if number not in allowed)
        steps += [step(at_least, after, 2, 0), step(at_least, first, 0, 1), allow]
    return b"".join([*steps, refuse])


def namespaces_work(limits: Limits, scratch: str) -> bool:
    """Test in a child whether this process can create namespaces, and its children others inside."""

    def run() -> None:
        unshare_mounts()
        fresh_scratch(limits, scratch)

    def trial() -> None:
        enter_namespaces()
        own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        hide_processes()
        for _ in range(2):
            new_process_namespace(own)
            if not _in_child(run):
                raise OSError("the runner's namespaces cannot be made")

    return _in_child(trial)


def _in_child(action: Callable[[], None]) -> bool:
    """Whether `action` succeeds in a child process."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0
