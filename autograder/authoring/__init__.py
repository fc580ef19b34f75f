"""Load a course from its sources, compute its answer keys, build its release, and verify its tests.

An author writes with `exercise` and `transforms`. `texts` reads the course's texts, `assignment` loads a
folder, `draw` computes answer keys, `build` writes the students' files and the keys, `mutants` and
`verification` test the tests.

Called by the commands of authors and instructors. Nothing that handles a submission may import it.
"""
