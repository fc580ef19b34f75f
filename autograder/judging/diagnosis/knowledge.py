"""What a subject knows about wrong answers: the part of its `domain` that diagnosis uses."""

from dataclasses import dataclass, field

from autograder.judging.diagnosis import cells, changes
from autograder.judging.diagnosis.conditions import Features
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.numbers import Relation
from autograder.judging.diagnosis.shapes import Margin


@dataclass(frozen=True)
class Knowledge:
    """Facts, features, relations and margins; every one is optional.

    Attributes
    ----------
    facts : type
        The subclass of `Facts` that diagnosis reads off a call's arguments.
    features : Features
        The properties by which cases are told apart: "only where …".
    relations : tuple of relations
        How wrong numbers may be related to the right ones: all that are tried, in this order.
    margins : tuple of margins
        The amounts by which a result may be too large or too small.
    """

    facts: type[Facts] = Facts
    features: Features = field(default_factory=Features)
    relations: tuple[Relation, ...] = (*changes.relations(), *cells.relations())
    margins: tuple[Margin, ...] = ()
