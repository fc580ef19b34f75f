"""Typed derivations, line by line: right ones pass in any notation, wrong ones get the right words."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.base.messages import COURSE_LANGUAGES
from autograder.cnn.derivations import expand
from autograder.cnn.derivations.checking import answers as lines
from autograder.cnn.derivations.checking.answers import LineResult
from autograder.cnn.derivations.checking.slips import SLIPS, Slip, find_slips
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.terms import write_term
from autograder.cnn.derivations.notation.write import left_side
from autograder.cnn.derivations.pages.records import Aligned, Equation, as_sum
from autograder.cnn.derivations.symbols import Atom, Derivative, Quantity
from autograder.cnn.derivations.symbols import terms as terms_of
from tests.typed_equations import HOSTILE, NEARLY

LECTURE = Layer((3, 3), (2, 2))
LAYERS: list[AnyLayer] = [
    LECTURE,
    Layer((4, 5), (3, 2)),
    Layer((5, 4), (2, 3), 2, 1),
    Layer((4, 4), (2, 2), 1, 0, 2, 3),
    Layer((4, 5), (2, 2), 2, 1, 2, 2),
    Layer((12, 3), (1, 2)),
    Dense(3, 2),
]
ID = [str((*vars(layer).values(),)) for layer in LAYERS]


def wanted_of(layer: AnyLayer) -> dict[Atom, sympy.Expr]:
    assert isinstance(layer, Layer | Dense)
    return {
        **expand.forward(layer),
        **expand.delta_before(layer),
        **expand.weight_gradient(layer),
        **expand.bias_gradient(layer),
    }


WANTED = wanted_of(LECTURE)


def asked(left: Atom) -> Quantity:
    return Derivative("J", left) if left.letter in ("a", "w", "b") else left


def typed(formulas: Mapping[Atom, sympy.Expr], form: str, layer_names: bool) -> str:
    """The right answer as `render` writes it."""
    equations = tuple(Equation(asked(left), (as_sum(formula),)) for left, formula in formulas.items())
    return Aligned(equations).write(form, lang="en", layer_names=layer_names)  # type: ignore[arg-type]


def check_lines(text: str, wanted: Mapping[Atom, sympy.Expr], layer: AnyLayer) -> list[LineResult]:
    """`lines.check_lines` for formulas as `expand` gives them."""
    right = {left: terms_of(formula) for left, formula in wanted.items()}
    return lines.check_lines(text, right, LayerFormulas(layer))


def check_one(line: str, left: Atom, layer: Layer = LECTURE) -> LineResult:
    found = check_lines(line, {left: wanted_of(layer)[left]}, layer)
    assert len(found) == 1, found
    return found[0]


def z(*index: int) -> Atom:
    return Atom("z", index, "l")


def delta(*index: int) -> Atom:
    return Atom("delta", index, "l-1")


def w(*index: int) -> Atom:
    return Atom("w", index, "l")


B = Atom("b", (), "l")


# ---- Right -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer_names", [False, True])
@pytest.mark.parametrize("form", ["text", "latex", "markdown"])
@pytest.mark.parametrize("layer", LAYERS, ids=ID)
def test_what_derive_writes_is_read_back_equal(layer: AnyLayer, form: str, layer_names: bool) -> None:
    wanted = wanted_of(layer)
    results = check_lines(typed(wanted, form, layer_names), wanted, layer)
    assert [one.left for one in results] == [*wanted]
    assert {one.verdict for one in results} == {"right"}


@pytest.mark.parametrize(
    ("left", "line"),
    [
        (z(1, 1), "z11 = b + w22 a22 + w21 a21 + w12 a12 + w11 a11"),
        (delta(1, 2), "δ12 = σ'(z12) (δ11 w12 + δ12 w11)"),
        (delta(1, 2), "dJ/dz12^(l-1) = δ11 w12 σ'(z12) + δ12 w11 σ'(z12)"),
        (delta(1, 1), "δ11 = dJ/dz11 = dJ/dz11 dz11/da11 da11/dz11 = δ11 w11 σ'(z11)"),
        (delta(1, 1), "delta11 = dJ/dz11 * w11 * dsigma(z11)"),
        (w(1, 1), "dJ/dw11 = dJ/dz11 a11 + dJ/dz12 a12 + dJ/dz21 a21 + dJ/dz22 a22"),
        (w(1, 1), "dJ/dw11 = 2 (δ11 a11 + δ12 a12 + δ21 a21 + δ22 a22) / 2"),
        (w(1, 1), "dJ/dw11 = δ11 σ(z11) + δ12 σ(z12) + δ21 σ(z21) + δ22 σ(z22)"),
        (
            B,
            r"\frac{\partial J}{\partial b} &= \boxed{\delta_{11} + \delta_{12}} + \delta_{21} + \delta_{22}",
        ),
    ],
)
def test_any_way_of_writing_a_right_answer_is_right(left: Atom, line: str) -> None:
    assert check_one(line, left).verdict == "right"


@given(st.randoms(use_true_random=False), st.sampled_from([*WANTED]))
def test_the_order_of_terms_and_factors_does_not_matter(random: object, left: Atom) -> None:
    terms = [*terms_of(WANTED[left]).items()]
    random.shuffle(terms)  # type: ignore[attr-defined]
    written = []
    for monomial, _ in terms:
        factors = [write_term((factor,)) for factor in monomial]
        random.shuffle(factors)  # type: ignore[attr-defined]
        written.append("·".join(factors))
    assert check_one(f"{left_side(left)} = {' + '.join(written)}", left).verdict == "right"


# ---- Wrong, in the right words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "line", "kinds", "said"),
    [
        (z(1, 2), "z12 = a12 w11 + a13 w12 + a22 w12 + a23 w22 + b", ["index"], ""),
        (z(1, 1), "z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22", ["missing"], "bias_missing"),
        (
            z(1, 1),
            "z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + 4b",
            ["coefficient"],
            "bias_with_every_product",
        ),
        (z(1, 1), "z11 = a11 w11 - a12 w12 + a21 w21 + a22 w22 + b", ["sign"], ""),
        (z(1, 1), "z11 = a11 w22 + a12 w21 + a21 w12 + a22 w11 + b", ["index"] * 4, "true_convolution"),
        (z(1, 1), "z11 = a11 w11 + a12 w21 + a21 w12 + a22 w22 + b", ["index"] * 2, "kernel_transposed"),
        (
            z(1, 2),
            "z12 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b",
            ["index"] * 4,
            "rows_and_columns_swapped",
        ),
        (
            z(1, 1),
            "z11 = z11^(l-1) w11 + z12^(l-1) w12 + z21^(l-1) w21 + z22^(l-1) w22 + b",
            ["letter"] * 4,
            "z_for_a",
        ),
        (
            z(1, 1),
            "z11 = a11^(l) w11 + a12^(l) w12 + a21^(l) w21 + a22^(l) w22 + b",
            ["layer"] * 4,
            "a_of_this_layer",
        ),
        (delta(1, 2), "δ12 = δ11 w12 + δ12 w11", ["factor_missing"] * 2, "dsigma_missing"),
        (delta(1, 2), "δ12 = δ11 w21 σ'(z12) + δ12 w22 σ'(z12)", ["index"] * 2, "kernel_not_rotated"),
        (
            delta(1, 2),
            "δ12 = δ11 w21 + δ12 w22",
            ["extra", "extra", "missing", "missing"],
            "dsigma_missing kernel_not_rotated",
        ),
        (
            delta(1, 2),
            "δ12 = δ11 w22 σ'(z12) + δ12 w21 σ'(z12)",
            ["index"] * 2,
            "kernel_rotated_along_one_axis",
        ),
        (delta(1, 2), "δ12 = (δ11 w12 + δ12 w11) σ'(z12^(l))", ["layer"] * 2, "dsigma_of_this_layer"),
        (delta(1, 2), "δ12 = δ11 w12 σ'(z11) + δ12 w11 σ'(z12)", ["index"], "dsigma_of_another_element"),
        (delta(1, 2), "δ12 = (δ11 w12 + δ12 w11) σ'(a12)", ["letter"] * 2, "dsigma_of_a"),
        (
            delta(1, 2),
            "δ12 = (δ11^(l-1) w12 + δ12^(l-1) w11) σ'(z12)",
            ["layer"] * 2,
            "residual_of_the_layer_before",
        ),
        (delta(2, 2), "δ22 = (δ11 w22 + δ12 w21 + δ21 w12) σ'(z22)", ["missing"], "forgotten"),
        (
            delta(1, 2),
            "δ12 = δ11 w12 σ'(z12) + δ12 w11 σ'(z12) + δ13 w21 σ'(z12)",
            ["extra"],
            "there is no δ₁₃",
        ),
        (delta(1, 2), "δ12 = 0", ["missing"] * 2, ""),
        (w(1, 1), "dJ/dw11 = δ11 z11 + δ12 z12 + δ21 z21 + δ22 z22", ["letter"] * 4, "z_for_a"),
        (w(1, 1), "dJ/dw11 = δ11 a22 + δ12 a23 + δ21 a32 + δ22 a33", ["index"] * 4, "gradient_rotated"),
        (w(1, 1), "dJ/dw11 = δ22 a11 + δ21 a12 + δ12 a21 + δ11 a22", ["index"] * 4, "residual_rotated"),
        (
            w(1, 1),
            "dJ/dw11 = 1/4 (δ11 a11 + δ12 a12 + δ21 a21 + δ22 a22)",
            ["coefficient"] * 4,
            "mean_for_sum",
        ),
        (w(1, 2), "dJ/dw12 = δ11 a21 + δ12 a22 + δ21 a31 + δ22 a32", ["index"] * 4, "gradient_rotated"),
        (
            w(1, 1),
            "dJ/dw11 = δ11 a11 σ'(z11) + δ12 a12 σ'(z12) + δ21 a21 σ'(z21) + δ22 a22 σ'(z22)",
            ["factor_extra"] * 4,
            "dsigma_too_much",
        ),
        (w(1, 1), "dJ/dw11 = δ11 a12 + δ12 a13 + δ21 a22 + δ22 a23", ["index"] * 4, "formula of ∂J/∂w₁₂"),
        (w(1, 1), "dJ/dw11 = δ11 a11", ["missing"] * 3, "forgotten"),
        (B, "dJ/db = 1/4 (δ11 + δ12 + δ21 + δ22)", ["coefficient"] * 4, "mean_for_sum"),
        (B, "dJ/db = δ11", ["missing"] * 3, "forgotten"),
        (B, "dJ/db = δ11 + δ12 + δ21 + δ21", ["coefficient", "missing"], ""),
        (B, "dJ/db = δ11 + δ12 + δ21 + δ33", ["index"], ""),
    ],
)
def test_a_wrong_line_is_told_what_is_wrong(left: Atom, line: str, kinds: list[str], said: str) -> None:
    """`said` is the name of a slip, or of two, or else words of the sentence where no slip fits."""
    result = check_one(line, left)
    assert result.verdict == "wrong"
    assert [fault.kind for fault in result.faults] == kinds
    named = " ".join(slip.id for slip in result.slips)
    assert named == said or (not named and said in result.text.in_language("en"))


def test_a_fault_shows_both_terms() -> None:
    fault = check_one("z12 = a12 w11 + a13 w12 + a22 w12 + a23 w22 + b", z(1, 2)).faults[0]
    assert (fault.typed, fault.wanted) == ("a₂₂·w₁₂", "a₂₂·w₂₁")
    for lang in COURSE_LANGUAGES:
        assert fault.typed in fault.text.in_language(lang) and fault.wanted in fault.text.in_language(lang)


@settings(deadline=None)
@given(
    st.sampled_from([*WANTED]),
    st.data(),
    st.sampled_from(["drop", "double", "negate", "add", "swap"]),
)
def test_no_wrong_formula_is_called_right(left: Atom, data: st.DataObject, change: str) -> None:
    """The faults are the difference: nothing but the changed term is named."""
    right = terms_of(WANTED[left])
    wrong = dict(right)
    term = data.draw(st.sampled_from([*right]))
    if change == "drop":
        del wrong[term]
    elif change == "double":
        wrong[term] *= 2
    elif change == "negate":
        wrong[term] *= -1
    else:
        atoms = [atom for letter in ("a", "w") for atom in LECTURE.atoms(letter)]  # type: ignore[arg-type]
        new = (*term, data.draw(st.sampled_from(atoms)))
        wrong[new] = Fraction(1)
        if change == "swap":
            del wrong[term]
    written = " + ".join(write_term(m, v) for m, v in wrong.items()).replace("+ −", "− ") or "0"
    result = check_one(f"{left_side(left)} = {written}", left)
    assert result.verdict == "wrong"
    shown = write_term(term, right[term])
    expected = {"drop": [shown], "double": [shown], "negate": [shown], "add": [""], "swap": [shown]}[change]
    assert [fault.wanted for fault in result.faults] == expected


# ---- Slips -------------------------------------------------------------------------------------------------

BOTH_MAPS = Layer((5, 4), (2, 2), 2, 1, 2, 3)


@pytest.mark.parametrize("layer", [LECTURE, BOTH_MAPS], ids=str)
def test_a_right_formula_is_no_slip(layer: Layer) -> None:
    for left, formula in wanted_of(layer).items():
        right = terms_of(formula)
        assert find_slips(layer, left, right, right) == ()


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.id)
def test_every_slip_is_found_by_the_formula_that_it_leads_to(slip: Slip) -> None:
    """Somewhere it is the one that is named; where another leads to the same, that one is."""
    named = set()
    for layer in (LECTURE, Layer((3, 4), (2, 3), 1, 1), BOTH_MAPS):
        for left, formula in {**wanted_of(layer), **expand.input_gradient(layer)}.items():
            right = terms_of(formula)
            if left.letter in slip.of:
                for wrong in slip.wrong(layer, left, right):
                    if wrong != right:
                        found = find_slips(layer, left, right, wrong)
                        assert len(found) == 1, (slip.id, left)
                        named.add(found[0].id)
    assert slip.id in named


def test_slips_are_told_in_two_languages() -> None:
    assert len({slip.id for slip in SLIPS}) == len(SLIPS)
    for slip in SLIPS:
        assert slip.text.in_language("zh").endswith("。") and slip.text.in_language("en").endswith(".")


# ---- Not carried out (attack 17) ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "line"),
    [
        (w(1, 1), "dJ/dw11 = dJ/dw11"),
        (w(1, 1), "dJ/dw11 = diff(J, w_11)"),
        (w(1, 1), r"\frac{\partial J}{\partial w_{11}} = \frac{\partial J}{\partial w_{11}}"),
        (w(1, 1), "dJ/dw11 = 1·dJ/dw11 + 0"),
        (w(1, 1), "dJ/dw11 = 2 dJ/dw11 - dJ/dw11"),
        (w(1, 1), "dJ/dw11 = dJ/dw11 + a11 - a11"),
        (w(1, 1), "dJ/dw11 = dJ/dz11 dz11/dw11 + dJ/dz12 dz12/dw11 + dJ/dz21 dz21/dw11 + dJ/dz22 dz22/dw11"),
        (w(1, 1), "dJ/dw11 = δ11 a11 + δ12 a12 + δ21 a21 + δ22 dz22/dw11"),
        (w(1, 1), "dJ/dw11 = δ11 a11 + δ12 a12 + δ21 a21 + δ22 ∂(a22 w11)/∂w11"),
        (w(1, 1), "dJ/dw11 = Σ_p Σ_q δ_{p,q} a_{p,q}"),
        (z(1, 1), "z11 = z11"),
        (z(1, 1), "z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b = z11"),
        (z(1, 1), "z11 = z11 + z12 - z12"),
        (z(2, 2), r"z_{22} = \sum_p \sum_q w_{p,q} a_{1+p,1+q} + b"),
        (z(1, 2), r"z_{p,q} = \sum_m \sum_n w_{m,n} a_{p+m-1,q+n-1} + b"),
        (delta(1, 2), "δ12 = δ12^(l-1)"),
        (delta(1, 2), "δ12^(l-1) = dJ/dz12"),
        (delta(1, 2), "δ12 = dJ/da12 σ'(z12)"),
        (delta(1, 2), "δ12 = (δ11 w12 + δ12 w11) da12/dz12"),
        (B, "dJ/db = dJ/db"),
        (B, "dJ/db = dJ/dz11 dz11/db + dJ/dz12 dz12/db + dJ/dz21 dz21/db + dJ/dz22 dz22/db"),
    ],
)
def test_an_answer_that_is_the_question_is_not_carried_out(left: Atom, line: str) -> None:
    assert check_one(line, left).verdict == "not_carried_out"


def test_a_false_answer_with_undone_derivatives_is_wrong() -> None:
    result = check_one("dJ/dw11 = dJ/dz11 dz11/dw11 + dJ/dz12 dz12/dw12", w(1, 1))
    assert result.verdict == "wrong"
    assert "δ₁₂·a₁₃" in [fault.typed for fault in result.faults]


def test_a_chain_is_right_only_with_all_its_sides() -> None:
    right = "δ11 w11 σ'(z11)"
    assert check_one(f"δ11 = dJ/dz11 dz11/da11 da11/dz11 = {right}", delta(1, 1)).verdict == "right"
    wrong = check_one(f"δ11 = dJ/dz11 dz11/da12 da11/dz11 = {right}", delta(1, 1))
    assert wrong.verdict == "wrong" and "∂z₁₁⁽ˡ⁾/∂a₁₂" in wrong.text.in_language("en")


# ---- Lines -------------------------------------------------------------------------------------------------


def verdicts(text: str, wanted: Mapping[Atom, sympy.Expr] = WANTED) -> dict[str, str]:
    results = check_lines(text, wanted, LECTURE)
    return {left_side(one.left) if one.left else one.typed: one.verdict for one in results}


def test_every_wanted_line_is_answered_in_order() -> None:
    results = check_lines("", WANTED, LECTURE)
    assert [one.left for one in results] == [*WANTED] and {one.verdict for one in results} == {"missing"}


def test_a_line_that_cannot_be_read_costs_only_itself() -> None:
    right = typed(WANTED, "text", True).split("\n")
    right[1] = "z12 = a12 w11 + a13 wl2"
    right.insert(0, "第一题")
    found = verdicts("\n".join(right))
    assert found.pop("z₁₂") == "unreadable" and found.pop("第一题") == "unreadable"
    assert {*found.values()} == {"right"}


@pytest.mark.parametrize("term", ["s a11 w11", "m a11 w11", "a11 w11 / n"])
def test_a_letter_that_stands_for_nothing_is_not_guessed(term: str) -> None:
    result = check_one(f"z11 = {term} + a12 w12 + a21 w21 + a22 w22 + b", z(1, 1))
    assert result.verdict == "unreadable" and "stands for" in result.text.in_language("en")


def test_an_unreadable_line_shows_the_place() -> None:
    result = check_one("z11 = a11 w11 + a12 v12", z(1, 1))
    assert result.verdict == "unreadable" and result.text.in_language("en").split("\n")[2].strip() == "^"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("z11 = b\nz11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b", "wrong"),
        ("z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b\nz11 = b", "wrong"),
        ("z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b\n" * 2, "right"),
    ],
)
def test_two_answers_must_both_be_right(text: str, verdict: str) -> None:
    assert verdicts(text)["z₁₁"] == verdict


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("z33 = a11", "wrong"),
        ("a11 = b", "wrong"),
        ("z11 + z12 = b", "wrong"),
        ("w11 w12", "unreadable"),
        ("= b", "unreadable"),
        ("dJ/da11 = δ11 w11", "wrong"),
    ],
)
def test_a_line_that_nobody_asked_for_is_told_so(line: str, verdict: str) -> None:
    strays = [one for one in check_lines(line, WANTED, LECTURE) if one.left is None]
    assert [one.verdict for one in strays] == [verdict]
    assert strays[0].text.in_language("en") and strays[0].text.in_language("zh")


def test_comments_and_list_marks_do_no_harm() -> None:
    text = "# forward\n\nz11 = a11 w11 + a12 w12 +\n      a21 w21 + a22 w22 + b.\n\n"
    assert check_one(text, z(1, 1)).verdict == "right"


@pytest.mark.parametrize("mark", ["1. ", "(1) ", "（1）", "1) ", "1、", "- ", "* ", "• ", ""])
def test_a_line_may_be_numbered(mark: str) -> None:
    assert check_one(f"{mark}z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b", z(1, 1)).verdict == "right"


def test_flooding_is_refused() -> None:
    many = check_lines("z11 = b\n" * 2_000, WANTED, LECTURE)
    assert "Only the first" in many[-1].text.in_language("en")
    question = lines.Question(LECTURE, ("z", "delta", "w", "b"))
    large = [lines.answer(question, line, "z11 = b + " + "b + " * 50_000 + "b") for line in question.lines()]
    assert {one.verdict for one in large} == {"unreadable"}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:25]))
def test_hostile_answers_earn_nothing(text: str) -> None:
    for answer in (text, f"z11 = {text}", f"{text} = b", f"z11 = a11 w11 + {text}"):
        assert "right" not in {one.verdict for one in check_lines(answer, WANTED, LECTURE)}


BOMBS = [
    "z11 = (a11+a12+a21+a22+w11+w12+w21+w22+b)^8",
    "z11 = " + " ".join(["(a11+a12+a21+b)"] * 300),
    "z11 = " + r"\sum_{p=1}^{999}" * 30 + " 3",
    "z11 = " + "·".join(["999999999"] * 1_000),
    "z11 = " + "·".join(["a11"] * 5_000),
    "z_{abcdefghi} = b", "w_{a+b+c+d+e+f,g+h+i+j+k+m} = 1", "z11 = Σ_p Σ_q Σ_r Σ_s Σ_t Σ_u a_pq a_rs a_tu",
    "z11 = ((((a11^8)^8)^8)^8)", "z11 = 1/3^8 (1/7)^8 (1/9)^8 (1/11)^8 a11",
]  # fmt: skip


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: ascii(text[:25]))
def test_small_texts_with_large_values_are_given_up(text: str) -> None:
    """The work is counted, so that it ends on any machine."""
    assert {one.verdict for one in check_lines(text, WANTED, LECTURE)} <= {
        "wrong", "unreadable", "missing", "not_carried_out"
    }  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), NEARLY), st.sampled_from(["", "z11 = ", "δ12 = ", "dJ/dw11 = "]))
def test_any_answer_gets_a_verdict_for_every_line(text: str, before: str) -> None:
    results = check_lines(before + text, WANTED, LECTURE)
    assert [one.left for one in results[: len(WANTED)]] == [*WANTED]
    for one in results:
        for lang in COURSE_LANGUAGES:
            assert one.text.in_language(lang)


# ---- First principles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS[:5], ids=ID[:5])
def test_derivatives_are_those_of_sympy(layer: Layer) -> None:
    formulas = LayerFormulas(layer)
    variables = [atom for letter in ("a", "w", "b") for atom in layer.atoms(letter)]  # type: ignore[arg-type]
    for of, formula in [*expand.forward(layer).items()][::3]:
        for by in variables[::2]:
            assert formulas.slope(of, by) == terms_of(sympy.diff(formula, by.symbol))
