"""Submitted files: find them, tell whose they are, read what they define.

`class_folder` finds a class's files in folders and zips, `lms` knows how Moodle and Canvas name them,
`source` parses a file into statements, `similarity` compares submissions. Called by `judging`, `grading`,
`student` and the commands. Nothing here may run a student's code or judge it, or fail because of what a file
holds.
"""
