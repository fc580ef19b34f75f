"""The derivation exercises: right lines are right, and no small slip in one passes.

The references are held against the NumPy solutions, by putting numbers for the letters. Every systematic
slip of theirs, an index by one, a term dropped, a sign turned, must cost just the line that it is in.
"""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from autograder.authoring.draw import draw_key
from autograder.cnn.comparators import Derivation
from autograder.cnn.derivations.checking.answers import MAX_CHARACTERS, RIGHT, Question, answer
from autograder.cnn.derivations.layer import Layer
from autograder.judging.judge import judge
from tests.course_keys import exercises
from tests.trusted import outcomes

LECTURE = Layer((3, 3), (2, 2))
LINES = {
    "derive_residuals": Question(LECTURE, ("z", "delta")),
    "derive_gradients": Question(LECTURE, ("w", "b")),
}
FORMULAS = {"residual_formula": ("delta",), "gradient_formulas": ("w", "b")}


def text_of(name: str) -> str:
    return str(exercises()[name].reference())


def wrong_lines(question: Question, text: str) -> list[str]:
    return [line for line in question.lines() if answer(question, line, text).says != RIGHT]


# ---- Right -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LINES)
def test_the_references_are_right_in_numbers(name: str) -> None:
    """Each line, evaluated by Python with random numbers for its letters, equals NumPy's value."""
    rng = np.random.default_rng(7)
    a, w, delta, dsigma = (rng.normal(size=size) for size in ((3, 3), (2, 2), (2, 2), (3, 3)))
    numbers = {"b": rng.normal()}
    for letter, array in {"a": a, "w": w, "δ": delta, "s": dsigma}.items():
        numbers |= {f"{letter}{i + 1}{j + 1}": value for (i, j), value in np.ndenumerate(array)}
    functions = {name: exercise.reference for name, exercise in exercises().items()}
    expected = {
        "z": functions["correlate"](a, w, numbers["b"]),
        "δ": functions["conv_residual"](delta, w, dsigma),
        "∂J/∂w": functions["kernel_gradient"](delta, a),
        "∂J/∂b": functions["bias_gradient"](delta),
    }
    seen = 0
    for line in filter(None, map(str.strip, text_of(name).splitlines())):
        left, right = line.split(" = ")
        product = re.sub(r"(?<=[\d)]) (?=[\wδ(])", "*", right.replace("σ'(z", "s").replace("s", "(s"))
        quantity, i, j = re.fullmatch(r"(.*?)(\d?)(\d?)", left).groups()  # type: ignore[union-attr]
        value = eval(re.sub(r"\((s\d\d)\)", r"\1", product), {}, numbers)  # this file's own text
        wanted = expected[quantity][int(i) - 1, int(j) - 1] if i else expected[quantity]
        assert value == pytest.approx(wanted), line
        seen += 1
    assert seen == len(LINES[name].lines())


@pytest.mark.parametrize("name", LINES)
def test_the_references_are_right_by_first_principles(name: str) -> None:
    assert wrong_lines(LINES[name], text_of(name)) == []


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(("size", "kernel"), [((4, 5), (2, 3)), ((5, 3), (1, 3)), ((4, 4), (4, 4))])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_general_formulas_hold_in_layers_that_no_key_draws(
    name: str, size: tuple[int, int], kernel: tuple[int, int], stride: int
) -> None:
    assert (
        wrong_lines(Question(Layer(size, kernel, stride), FORMULAS[name], general=True), text_of(name)) == []
    )


# ---- Every small slip --------------------------------------------------------------------------------------


_TERM = r"(?:(?<=\()|^|(?<=\+ ))[aδ]\d\d( [aw]\d\d)?( \+ )?"


