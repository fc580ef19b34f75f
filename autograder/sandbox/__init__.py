"""The sandbox: where students' code runs, and the only place where it runs.

`judging` and `grading` use `client.Sandbox`; commands that check one file use `launch` to start it early.
This package must never see an expected value or decide points, and never unpickle or execute what comes out.

`docs/security.md` has the theory of operation. Three processes take part; a message passes down the chain and
plain bytes come back up: the grader (`client`, `quotable`, `records`), the warden, inside bubblewrap or not
(`launch`, `bubblewrap`, `cgroup`, `warden`), and one runner for each submission (`runner`, `confinement`).

The warden and the runner hold *inputs*, never an expected value, a comparison or a score. The runner is
hostile from the first statement of a submission on. What it writes is bounded, forwarded only while it
follows the order that an honest runner keeps, parsed as plain data by the grader, and compared there. If it
leaves early, is killed, or writes nonsense, the calls it has not answered count as not answered. Nothing
passes from one submission to the next: a runner is a fork of a warden that has never copied another
submission's source, answers or output into memory that forks inherit, and its files are its own.

The modules `warden`, `runner`, `confinement`, `clock`, `limits` and `modules` run inside: they may import the
standard library, NumPy and `autograder.sandbox.values` only. What a course allows besides NumPy (`modules`)
is code that its author trusts: the warden loads it, and every run inherits it.
"""
