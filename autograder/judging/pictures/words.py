"""The labels of a picture, for all who render one."""

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.judging.pictures.records import Drawing, Panel, Part, Picture, Step


def yours() -> Text:
    return say("card.side_yours")


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


def right_parts(picture: Picture) -> Text | None:
    """Which parts are right, where their names are short."""
    if not picture.right or any(len(steps) > 2 for steps in picture.right):
        return None
    return say("card.parts_right", names=joined(map(path, picture.right)))


def more_wrong(count: int) -> Text:
    return say("card.parts_more_wrong", n=count)


def shape(drawing: Drawing) -> str:
    """A shape as NumPy writes it, "(2, 3)"; "" for a value without one."""
    return str(drawing.shape) if drawing.shape else ""


def differing(part: Part) -> Text | None:
    """How many numbers differ."""
    if part.differing is None:
        return None
    return say("card.numbers_differ", wrong=part.differing[0], all=part.differing[1])


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
