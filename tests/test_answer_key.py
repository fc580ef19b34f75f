"""Answer keys: drawn from what an author writes, kept in one file of plain data, never trusted blindly."""

import dataclasses
import io
import math
import pickle
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.authoring import assignment
from autograder.authoring.draw import draw_hidden, draw_visible
from autograder.authoring.exercise import AuthoringError, Case, Exercise
from autograder.authoring.transforms import instead
from autograder.base.messages import in_language
from autograder.cnn.comparators import Shares
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey, KeyFileError
from autograder.judging.comparison import Close, Exact
from autograder.judging.results import Verdict
from autograder.sandbox import values
from autograder.sandbox.values import Formula
from tests import authored
from tests.trusted import graded_source

SOLUTIONS = Path(__file__).parent.parent / "solutions"

# ---- Keys to work with -------------------------------------------------------------------------------------


def pooled(a: np.ndarray, factor: Any = 1) -> Any:
    return a * factor


def awkward() -> Exercise:
    """An exercise whose cases hold a bit of everything that a key can store."""
    exercise = Exercise(pooled, points=3.5, lecture="3.1")

    @exercise.group("plain", points=1.5, zh="普通", en="plain")
    def plain(rng: np.random.Generator) -> Iterable[Any]:
        yield (rng.normal(size=(2, 3)),)
        yield rng.integers(0, 9, (2, 0)), 2.0

    @exercise.group("special", points=2, zh="特殊", en="special", visible=False)
    def special(rng: np.random.Generator) -> Iterable[Any]:
        ties = Shares(np.array([1, 1]), np.array([0.0, 2.0]), np.ones(2))
        yield Case((np.array([1.0, 1.0]),), accept=ties, layout="readonly", fresh=True)
        yield Case((7, 2**100), accept=Exact())
        yield Case((np.ones(2, np.float16), True), accept=Close(0.1, 0.2), layout="fortran")

    def gives_nothing_or_nan(a: Any, factor: Any = 1) -> Any:
        return None if factor == 1 else math.nan

    def crashes(a: Any, factor: Any = 1) -> Any:
        return a.shape[9]

    exercise.add_misconception("gives_nothing_or_nan", instead(gives_nothing_or_nan), zh="错", en="wrong")
    exercise.add_misconception("crashes", instead(crashes), zh="崩溃", en="crashes")
    return exercise


def hidden_key() -> AnswerKey:
    return draw_hidden("awkward", (awkward(),), "its source", domain="cnn")


def content(key: AnswerKey) -> bytes:
    """A key's content, which `==` cannot compare because of the arrays."""
    return answer_key.to_bytes(key)


# ---- Files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [hidden_key, lambda: draw_visible("awkward", (awkward(),), domain="cnn")])
def test_a_key_comes_back_from_its_file_as_it_was(tmp_path: Path, draw: Callable[[], AnswerKey]) -> None:
    key = draw()
    answer_key.save(key, tmp_path / "new" / "key.npz")
    back = answer_key.load(tmp_path / "new" / "key.npz")
    assert (back.digest, content(back)) == (key.digest, content(key))
    assert (back.assignment, back.visible, back.source, back.points) == (
        key.assignment,
        key.visible,
        key.source,
        key.points,
    )
    for one, other in zip(key.exercises[0].cases, back.exercises[0].cases, strict=True):
        assert (one.layout, one.fresh, type(one.accept)) == (other.layout, other.fresh, type(other.accept))
        np.testing.assert_equal(other.args, one.args)
        np.testing.assert_equal(other.expected, one.expected)
        assert {id: (w.value, w.raises) for id, w in one.wrong.items()}.keys() == other.wrong.keys()


def test_a_key_knows_what_authors_wrote() -> None:
    (exercise,) = hidden_key().exercises
    assert (exercise.name, exercise.parameters, exercise.lecture) == ("pooled", ("a", "factor"), "3.1")
    assert [(group.name, group.zh, group.en, group.points) for group in exercise.groups] == [
        ("plain", "普通", "plain", 1.5),
        ("special", "特殊", "special", 2),
    ]
    assert exercise.points == 3.5
    assert [(hint.id, hint.zh, hint.en) for hint in exercise.misconceptions] == [
        ("gives_nothing_or_nan", "错", "wrong"),
        ("crashes", "崩溃", "crashes"),
    ]
    for case in exercise.cases:
        assert case.wrong["crashes"].raises in ("IndexError", "AttributeError")
        assert "gives_nothing_or_nan" in case.wrong


def test_the_visible_key_leaves_out_hidden_groups_and_says_that_it_is_visible() -> None:
    key = draw_visible("awkward", (awkward(),), domain="cnn")
    assert key.visible and not hidden_key().visible
    assert [group.name for group in key.exercises[0].groups] == ["plain"]
    assert key.points == 1.5


