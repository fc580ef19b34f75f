"""Reduce the symptom of hidden cases to its kind, which is all that a student may read of it.

A submission chooses the line and the class of an exception, the type and the size of an answer, the factor by
which it is wrong, and it may choose them by a hidden input: a function with a thousand `raise` lines had one
read off "ValueError in line 79". So nothing remains that comes from the submission's own, endless stock; what
does remain is one of the engine's own sentences, as telling as which groups fail. `diagnose` calls this; the
whole symptom goes to the instructor, and the student sees a case like it (`judging.siblings`).
"""

from typing import Any

from autograder.base.messages import Joined, Message, Text

KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("symptom.raised", "symptom.raised_there", "symptom.raised_there_because"),
        ("symptom.raised_something",),
    ),
    **dict.fromkeys(("symptom.module_forbidden", "symptom.module_not_among"), ("symptom.module_missing",)),
    **dict.fromkeys(("symptom.unusable_type", "symptom.unusable_dtype"), ("symptom.unusable_result",)),
    "symptom.wrong_type": ("symptom.type_wrong", "part", "wanted"),
    **dict.fromkeys(("symptom.not_all_numbers", "symptom.not_numbers"), ("symptom.no_real_numbers", "part")),
    **dict.fromkeys(
        ("symptom.several_results_asked", "symptom.results_wrong_number"),
        ("symptom.results_other_number", "n"),
    ),
    **dict.fromkeys(
        ("symptom.names_missing", "symptom.names_missing_and_surplus", "symptom.names_surplus"),
        ("symptom.names_wrong", "what"),
    ),
    **dict.fromkeys(("symptom.list_one_entry", "symptom.list_wrong_length"), ("symptom.list_length_wrong",)),
    **dict.fromkeys(
        (
            "symptom.list_entry_wrong",
            "symptom.list_entry_wrong_first",
            "symptom.list_entry_names_missing",
            "symptom.list_entry_names_surplus",
            "symptom.list_entry_length_inside",
            "symptom.list_entry_part_wrong",
        ),
        ("symptom.list_entries_wrong",),
    ),
    "symptom.shape_wrong_told": ("symptom.shape_wrong", "part"),
    "symptom.shape_wrong_told_because": ("symptom.shape_wrong_because", "part", "what"),
    **dict.fromkeys(
        ("symptom.shape_too_many_by", "symptom.shape_too_many_each"), ("symptom.shape_too_many", "axes")
    ),
    **dict.fromkeys(
        ("symptom.shape_too_few_by", "symptom.shape_too_few_each"), ("symptom.shape_too_few", "axes")
    ),
    **dict.fromkeys(
        ("symptom.shape_axes_missing", "symptom.shape_axes_surplus"), ("symptom.shape_axes_wrong",)
    ),
    "symptom.argument_changed": ("symptom.some_argument_changed",),
    **dict.fromkeys(("symptom.factor_whole", "symptom.factor_fraction"), ("symptom.factor_constant", "part")),
    **dict.fromkeys(
        ("symptom.offset_too_large", "symptom.offset_too_small"), ("symptom.offset_constant", "part")
    ),
    "symptom.shifted": ("symptom.shifted_somewhere", "part"),
}
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
