"""What this subject adds to the engine, which finds it by the name in an answer key (`judging.domain`)."""

from typing import Any

from autograder.cnn.comparators import Derivation, Shares
from autograder.cnn.diagnosis import FEATURES, MARGINS, RELATIONS
from autograder.cnn.facts import LayerFacts
from autograder.judging.domain import Domain


def _illustrate(*asked: Any) -> Any:
    from autograder.cnn.recovery.illustrate import illustrate  # loads SymPy

    return illustrate(*asked)


DOMAIN = Domain(
    comparators={"shares": Shares, "derivation": Derivation},
    facts=LayerFacts,
    features=FEATURES,
    relations=RELATIONS,
    margins=MARGINS,
    words={
        "card.all_pass": "cnn.card.all_pass",
        "watch.all_pass": "cnn.watch.all_pass",
        "watch.hint_formula": "cnn.watch.hint_formula",
    },
    illustrate=_illustrate,
    formula="formula",
    requires=("sympy", "lark"),  # they read typed derivations
    apart=("commands", "explorer", "models", "notebook.py", "recovery"),  # `models` knows answers besides
)
