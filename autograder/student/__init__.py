"""What a student uses: check one's own code against the visible cases, with feedback that explains a mistake.

`notebook` is what notebooks import, `checking` runs the visible cases, `feedback` shows the mistake, `hints`
decides when the idea is revealed, `watch` checks on every save, `pytest_plugin` makes pytest items of the
cases, `handout` and `workspace` know a student's folder, `questions` makes further calls of a function.
Nothing here may read a hidden key, except the pytest plugin where an instructor names one; it then quotes
nothing from it.
"""
