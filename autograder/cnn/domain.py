"""The record of all that this subject adds to the engine, which finds it by the name in an answer key.

`judging.domain` imports this module by that name. It must stay cheap: what loads SymPy is imported on use.
"""

from pathlib import Path
from typing import Any

from autograder.cnn.comparators import Derivation, Shares
from autograder.cnn.diagnosis import FEATURES, MARGINS, RELATIONS
from autograder.cnn.facts import LayerFacts
from autograder.judging.domain import Domain


def _illustrate(*arguments: Any) -> Any:
    from autograder.cnn.recovery.shrink import illustrate

    return illustrate(*arguments)


def _formula(file: Path, function: str, lang: str) -> str:
    from autograder.cnn.derivations.pages import render
    from autograder.cnn.recovery.readings import Sizes
    from autograder.cnn.recovery.recover import recover_file

    return render.document(recover_file(file, function, Sizes()).page, "text", lang)


DOMAIN = Domain(
    comparators={"shares": Shares, "derivation": Derivation},
    facts=LayerFacts,
    features=FEATURES,
    relations=RELATIONS,
    margins=MARGINS,
    next_steps={
        "cnn.symptom.line_wrong_because": "cnn.step.first_line",
        "cnn.symptom.lines_missing": "cnn.step.first_line",
        "cnn.symptom.lines_wrong": "cnn.step.first_line",
    },
    illustrate=_illustrate,
    formula=_formula,
    requires=("sympy", "lark"),  # they read typed derivations
    not_for_judging=("commands", "explorer", "models", "notebook.py", "recovery"),  # `models` knows answers
)