def test_an_example_stands_in_the_visible_key_and_only_there() -> None:
    exercise = Exercise(pooled, points=1, lecture="1")

    @exercise.group("lecture", points=1, zh="讲义", en="lecture")
    def lecture(rng: np.random.Generator) -> Iterable[Any]:
        yield (rng.normal(size=3),)

    lecture.example((np.array([1.0, 2.0]),))
    (shown,) = draw_visible("a", (exercise,)).exercises[0].cases
    (kept,) = draw_hidden("a", (exercise,)).exercises[0].cases
    assert shown.args[0].tolist() == [1.0, 2.0]
    assert kept.args[0].shape == (3,)


def test_the_same_key_gives_the_same_bytes() -> None:
    key = hidden_key()
    assert answer_key.to_bytes(key) == answer_key.to_bytes(key)


def test_two_hidden_draws_differ_and_visible_draws_are_the_same() -> None:
    one, two = hidden_key(), hidden_key()
    assert one.digest != two.digest
    assert (one.exercises[0].cases[0].args[0] != two.exercises[0].cases[0].args[0]).all()
    once, again, other = (draw_visible(name, (awkward(),), domain="cnn") for name in "aab")
    assert content(once) == content(again) != content(other)


def test_the_digest_changes_with_everything_that_a_key_holds() -> None:
    key = hidden_key()
    (exercise,) = key.exercises
    (group, *others) = exercise.groups
    (case, *cases) = group.cases

    def with_group(**changed: Any) -> AnswerKey:
        groups = (dataclasses.replace(group, **changed), *others)
        return dataclasses.replace(key, exercises=(dataclasses.replace(exercise, groups=groups),))

    variants = [
        key,
        dataclasses.replace(key, assignment="another"),
        dataclasses.replace(key, source="another"),
        dataclasses.replace(key, domain=""),
        with_group(points=9),
        with_group(en="another"),
        with_group(cases=(dataclasses.replace(case, expected=case.expected + 1e-12), *cases)),
        with_group(cases=(dataclasses.replace(case, fresh=True), *cases)),
        with_group(cases=(dataclasses.replace(case, accept=Close(1e-4)), *cases)),
    ]
    digests = [answer_key.with_digest(variant).digest for variant in variants]
    assert len(set(digests)) == len(variants)
    unnamed = with_group(cases=(dataclasses.replace(case, wrong={}), *cases))
    deciding = [answer_key.deciding(variant) for variant in (*variants, unnamed)]
    assert deciding[0] == deciding[2] == deciding[5] == deciding[-1]  # another source, another text
    assert len(set(deciding)) == len(variants) - 2


def test_keys_are_the_same_up_to_rounding_and_no_further() -> None:
    exercises = assignment.load(SOLUTIONS / "pooling").exercises
    key = draw_visible("pooling", exercises, domain="cnn")
    assert answer_key.same_up_to_rounding(key, key)
    (exercise, *rest) = key.exercises
    (group, *groups) = exercise.groups
    (case, *cases) = group.cases
    for factor, same in ((1 + 1e-14, True), (1 + 1e-6, False)):
        changed = dataclasses.replace(case, expected=case.expected * factor)
        new_group = dataclasses.replace(group, cases=(changed, *cases))
        new_exercise = dataclasses.replace(exercise, groups=(new_group, *groups))
        assert answer_key.same_up_to_rounding(
            key, dataclasses.replace(key, exercises=(new_exercise, *rest))
        ) is (same)


# ---- Damaged and foreign files -----------------------------------------------------------------------------


class Trap:
    """Unpickling it would leave a mark."""

    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return spring, ()


def spring() -> None:
    Trap.sprung = True


def npz(**members: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **members)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def skeleton(value: Any) -> np.ndarray:
    return np.frombuffer(values.flatten(value)[0], np.uint8)


HUGE_HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1 << 40,), }".replace(
    b"1 << 40", b"%d" % 2**40
)

DOMAIN_OF_NULL = dataclasses.replace(hidden_key(), domain=None)  # type: ignore[arg-type]

