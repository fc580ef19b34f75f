"""The sandbox: where students' code runs, and the only place where it runs.

Theory of operation
-------------------
Four processes take part; a message passes down the chain and plain bytes come back up::

    grader                the host; holds keys, scores, files           client.py
      │  stdin/stdout: length-prefixed messages (values codec)
    bubblewrap            no network, empty environment, own namespaces; sees Python's standard
      │                   library and NumPy read-only and nothing else  bubblewrap.py
    warden                trusted code, warm: NumPy loaded, the inputs of one answer key decoded;
      │                   forks once for each run, enforces the limits  warden.py
    keeper                unshares once more (users, processes, mounts, IPC), mounts a fresh /tmp,
      │                   hides /proc, forks, waits
    runner                process 1 of a namespace of its own: drops every capability, sets its
                          limits, filters its system calls, executes the submission's statements,
                          makes the calls, writes answers to a pipe     runner.py, confinement.py

What each may know: the warden and the runner hold *inputs*, never an expected value, a comparison
or a score. The runner is hostile from the moment the first statement of a submission runs: what it
writes is bounded, parsed as plain data by the grader, and compared there. If it leaves early, is
killed, or writes nonsense, the calls it has not answered count as not answered.

The runner dies with everything it started: its process namespace goes with it, and its system-call
filter refuses new processes to begin with. The keeper dies with the warden, the warden with
bubblewrap, bubblewrap with the grader. Where the machine forbids nested namespaces, and with
`--isolation process` (rlimits and the filter only, for machines without bubblewrap), a warden serves
one submission and is replaced.

The modules `warden`, `runner`, `confinement` and `limits` run inside: they import the standard
library, NumPy and `autograder.values` only.
"""