def slips(line: str) -> Iterator[str]:
    """A right-hand side with one thing changed: an index, a term, a sign, a factor."""
    left, right = line.split(" = ")
    for match in re.finditer(r"[1-3](?=[1-3]?)", right):
        for digit in "123":
            if digit != match[0]:
                yield f"{left} = {right[: match.start()]}{digit}{right[match.end() :]}"
    for match in re.finditer(r" \+ ", right):
        yield f"{left} = {right[: match.start()]} - {right[match.end() :]}"
    for match in re.finditer(_TERM, right):
        rest = (right[: match.start()] + right[match.end() :]).replace(" + )", ")").removesuffix(" + ")
        yield f"{left} = {rest.replace('()', '0') or '0'}"
    for match in re.finditer(r"[aw]\d\d| σ'\(z\d\d\)| \+ b$", right):
        yield f"{left} = {right[: match.start()]} {right[match.end() :]}"
    yield f"{left} = 2 ({right})"
    yield f"{left} = -({right})"
    yield left
    yield f"{left} = {left}"


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_every_small_slip_costs_its_own_line_and_no_other(name: str) -> None:
    lines = [line.strip() for line in text_of(name).splitlines() if line.strip()]
    question, count = LINES[name], 0
    for place, (line, key) in enumerate(zip(lines, question.lines(), strict=True)):
        for slip in set(slips(line)):
            changed = [*lines[:place], slip, *lines[place + 1 :]]
            assert wrong_lines(question, "\n".join(changed)) == [key], slip
            count += 1
    assert count > 20 * len(lines)


def formula_slips(text: str) -> Iterator[str]:
    """A general formula with one thing changed: an index letter, a number or sign in an index, a factor."""
    letters = sorted(set(re.findall(r"[pquv](?=[,}\-+)])", text)))
    for match in re.finditer(r"(?<=[{,(\-+ ])[pquv](?=[,}\-+)])", text):
        for letter in letters:
            if letter != match[0]:
                yield text[: match.start()] + letter + text[match.end() :]
    for match in re.finditer(r"1", text):
        for digit in "02":
            yield text[: match.start()] + digit + text[match.end() :]
    for match in re.finditer(r"(?<=[uvpq)s])[-+](?=[1(pquv])", text):
        yield text[: match.start()] + ("+" if match[0] == "-" else "-") + text[match.end() :]
    for match in re.finditer(r"(?<=\))s", text):
        yield text[: match.start()] + text[match.end() :]
    for match in re.finditer(r"(?<= )(δ_\{[^}]*\}|w_\{[^}]*\}|a_\{[^}]*\}|σ'\([^)]*\))", text):
        if "=" not in text[match.end() : match.end() + 3]:
            yield text[: match.start()] + text[match.end() :]


@pytest.mark.parametrize("name", FORMULAS)
def test_every_small_slip_of_a_general_formula_is_caught_by_every_draw(name: str) -> None:
    """A formula that still passes says the same in other letters; the test computes that it does."""
    exercise = exercises()[name]
    caught = 0
    for seed in range(2):
        key = draw_key("any", (exercise,), str(seed), "cnn", visible=False)
        cases = key.exercises[0].cases
        for slip in set(formula_slips(text_of(name))):
            if any(not case.accept.agrees(slip, case.expected) for case in cases):
                caught += 1
                continue
            for layer in (Layer((5, 4), (3, 2), 2), Layer((5, 6), (2, 3), 1), Layer((6, 5), (1, 2), 3)):
                assert wrong_lines(Question(layer, FORMULAS[name], general=True), slip) == [], slip
    assert caught > 30


# ---- What is no answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "∂J/∂w_{p,q} = ∂J/∂w_{p,q}",
        r"∂J/∂w_{p,q} = Σ_u Σ_v \frac{∂J}{∂z_{u,v}} \frac{∂z_{u,v}}{∂w_{p,q}}",
        "∂J/∂w_{p,p} = Σ_u Σ_v δ_{u,v} a_{(u-1)s+p,(v-1)s+p}",
        "∂J/∂w_{1,q} = Σ_u Σ_v δ_{u,v} a_{(u-1)s+1,(v-1)s+q}",
        "∂J/∂w11 = δ11 a11 + δ12 a12 + δ21 a21 + δ22 a22",
        "∂J/∂w_{p,q} ∼ Σ_u Σ_v δ_{u,v} a_{(u-1)s+p,(v-1)s+q}",
        "∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{(u-1)s+p,(v-1)s+q}\n∂J/∂w_{p,q} = 0",
        "Σ_u Σ_v δ_{u,v} a_{(u-1)s+p,(v-1)s+q}",
        "∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{(u-1)s+p,(v-1)s+q} = 0",
    ],
)
def test_what_is_no_general_formula_earns_nothing(text: str) -> None:
    assert "w" in wrong_lines(Question(LECTURE, ("w", "b"), general=True), text)


def test_a_sum_written_out_for_one_size_is_no_general_formula() -> None:
    written_out = "∂J/∂b = δ11 + δ12 + δ21 + δ22"
    assert wrong_lines(Question(LECTURE, ("b",)), written_out) == []
    assert wrong_lines(Question(LECTURE, ("b",), general=True), written_out) == ["b"]


