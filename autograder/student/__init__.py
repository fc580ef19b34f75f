"""One learner at their own desk: a check of one's own code, and feedback that explains a mistake.

`notebook` is what notebooks import, `checking` runs the visible cases, `feedback` draws the mistake,
`hints` decides when the idea is told, `watch` checks on every save, `pytest_plugin` gives cases to pytest,
`handout` and `workspace` know a student's folder, `questions` calls a student's function once more. Nothing
here may see a hidden key, except the pytest plugin where an instructor names one, and then nothing of it is
quoted.
"""
