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
    if sys.platform == "linux":
        wanted += [
            (resource.RLIMIT_SIGPENDING, 64),
            (resource.RLIMIT_MSGQUEUE, 0),
        ]  # timers, queues: kernel memory
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
    _check(_LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(NO_NEW_PRIVS)")
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
_RIGHTS = {
    1: 0x1FFF,
    2: 0x3FFF,
    3: 0x7FFF,
    4: 0x7FFF,
}  # the file rights that each version knows; since 5: 0xFFFF


def landlock_version() -> int:
    """The kernel's version of Landlock; 0 for none."""
    return max(0, int(_LIBC.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def restrict_files(readable: Sequence[str], devices: Sequence[str], writable: Sequence[str]) -> None:
    """Allow reading below `readable`, using `devices`, and everything below `writable`; no other file."""
    version = landlock_version()
    if version == 0:
        return
    rights = _RIGHTS.get(version, 0xFFFF)
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
    _check(_LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(NO_NEW_PRIVS)")
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


# System calls that an honest solution never makes: name, number on x86_64, on aarch64. They start processes,
# look into other processes or signal them, use memory that no limit counts (locks, watches, rules), reach
# what all processes of a machine share, or open kernel interfaces that are known for their bugs.
_NEVER_MADE = """
fork 57 -   vfork 58 -   execve 59 221   execveat 322 281   kill 62 129   tkill 200 130   tgkill 234 131
rt_sigqueueinfo 129 138   rt_tgsigqueueinfo 297 240   setsid 112 157   setpgid 109 154
pidfd_open 434 434   pidfd_getfd 438 438   pidfd_send_signal 424 424   process_madvise 440 440
process_mrelease 448 448   ptrace 101 117   process_vm_readv 310 270   process_vm_writev 311 271
kcmp 312 272   migrate_pages 256 238   move_pages 279 239   socket 41 198   socketpair 53 199
shmget 29 194   shmat 30 196   shmctl 31 195   msgget 68 186   msgsnd 69 189   msgrcv 70 188
msgctl 71 187   semget 64 190   semop 65 193   semtimedop 220 192   semctl 66 191   mq_open 240 180
mq_unlink 241 181   memfd_create 319 279   memfd_secret 447 447   add_key 248 217   request_key 249 218
keyctl 250 219   bpf 321 280   perf_event_open 298 241   userfaultfd 323 282   io_setup 206 0
io_uring_setup 425 425   io_uring_enter 426 426   io_uring_register 427 427   vmsplice 278 75
fanotify_init 300 262   syslog 103 116   modify_ldt 154 -   unshare 272 97   setns 308 268
mount 165 40   umount2 166 39   pivot_root 155 41   chroot 161 51   open_tree 428 428
move_mount 429 429   fsopen 430 430   fsmount 432 432   mount_setattr 442 442
name_to_handle_at 303 264   open_by_handle_at 304 265   setpriority 141 140   ioprio_set 251 30
sched_setscheduler 144 119   sched_setparam 142 118   sched_setattr 314 274
flock 73 32   inotify_init 253 -   inotify_init1 294 26   inotify_add_watch 254 27   splice 275 76
tee 276 77   setxattr 188 5   lsetxattr 189 6   fsetxattr 190 7   mbind 237 235   set_mempolicy 238 237
landlock_create_ruleset 444 444   landlock_add_rule 445 445   landlock_restrict_self 446 446
io_submit 209 2   io_getevents 208 4   io_pgetevents 333 292   io_destroy 207 1   io_cancel 210 3
fanotify_mark 301 263   mq_timedsend 242 182   mq_timedreceive 243 183   mq_notify 244 184
quotactl 179 60   personality 135 92   fspick 433 433   fsconfig 431 431   lookup_dcookie 212 18
uselib 134 -   vhangup 153 58   remap_file_pages 216 234   sync 162 81   syncfs 306 267   mlock 149 228
mlock2 325 284   mlockall 151 230   acct 163 89   swapon 167 224   reboot 169 142   kexec_load 246 104
init_module 175 105   finit_module 313 273   sethostname 170 161   clock_settime 227 112
settimeofday 164 170   iopl 172 -   ioperm 173 -
"""
_REFUSED = {
    name: (int(x86), None if arm == "-" else int(arm))
    for name, x86, arm in zip(*[iter(_NEVER_MADE.split())] * 3, strict=True)
}
_NEWER = 450
"""From this number on no call is known here, such as listmount and statmount: libraries do without them."""
# Calls that are refused for some values of one argument: (x86_64, aarch64) number, which argument, values.
_REFUSED_VALUES = {
    # F_SETOWN, F_SETSIG, F_SETOWN_EX send any signal to any process of the same user; locks, leases, F_NOTIFY
    # and F_SETPIPE_SZ are memory
    "fcntl": ((72, 25), 1, (8, 10, 15, 6, 7, 37, 38, 1024, 1026, 1031)),
    # TIOCSTI, TIOCLINUX type into a terminal; FIOASYNC, FIOSETOWN, SIOCSPGRP send signals
    "ioctl": ((16, 29), 1, (0x5412, 0x541C, 0x5452, 0x8901, 0x8902)),
    "prctl": ((157, 167), 0, (PR_SET_PDEATHSIG,)),
}
# Calls whose first argument is a process id; only 0, the caller itself, is allowed.
_ONESELF = {"prlimit64": (302, 261), "sched_setaffinity": (203, 122)}
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_CLONE_THREAD = 0x00010000
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # where `struct seccomp_data` holds them


def system_call_filter(*, threads: bool) -> bytes | None:
    """The BPF program that refuses the calls above; None where their numbers are not known.

    Parameters
    ----------
    threads : bool
        Whether a run may start threads. It may never start processes.
    """
    if platform.machine() not in _MACHINES or struct.calcsize("P") != 8:
        return None
    return _filter_program(*_MACHINES[platform.machine()], _CLONE_THREAD if threads else 0)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def filter_system_calls(program: bytes) -> None:
    """Install `program` for the rest of the process's life."""
    _check(_LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(NO_NEW_PRIVS)")
    argument = _Program(len(program) // 8, program)
    _check(_LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.byref(argument), 0, 0), "prctl(SECCOMP)")


def _filter_program(column: int, architecture: int, allowed_clone: int) -> bytes:
    """Classic BPF: load the system call's number, compare, answer. `clone` needs one of the allowed flags."""
    load, equal, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06

    def step(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("<HBBI", code, if_true, if_false, k)

    refuse, allow = step(answer, _ERRNO | errno.EPERM), step(answer, _ALLOW)
    steps = [
        step(load, _ARCHITECTURE),  # 32-bit calls have other numbers
        step(equal, architecture, 1, 0),
        refuse,
        step(load, _NUMBER),
        step(at_least, 0x40000000, 0, 1),  # x32 calls
        refuse,
        step(at_least, _NEWER, 1, 0),
        step(equal, _CLONE3[column], 0, 1),  # a filter cannot see its flags; libc falls back to clone
        step(answer, _ERRNO | errno.ENOSYS),
        step(equal, _CLONE[column], 0, 4),
        step(load, _ARGUMENTS),  # clone's flags
        step(any_bit, allowed_clone, 0, 1),
        allow,
        refuse,
    ]
    for numbers, argument, values in _REFUSED_VALUES.values():
        tests = [part for value in values for part in (step(equal, value, 0, 1), refuse)]
        body = [step(load, _ARGUMENTS + 8 * argument), *tests, allow]
        steps += [step(equal, numbers[column], 0, len(body)), *body]
    for numbers in _ONESELF.values():
        body = [step(load, _ARGUMENTS), step(equal, 0, 1, 0), refuse, allow]
        steps += [step(equal, numbers[column], 0, len(body)), *body]
    for refused in _REFUSED.values():
        number = refused[column]
        if number is not None:
            steps += [step(equal, number, 0, 1), refuse]
    return b"".join([*steps, allow])


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
