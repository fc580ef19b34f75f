"""An auto-graded course on back-propagation in convolutional networks, and the engine that grades it.

Students import from here: `check`, `derive`, `formula` and `check_derivation`; everything else is
reached through the command line (`autograder --help`) or by importing its package (docs/architecture.md).
Importing this package does no work and imports nothing, also from the standard library, which a file beside a
submission may shadow (`__main__`): each of them is loaded when it is first asked for.
"""

__version__ = "0.2.0"


def __getattr__(name: str) -> object:
    if name == "check":
        from autograder.student import notebook

        return notebook.check
    if name in ("check_derivation", "derive", "formula"):
        try:
            from autograder.cnn import notebook as derivations
        except ModuleNotFoundError as error:
            from autograder.base.messages import preferred_language, say

            told = say("error.subject_missing", name=name, package=error.name)
            raise ImportError(told.in_language(preferred_language())) from None
        return getattr(derivations, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
