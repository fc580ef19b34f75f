"""What people type (the lecture's LaTeX, Unicode, plain text) read into a tree, and the tree written back.

`checking` and `documents` call it. It knows letters, indices and layers as they are written, but no sizes and
no formulas, and never evaluates what it reads.
"""
