"""What every package may use and what depends on none: messages, files, timeouts, HTML, text on a terminal.

`messages` turns an id with values into a sentence; `atomic` writes files; `timeout` interrupts code in this
process; `state` stores what a student's commands remember; `html` writes HTML, `prose` folds text;
`command_line` holds what all commands share. Nothing here may know what an exercise, a submission or a grade
is.
"""
