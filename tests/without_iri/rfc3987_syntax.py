"""With this folder first on the path `jsonschema` does without checks of IRIs, of which a notebook has none.

The real module compiles 38 grammars when it is imported, and `nbformat` imports it: over a second a process.
"""

raise ImportError("no notebook has an IRI to check")
