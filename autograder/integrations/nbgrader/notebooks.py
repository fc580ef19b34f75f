"""Import nbformat without `rfc3987_syntax`; the modules of this package import nbformat from here.

jsonschema, with which nbformat validates, compiles 39 grammars of `rfc3987_syntax` where that is installed,
for a string format that no notebook schema uses. That takes longer than the rest of a start.
"""

import sys

_GRAMMARS = "rfc3987_syntax"
_absent = _GRAMMARS not in sys.modules and "jsonschema" not in sys.modules
if _absent:
    sys.modules[_GRAMMARS] = None  # type: ignore[assignment]  # so that importing it fails at once
try:
    import nbformat
finally:
    if _absent:
        del sys.modules[_GRAMMARS]

__all__ = ["nbformat"]