@pytest.mark.parametrize("value", [None, 1.0, b"z11 = 0", ["z11 = b"], np.zeros(3), {}])
def test_what_is_no_text_is_told_so(value: object) -> None:
    line = Derivation((3, 3), (2, 2), ("z",), LINES["derive_residuals"].lines()[0])
    found = line.difference(value, RIGHT)
    assert (found.kind, found.expected) == ("type", "str")


def test_a_long_text_is_refused() -> None:
    question = LINES["derive_residuals"]
    text = text_of("derive_residuals")
    assert wrong_lines(question, text + " " * (MAX_CHARACTERS - len(text))) == []
    assert wrong_lines(question, text + " " * MAX_CHARACTERS) == list(question.lines())


# ---- What a student reads ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LINES, *FORMULAS])
def test_a_term_is_quoted_only_to_who_asks_again_and_never_from_a_hidden_key(name: str) -> None:
    exercise = exercises()[name]
    for visible in (True, False):
        key = draw_key("any", (exercise,), "1", "cnn", visible=visible)
        (result,) = judge(key, outcomes(key, {name: lambda: text_of(name).replace("= ", "= 2 ")}))
        assert result.points < result.max_points
        assert result.symptom is not None and result.diagnosis is not None
        for lang in ("zh", "en"):
            assert "2·" not in result.symptom.in_language(lang)
            assert ("2·" in result.diagnosis.in_language(lang)) == visible


@pytest.mark.parametrize(
    ("name", "right", "typed", "first", "again", "answer"),
    [
        (
            "derive_residuals",
            " + δ22 w11) σ'(z22)",
            ") σ'(z22)",
            "missing: 1",
            "A term with δ₂₂ is",
            "δ₂₂·w₁₁",
        ),
        (
            "derive_residuals",
            "= δ11 w11 σ'",
            "= δ11 w22 σ'",
            "a mistake: 1",
            "δ₁₁·w₂₂·σ′(z₁₁⁽ˡ⁻¹⁾) has a wrong",
            "w₁₁",
        ),
        (
            "derive_residuals",
            "= δ11 w11 σ'",
            "= δ11 σ'",
            "a mistake: 1",
            "δ₁₁·σ′(z₁₁⁽ˡ⁻¹⁾) lacks a factor",
            "w₁₁",
        ),
        (
            "derive_residuals",
            "= δ11 w11 σ'",
            "= δ11 w11 + δ11 w11 σ'",
            "not belong here: 1",
            "δ₁₁·w₁₁ does not",
            "·w₁₁·σ′",
        ),
        (
            "derive_residuals",
            "+ a21 w21 + a22 w22 + b",
            "+ a21 w21 - a22 w22 + b",
            "mistake: 1",
            "a₂₂·w₂₂ has the wrong sign",
            "+ a₂₂",
        ),
        ("derive_gradients", "δ11 a11 + ", "", "missing: 1", "A term with δ₁₁ is", "δ₁₁·a₁₁"),
        (
            "derive_gradients",
            "δ11 a11 + ",
            "δ11 a11 + δ11 a11 + ",
            "mistake: 1",
            "2·δ₁₁·a₁₁ has the wrong coefficient",
            " δ₁₁·a₁₁",
        ),
    ],
)
def test_first_it_is_told_how_many_terms_then_which_and_never_the_answer(
    name: str, right: str, typed: str, first: str, again: str, answer: str
) -> None:
    key = draw_key("any", (exercises()[name],), "1", "cnn", visible=True)
    text = text_of(name)
    assert right in text
    (result,) = judge(key, outcomes(key, {name: lambda: text.replace(right, typed, 1)}))
    assert result.symptom is not None and result.idea is not None
    symptom, idea = result.symptom.in_language("en"), result.idea.in_language("en")
    assert first in symptom and "·" not in symptom
    assert again in idea and answer not in idea
    assert result.symptom.in_language("zh") != result.idea.in_language("zh")


@pytest.mark.parametrize("name", [*LINES, *FORMULAS])
def test_a_key_holds_no_right_answer(name: str) -> None:
    for visible in (True, False):
        key = draw_key("any", (exercises()[name],), "1", "cnn", visible=visible)
        assert {case.expected for case in key.exercises[0].cases} == {RIGHT}
