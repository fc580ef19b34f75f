"""How a course is written: exercises, their cases and misconceptions, and the keys that are made of them.

`exercise` and `transforms` are what an author writes with, `texts` reads the texts beside it, `assignment`
puts a folder's files together, `draw` computes answer keys, `build` writes what students and graders get,
`mutants` and `verification` test the tests.
Called by the commands of authors and instructors; never by anything that handles a submission.
"""
