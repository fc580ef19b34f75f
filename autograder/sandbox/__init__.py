"""The sandbox: where students' code runs, and the only place where it runs.

`judging` and `grading` use `client.Sandbox`; commands that check one file use `launch` to start it early.
This package must never see an expected value or decide points, and never unpickle or execute what comes out.

Theory of operation
-------------------
Three processes take part; a message passes down the chain and plain bytes come back up::

    grader                the host; holds keys, scores, files              client.py, quotable.py, records.py
      │  stdin/stdout: length-prefixed messages (values codec)
    bubblewrap            no network, own namespaces; sees Python's standard library, NumPy, allowed modules,
      │                   read-only, and nothing else of the disk          bubblewrap.py
    warden                trusted code, warm: NumPy loaded, the inputs of one answer key decoded. Moves
      │                   once into namespaces of its own (users, processes, mounts, IPC) and hides
      │                   /proc; warms up with functions of our own; forks once for each run and
      │                   enforces the limits                              warden.py
    runner                process 1 of a process namespace of its own: mounts a fresh /tmp, drops every
                          capability, sets its limits, filters its system calls, then executes the
                          submission's statements, makes the calls, writes answers to a pipe
                                                                           runner.py, confinement.py

What each may know: the warden and the runner hold *inputs*, never an expected value, a comparison or a score.
The runner is hostile from the first statement of a submission on. What it writes is bounded, forwarded only
while it follows the order that an honest runner keeps, parsed as plain data by the grader, and compared
there. If the runner leaves early, is killed, or writes nonsense, the calls it has not answered count as not
answered. What it reports about its exceptions is quoted only in words of its own source, so that no hidden
input leaks with them.

Nothing passes from one submission to the next: a runner is a fork of a warden that has never copied another
submission's source, answers or output into memory that forks inherit, and its files are its own.

The runner's end ends everything it started: its process namespace ends with it, and its system-call filter
refuses new processes in the first place. The runner ends with the warden, process 1 of the namespace around
it; the warden with bubblewrap, bubblewrap with the grader.

Where a mechanism is missing, less is shared and less is allowed:

- No nested namespaces (some containers, some distributions): a warden serves one submission and is
  replaced; a run can write no files; Landlock and the filter keep it from other processes.
- No bubblewrap (`--isolation process`): the same warden on its own. Landlock (Linux 5.13 and later) limits
  what a run can read to Python, NumPy and system libraries, and what it can write to its own file system,
  for root too. On an older kernel a run can read what its user can read and, where it has no file system of
  its own, write what its user can write: never grade as root there. The network is refused by the filter.
- No bubblewrap, but root (isolation "user", for graders that run as root in a container): as before, and a
  run becomes a user who owns nothing, so that neither the files nor the memory of root's processes can be
  read, with Landlock or without. `gradescope.isolation` tests which of these is available.
- Neither x86-64 nor AArch64: there is no filter, and a warden serves one submission.
- No Linux: rlimits and a process of its own, nothing more; for a student's own code.

Time is limited as a run's own time: what it waits for a processor, or while the machine is paused, is not
counted (`clock`). A verdict must not depend on what else the machine does; where the wall clock ends a run,
nothing is said about the submission.

Memory is limited as address space, which counts what NumPy reserves and what threads' stacks could grow
to; a run's own file system counts separately.

The modules `warden`, `runner`, `confinement`, `clock`, `limits` and `modules` run inside: they may import the
standard library, NumPy and `autograder.sandbox.values` only. What a course allows besides NumPy (`modules`)
is code that its author trusts: the warden loads it, and every run inherits it.
"""
