"""Values against keys: what a submission returned, compared with an answer key, becomes verdicts and points.

`answer_key` holds the tests as data, `comparison` decides when two values count as equal, `judge` gives the
verdicts (`results`), `diagnosis` says why an answer is wrong, and `evaluate` goes the whole way from a
file's content to its result. Called by `grading` and `student`. Nothing here writes a file, starts a
process, or knows what a course is about: what is special to a subject is looked up in the key's `domain`.
"""
