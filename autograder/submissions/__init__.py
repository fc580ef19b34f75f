"""What people hand in: finding their files, reading what is in them, telling whose they are.

`class_folder` finds a class's files in folders and zips, `lms` knows how Moodle and Canvas name them,
`source` parses one file into statements, `similarity` compares them. Called by `grading`, `student` and the
commands. Nothing here runs a student's code, judges it, or raises for what a file holds.
"""