FOREIGN = {
    "a domain of null": answer_key.to_bytes(DOMAIN_OF_NULL),
    "empty": b"",
    "text": b"not a key",
    "zip header": b"PK\x03\x04",
    "empty zip": zipped(),
    "another zip": zipped(readme=b"hello"),
    "array": npy(np.arange(3)),
    "pickle": pickle.dumps(Trap()),
    "pickled array": npy(np.array([Trap()], dtype=object)),
    "pickled skeleton": npz(skeleton=np.array([Trap()], dtype=object)),
    "pickled member": npz(skeleton=skeleton(["a", "<f8", [1]]), array0=np.array([Trap()], dtype=object)),
    "no skeleton": npz(array0=np.arange(3)),
    "not JSON": npz(skeleton=np.frombuffer(b"{", np.uint8)),
    "not a key": npz(skeleton=skeleton([1, 2, 3])),
    "null": npz(skeleton=skeleton(None)),
    "no schema": npz(skeleton=skeleton({})),
    "no exercises": npz(skeleton=skeleton({"schema": answer_key.SCHEMA})),
    "odd exercises": npz(
        skeleton=skeleton(
            {"schema": answer_key.SCHEMA, "assignment": "a", "visible": True, "source": "", "exercises": [1]}
        )
    ),
    "another schema": npz(skeleton=skeleton({"schema": answer_key.SCHEMA + 1})),
    "huge claim": zipped(
        skeleton=b"\x93NUMPY\x01\x00" + len(HUGE_HEADER + b"\n").to_bytes(2, "little") + HUGE_HEADER + b"\n"
    ),
}


def loading_fails(path: Path) -> str:
    with pytest.raises(KeyFileError) as raised:
        answer_key.load(path)
    sentence = str(raised.value)
    assert str(path) in sentence and "\n" not in sentence
    return sentence


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_that_is_no_key_is_one_clear_sentence_and_is_never_unpickled(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "key.npz"
    path.write_bytes(FOREIGN[name])
    sentence = loading_fails(path)
    assert "build it again" in sentence or "schema" in sentence
    assert not Trap.sprung


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    assert "autograder build" in loading_fails(tmp_path / "key.npz")
    assert "Is a directory" in loading_fails(tmp_path)


SAVED = answer_key.to_bytes(hidden_key())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(SAVED) - 1), st.integers(0, 7), st.booleans())
def test_a_truncated_or_flipped_file_is_refused_or_harmless(
    tmp_path: Path, position: int, bit: int, truncate: bool
) -> None:
    damaged = bytearray(SAVED)
    if truncate:
        del damaged[position:]
    else:
        damaged[position] ^= 1 << bit
    path = tmp_path / "key.npz"
    path.write_bytes(bytes(damaged))
    try:
        loaded = answer_key.load(path)
    except KeyFileError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:  # a time stamp, say
        path.write_bytes(SAVED)
        assert loaded.digest == answer_key.load(path).digest


# ---- What authors do wrong ---------------------------------------------------------------------------------


def exercise_with(reference: Callable[..., Any], *cases: Any, **more: Any) -> Exercise:
    exercise = Exercise(reference, points=1, lecture="1", **more)
    exercise.group("only", points=1, zh="组", en="group")(lambda rng: cases)
    return exercise


def raises(x: Any) -> Any:
    raise ZeroDivisionError("no")


def changes(x: np.ndarray) -> Any:
    x += 1
    return x.copy()


def failing_draw(rng: np.random.Generator) -> Iterable[Any]:
    yield 3  # not a tuple


@pytest.mark.parametrize(
    ("exercise", "part"),
    [
        (exercise_with(raises, (1,)), "the reference raised ZeroDivisionError: no"),
        (exercise_with(lambda x: x, (1, 2)), "the reference raised TypeError"),
        (exercise_with(lambda x: {1, 2}, (1,)), "a value of type set cannot be stored"),
        (exercise_with(lambda x: 1, ({1, 2},)), "a value of type set cannot be stored"),
        (exercise_with(lambda x: math.nan, (1,)), "not acceptable"),
        (exercise_with(lambda x: x * 1j, (1,)), "not acceptable"),
        (
            exercise_with(
                lambda x: x, Case((np.ones(2),), accept=Shares(np.ones(3), np.ones(2), np.ones(3)))
            ),
            "not acceptable",
        ),
        (exercise_with(changes, (np.ones(2),)), "changes its arguments"),
        (exercise_with(lambda x: x), "yields no cases"),
        (exercise_with(lambda x: x, 3), "it yields int; yield a tuple"),
    ],
)
def test_a_key_that_cannot_be_drawn_is_one_sentence_that_names_the_group(
    exercise: Exercise, part: str
) -> None:
    with pytest.raises(AuthoringError, match=re.escape(part)) as raised:
        draw_hidden("a", (exercise,))
    assert "group 'only'" in str(raised.value)


def two_groups(exercise: Exercise) -> None:
    exercise.group("only", points=0, zh="组", en="group")(lambda rng: [(1,)])


def two_misconceptions(exercise: Exercise) -> None:
    for _ in range(2):
        exercise.add_misconception("raises", instead(raises), zh="错", en="wrong")


def wrong_points(exercise: Exercise) -> None:
    exercise.group("another", points=1, zh="组", en="group")(lambda rng: [(1,)])


