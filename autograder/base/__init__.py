"""What every other package may use and what knows none of them: messages, files, time, terminals' text.

`messages` turns an id with values into a sentence; `atomic` writes files whole or not at all; `timeout`
interrupts code in this process; `state` remembers things for a student's commands; `html` writes HTML,
`prose` folds text. Nothing here may know what an exercise, a submission or a grade is.
"""
