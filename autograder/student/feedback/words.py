"""The sentences and labels that `html` and `text` share."""

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.judging.answer_key import AnswerKey
from autograder.judging.domain import find
from autograder.judging.pictures.failure import Failure, Pair, Step
from autograder.judging.pictures.layout import Drawing, Panel
from autograder.judging.results import ExerciseResult, SubmissionResult
from autograder.student.feedback.card import Card


def points(result: ExerciseResult | SubmissionResult) -> Text:
    """How many points on the visible cases."""
    return say("card.points", points=f"{result.points:g}", maximum=f"{result.max_points:g}")


def heading(failure: Failure) -> Text:
    """The title of a case."""
    if failure.oracle is not None:
        return failure.oracle.heading
    return say("card.case_visible", group=failure.group)


def yours() -> Text:
    return say("card.side_yours")


def expected(failure: Failure) -> Text:
    return say("card.side_expected") if failure.oracle is None else failure.oracle.side


def nothing_came_back() -> Text:
    return say("card.nothing_came_back")


def path(steps: tuple[Step, ...]) -> Text:
    """A part of a result: "result 2", `w1`, [3]["size"]."""
    if len(steps) == 1 and isinstance(steps[0], int):
        return say("symptom.result_nth", n=steps[0] + 1)
    if len(steps) == 2 and isinstance(steps[0], int) and isinstance(steps[1], str):
        return say("symptom.result_nth_part", n=steps[0] + 1, name=steps[1])
    shown = str(steps[0]) if len(steps) == 1 else "".join(f"[{step!r}]" for step in steps)
    return Verbatim(shown)


def right_parts(failure: Failure) -> Text | None:
    """Which parts are right, where there are only a few."""
    if not failure.right or len(failure.right) > 6 or any(len(steps) > 2 for steps in failure.right):
        return None
    return say("card.parts_right", names=joined(map(path, failure.right)))


def more_wrong(count: int) -> Text:
    return say("card.parts_more_wrong", n=count)


def shape(drawing: Drawing) -> str:
    """A shape as NumPy writes it, "(2, 3)"; "" for a value without one."""
    return str(drawing.shape) if drawing.shape else ""


def differing(pair: Pair) -> Text | None:
    """How many numbers differ."""
    if pair.differing is None or pair.differing.size < 2:
        return None
    return say("card.numbers_differ", wrong=int(pair.differing.sum()), all=int(pair.differing.size))


def panel(panel: Panel) -> Text | None:
    """Which map of an array a panel shows, and which part of it, as a NumPy index."""
    if not panel.index and not panel.cut:
        return None
    sides = zip((panel.rows, panel.columns), panel.of, strict=True)
    slices = [":" if len(part) == side else f"{part.start}:{part.stop}" for part, side in sides]
    if panel.of[0] == 1 and not panel.index:
        slices = slices[1:]
    index = "[" + ", ".join([*map(str, panel.index), *slices]) + "]"
    if not panel.cut:
        return Verbatim(index)
    return say("card.panel_part", index=index, rows=panel.of[0], columns=panel.of[1])


def left_out(drawing: Drawing) -> Text | None:
    if not drawing.left_out:
        return None
    if drawing.panels:
        return say("card.maps_left_out", n=drawing.left_out)
    return say("card.lines_left_out", n=drawing.left_out)


def hint(card: Card) -> Text | None:
    """The idea, where it may be revealed."""
    return card.result.diagnosis if card.told and card.result.misconception is not None else None


def all_pass(key: AnswerKey) -> Text:
    """The sentence for a check without mistakes."""
    return say(find(key.domain).message_id("card.all_pass"))


def following(step: Text) -> Text:
    """The next thing to do."""
    return say("card.next_step", step=step)
