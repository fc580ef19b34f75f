"""Reduce the symptom of hidden cases to its kind, which is all that a student may read of it.

A submission chooses the line and the class of an exception, the type and the size of an answer, the factor by
which it is wrong, and it may choose them by a hidden input: a function with a thousand `raise` lines had one
read off "ValueError in line 79". So nothing remains that comes from the submission's own, endless stock; what
does remain is one of the engine's own sentences, as telling as which groups fail. `diagnose` calls this; the
whole symptom goes to the instructor, and the student sees a case like it (`judging.siblings`).
"""

from typing import Any

from autograder.base.messages import Joined, Message, Text

_KEPT: dict[str, tuple[str, ...]] = {
    "raised raised_there raised_there_because": ("symptom.raised_something",),
    "module_forbidden module_not_among": ("symptom.module_missing",),
    "unusable_type unusable_dtype": ("symptom.unusable_result",),
    "wrong_type": ("symptom.type_wrong", "part", "wanted"),
    "not_all_numbers not_numbers": ("symptom.no_real_numbers", "part"),
    "several_results_asked results_wrong_number": ("symptom.results_other_number", "n"),
    "names_missing names_missing_and_surplus names_surplus": ("symptom.names_wrong", "what"),
    "list_one_entry list_wrong_length": ("symptom.list_length_wrong",),
    "list_entry_wrong list_entry_wrong_first list_entry_names_missing": ("symptom.list_entries_wrong",),
    "list_entry_names_surplus": ("symptom.list_entries_wrong",),
    "list_entry_length_inside list_entry_part_wrong": ("symptom.list_entries_wrong",),
    "shape_wrong_told": ("symptom.shape_wrong", "part"),
    "shape_wrong_told_because": ("symptom.shape_wrong_because", "part", "what"),
    "shape_too_many_by shape_too_many_each": ("symptom.shape_too_many", "axes"),
    "shape_too_few_by shape_too_few_each": ("symptom.shape_too_few", "axes"),
    "shape_axes_missing shape_axes_surplus": ("symptom.shape_axes_wrong",),
    "argument_changed": ("symptom.some_argument_changed",),
    "factor_whole factor_fraction": ("symptom.factor_constant", "part"),
    "offset_too_large offset_too_small": ("symptom.offset_constant", "part"),
    "shifted": ("symptom.shifted_somewhere", "part"),
}
KINDS = {f"symptom.{name}": kept for names, kept in _KEPT.items() for name in names.split()}
"""Symptoms that quote what the submission chose: the kind of each, and the values that the kind keeps."""


def kind(text: Text) -> Text:
    """`text` without what a submission chose; of its parts, too."""
    match text:
        case Message():
            id, *kept = KINDS.get(text.id, (text.id, *text.values))
            return Message(id, {name: _kind(text.values[name]) for name in kept})
        case Joined():
            return Joined(tuple(map(_kind, text.items)), text.between)
    return text


def _kind(value: Any) -> Any:
    return kind(value) if isinstance(value, Text) else value
