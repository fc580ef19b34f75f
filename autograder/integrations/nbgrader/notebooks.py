"""nbformat, imported without what nobody here needs; the modules of this package take it from here.

jsonschema, by which nbformat validates, compiles 39 grammars of `rfc3987_syntax` wherever that is installed,
for a kind of address that no notebook's schema speaks of. That takes longer than all else in a start.
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