@pytest.mark.parametrize(
    ("mistake", "part"),
    [
        (two_groups, "two groups are called 'only'"),
        (two_misconceptions, "two misconceptions are called 'raises'"),
        (wrong_points, "the groups are worth 2 points, the exercise 1"),
    ],
)
def test_an_inconsistent_exercise_is_one_sentence(mistake: Callable[[Exercise], None], part: str) -> None:
    exercise = exercise_with(changes, (np.ones(2),))
    assert exercise.mistakes() == []
    mistake(exercise)
    (text,) = exercise.mistakes()
    assert part in text.in_language("en")


def test_points_may_be_fractions() -> None:
    exercise = Exercise(raises, points=1, lecture="1")
    for number in range(10):
        exercise.group(f"{number}", points=0.1, zh="组", en="group")(lambda rng: [(1,)])
    assert exercise.mistakes() == []


BROKEN_COURSES = {
    "no exercise": ("import numpy as np\n", "defines no Exercise"),
    "syntax": ("def f(:\n", "hidden.py, line 1: SyntaxError"),
    "crash": ("x = 1\ny = {}[x]\n", "hidden.py, line 2: KeyError"),
    "import": ("from .notebook import nothing\n", "hidden.py, line 1: ImportError"),
    "same exercise twice": (
        authored.HIDDEN
        + authored.HIDDEN.replace("exercise = ", "another = ").replace("@exercise", "@another"),
        "two exercises 'relu_backward'",
    ),
    "frequent": (
        authored.HIDDEN + "exercise.add_misconceptions(frequent=('a',), b=instead(abs))",
        "'a' stands in frequent=…, but is not described",
    ),
    "points": (authored.HIDDEN.replace("points=10", "points=11"), "worth 10 points, the exercise 11"),
}


@pytest.mark.parametrize("name", BROKEN_COURSES)
def test_a_broken_hidden_py_is_one_sentence_that_says_where(tmp_path: Path, name: str) -> None:
    text, part = BROKEN_COURSES[name]
    folder = authored.write_course(tmp_path / "course", hidden=text)
    with pytest.raises(AuthoringError, match=re.escape(part)) as raised:
        assignment.load(folder)
    assert not any("\n" in in_language(mistake, "en") for mistake in raised.value.mistakes)


def test_a_course_without_what_it_needs_is_one_sentence(tmp_path: Path) -> None:
    folder = authored.write_course(tmp_path / "course")
    with pytest.raises(AuthoringError, match="is not a Python name"):
        assignment.load(authored.write_course(tmp_path / "course", "3-pooling"))
    (folder / "notebook.py").unlink()
    with pytest.raises(AuthoringError, match=r"has no notebook\.py"):
        assignment.load(folder)
    for path, part in ((tmp_path / "nothing", "is not a folder"), (tmp_path, "holds no assignments")):
        with pytest.raises(AuthoringError, match=part):
            assignment.load_all(path)


# ---- An exercise of one's own ------------------------------------------------------------------------------


def test_an_instructor_adds_an_exercise_in_under_30_lines_without_touching_the_engine(tmp_path: Path) -> None:
    lines = (authored.NOTEBOOK + authored.HIDDEN).splitlines()
    assert sum(1 for line in lines if line.strip()) < 30
    (one,) = assignment.load_all(authored.write_course(tmp_path / "course").parent)
    answer_key.save(draw_hidden(one.name, one.exercises, domain=one.domain), tmp_path / "relu.hidden.npz")
    key = answer_key.load(tmp_path / "relu.hidden.npz")
    for source, points, verdict, misconception in (
        (authored.RIGHT, 10, Verdict.AC, None),
        (authored.PARTLY, 8, Verdict.WA, None),
        (authored.TYPICAL, 0, Verdict.WA, "slope_only"),
        (authored.UNTOUCHED, 0, Verdict.NI, None),
    ):
        (result,) = graded_source(key, source)
        assert (result.points, result.verdict, result.misconception) == (points, verdict, misconception)


def test_two_courses_of_the_same_names_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    one = assignment.load(authored.write_course(tmp_path / "one"))
    other_text = authored.HIDDEN.replace("points=10", "points=9").replace("points=2", "points=1")
    other = assignment.load(authored.write_course(tmp_path / "two", hidden=other_text))
    assert (one.points, other.points) == (10, 9)


def test_a_function_as_an_argument_travels_as_its_text() -> None:
    exercise = exercise_with(lambda f, x: f(x), (Formula("np.sum(x * 2)"), np.arange(3.0)))
    (case,) = draw_hidden("a", (exercise,)).exercises[0].cases
    assert (case.args[0], case.expected) == (Formula("np.sum(x * 2)"), 6.0)
