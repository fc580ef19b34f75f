"""The pictures of the notebooks, drawn: `python -m solutions.drawing` writes `<assignment>/pictures/*.png`.

They hold symbols, numbers and the names of nets, but no other words, so that one picture serves both
languages, and stand on a white card of their own, so that they can be read in light and dark themes. The
course ships the files; only who changes a picture needs matplotlib.
"""
