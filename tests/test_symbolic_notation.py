"""Reading what people type: three notations, one meaning; errors that point; hostile text is harmless."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.meaning.evaluate import Evaluator
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import settle_layers
from autograder.cnn.derivations.meaning.terms import Terms, write_term
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.notation.errors import NotationError
from autograder.cnn.derivations.notation.nodes import (
    Call,
    Equation,
    Index,
    IndexEntry,
    LayerLabel,
    NamedQuantity,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
)
from autograder.cnn.derivations.notation.parse import MAX_CHARACTERS, parse_equation
from autograder.cnn.derivations.notation.rows import split_rows

ROOT = Path(__file__).parent.parent
LECTURE = Layer((3, 3), (2, 2))
KNOWN = LayerFormulas(LECTURE)


def meaning(text: str) -> Terms:
    """The terms of a formula in the lecture's example."""
    return Evaluator(KNOWN).as_written(settle_layers(parse_equation(text)).sides[0])


def shown(text: str) -> str:
    return " + ".join(sorted(write_term(monomial, value) for monomial, value in meaning(text).items()))


# ---- One meaning -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meant", "spellings"),
    [
        (
            "δ₁₁·w₁₂·σ′(z₁₂⁽ˡ⁻¹⁾)",
            [
                r"\delta_{11}^{(l)} w_{12}^{(l)} \sigma'(z_{12}^{(l-1)})",
                r"\delta^{(l)}_{11}\,w^{(l)}_{1,2}\cdot\sigma^{\prime}\left(z^{(l-1)}_{12}\right)",
                r"\boxed{\delta_{11} w_{12}} \sigma'(z_{12})",
                "δ₁₁·w₁₂·σ′(z₁₂)",
                "δ₁₁⁽ˡ⁾·w₁₂⁽ˡ⁾·σ′(z₁₂⁽ˡ⁻¹⁾)",
                "[δ₁₁·w₁₂]×σ’(z₁₂)",
                "delta11*w12*dsigma(z12)",
                "delta11w12sigma'(z12)",
                "delta_11 w_12 sigma_prime(z_12)",
                "d[1,1] w[1,2] dsigma[1,2]",
                "d11 * w(1,2) * σ'₁₂",
                "δ_11·w_{1, 2}·sigma'(z[1,2]^(l-1))",
                "（δ₁₁）＊ｗ１２ σ′（z₁₂）",
                "σ'(z12) w12 δ11",
            ],
        ),
        (
            "∂J/∂w₁₁",
            [
                r"\frac{\partial J}{\partial w_{11}^{(l)}}",
                "∂J/∂w₁₁",
                "dJ/dw11",
                "diff(J, w_11)",
                r"\frac{\mathrm{d} J}{\mathrm{d} w_{11}}",
                "∂J / ∂w[1,1]",
                r"\dfrac{dJ}{dw_{11}}",
                r"\frac{\partial}{\partial w_{11}} J",
                "partial J / partial w_11",
            ],
        ),
        (
            "∂z₁₁/∂a₁₂",
            ["dz11/da12", r"\frac{\partial z_{11}}{\partial a_{12}}", "∂z₁₁⁽ˡ⁾/∂a₁₂⁽ˡ⁻¹⁾", "d(z11)/d(a12)"],
        ),
        ("w₁₂", [r"\frac{\partial(a_{12} w_{12})}{\partial a_{12}}", "∂(a₁₂·w₁₂)/∂a₁₂", "w12"]),
        ("δ₁₁", [r"\frac{\partial J}{\partial z_{11}^{(l)}}", "∂J/∂z₁₁", "δ11", "d_11", "delta(1,1)"]),
        (
            "1/4·δ₂₁",
            [
                r"\frac{1}{4} \delta_{21}",
                "1/4·δ₂₁",
                "δ21/4",
                "0.25 delta21",
                "(1/4)d21",
                r"\frac{\delta_{21}}{4}",
            ],
        ),
        ("a₁₂", ["σ(z12^(l-1))", r"\sigma(z_{12})", "a_12", "a₁₂⁽ˡ⁻¹⁾"]),
        ("b", ["b", "b^{(l)}", "b⁽ˡ⁾", "b_1", "((b))"]),
        (
            "−2·a₁₁·a₁₁",
            ["-2a11^2", "-2·a₁₁²", "-a11**2 - a11 a11", "2(-a11)a11", "--(-2)a11{a11}", "2*-a11*a11"],
        ),
        (
            "a₁₁·w₁₁ + a₁₂·w₁₂",
            [
                r"\sum_p w_{1,p} a_{1,p}",
                "Σ_p w_{1p} a_{1p}",
                "sum_{p=1}^{2} a[1,p] w[1,p]",
                r"\sum\limits_{p=1}^{k} w_{1,p} a_{1,p}",
                "Σₚ a₁,ₚ w₁,ₚ",
            ],
        ),
    ],
)
def test_all_spellings_mean_the_same(meant: str, spellings: list[str]) -> None:
    assert {text: shown(text) for text in spellings} == dict.fromkeys(spellings, meant)


def test_a_sum_ends_with_its_term() -> None:
    """The lecture writes Σ w·a + b: one bias, not one a product."""
    assert meaning(r"\sum_p \sum_q w_{p,q} a_{p,q} + b") == meaning(
        "w11 a11 + w12 a12 + w21 a21 + w22 a22 + b"
    )


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("δ11 = δ11 w11 σ'(z11)", "δ₁₁⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾·w₁₁⁽ˡ⁾·σ′(z₁₁⁽ˡ⁻¹⁾)"),
        ("δ11 = dJ/dz11", "δ₁₁⁽ˡ⁾ = ∂J/∂z₁₁⁽ˡ⁾"),
        (
            "δ11 = dJ/dz11 = dJ/dz11 dz11/da11 da11/dz11",
            "δ₁₁⁽ˡ⁻¹⁾ = ∂J/∂z₁₁⁽ˡ⁻¹⁾ = ∂J/∂z₁₁⁽ˡ⁾·∂z₁₁⁽ˡ⁾/∂a₁₁⁽ˡ⁻¹⁾·∂a₁₁⁽ˡ⁻¹⁾/∂z₁₁⁽ˡ⁻¹⁾",
        ),
        ("z11 = a11 w11 + b", "z₁₁⁽ˡ⁾ = a₁₁⁽ˡ⁻¹⁾·w₁₁⁽ˡ⁾ + b⁽ˡ⁾"),
        ("z_1^{(l+1)} = w_{11}^{(l+1)} a_1^{(l)}", "z₁⁽ˡ⁾ = w₁₁⁽ˡ⁾·a₁⁽ˡ⁻¹⁾"),
        ("δ_1^{(2)} ∼ w_{11}^{(3)} δ_1^{(3)}", "δ₁⁽ˡ⁻¹⁾ ∼ w₁₁⁽ˡ⁾·δ₁⁽ˡ⁾"),
        ("dJ/dw11 = δ11 a11", "∂J/∂w₁₁⁽ˡ⁾ = δ₁₁⁽ˡ⁾·a₁₁⁽ˡ⁻¹⁾"),
        ("dJ/db = δ11", "∂J/∂b⁽ˡ⁾ = δ₁₁⁽ˡ⁾"),
    ],
)
def test_layers_that_are_not_written_are_inferred(text: str, understood: str) -> None:
    assert write.equation(settle_layers(parse_equation(text))) == understood


# ---- Back and forth ----------------------------------------------------------------------------------------

NAMED = st.builds(
    lambda letter, index, layer: NamedQuantity(
        letter, Index(tuple(IndexEntry(((n, ()),)) for n in index)), layer
    ),
    st.sampled_from(["z", "a", "delta"]),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.sampled_from([LayerLabel("l", 0), LayerLabel("l", -1)]),
)
LEAVES: st.SearchStrategy[Node] = st.one_of(
    NAMED,
    st.builds(lambda n: Number(Fraction(n)), st.integers(0, 20)),
    st.builds(lambda z: Call("dsigma", (NamedQuantity("z", z.index, z.layer),)), NAMED),
)
FORMULAS: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(lambda some: Product(tuple(some))),
        st.lists(st.tuples(st.sampled_from([1, -1]), parts), min_size=2, max_size=3).map(
            lambda some: Sum(tuple(some))
        ),
        st.builds(Power, parts, st.integers(0, 2)),
        st.builds(Quotient, parts, st.integers(1, 9).map(lambda n: Number(Fraction(n)))),
    ),
    max_leaves=6,
)


@given(FORMULAS)
def test_what_is_read_back_means_what_was_written(formula: Node) -> None:
    written = write.formula(formula)
    again = settle_layers(parse_equation(written)).sides[0]
    assert Evaluator(KNOWN).as_written(again) == Evaluator(KNOWN).as_written(formula), written


def number(node: Node, values: dict[str, int]) -> Fraction:
    """The value of a formula, found by walking it: an oracle that knows no terms."""
    match node:
        case Number(value=value):
            return value
        case Product(factors=factors):
            result = Fraction(1)
            for factor in factors:
                result *= number(factor, values)
            return result
        case Sum(terms=terms):
            return sum((sign * number(term, values) for sign, term in terms), Fraction(0))
        case Power(base=base, exponent=exponent):
            return number(base, values) ** exponent
        case Quotient(above=above, below=below):
            return number(above, values) / number(below, values)
    return Fraction(values.setdefault(write.formula(node), 2 + 3 * len(values)))


@given(FORMULAS)
def test_terms_have_the_value_of_the_formula(formula: Node) -> None:
    values: dict[str, int] = {}
    expected = number(formula, values)
    total = Fraction(0)
    for monomial, value in Evaluator(KNOWN).as_written(formula).items():
        for factor in monomial:
            layered = write.formula(settle_layers(parse_equation(write_term((factor,)))).sides[0])
            value *= values[layered]
        total += value
    assert total == expected


# ---- Rows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "equations"),
    [
        ("z11 = a11\nz12 = a12", ["z11 = a11", "z12 = a12"]),
        ("z11 = a11 +\n   a12\nz12 = b", ["z11 = a11 +\n   a12", "z12 = b"]),
        ("z11 = a11\n    + a12 w11\n    - b", ["z11 = a11\n    + a12 w11\n    - b"]),
        ("δ11 = dJ/dz11\n    = δ11 w11", ["δ11 = dJ/dz11\n    = δ11 w11"]),
        (
            r"\begin{aligned} z_{11} &= a_{11} \\ z_{12} &= b \end{aligned}",
            ["z_{11} &= a_{11}", "z_{12} &= b"],
        ),
        (r"$$z_{11} = b$$", ["z_{11} = b"]),
        (r"z_{11} &= b \\ &= b", ["z_{11} &= b    &= b"]),
        ("z11 = 1; z12 = 2；z21 = 3，z22 = 4, b = 5.", ["z11 = 1", "z12 = 2", "z21 = 3，z22 = 4", "b = 5"]),
        (r"z = \max(a, b) \quad a = b", [r"z = \max(a, b)", "a = b"]),
        (r"z11 = a11\;w11 \; + \,b", [r"z11 = a11\;w11 \; + \,b"]),
        (r"z11 = b \\; z12 = b", ["z11 = b", "z12 = b"]),
        ("z11 = b; + a11; z12 = b;\n= a12", ["z11 = b  + a11", "z12 = b \n= a12"]),
        (r"a_{1, 2} = 3", ["a_{1, 2} = 3"]),
        (" \n\n", []),
    ],
)
def test_rows_are_equations(text: str, equations: list[str]) -> None:
    found = split_rows(text)
    assert [row.text for row in found] == equations
    for row in found:
        assert text[row.at] == row.text[0]


# ---- Errors that point -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a11 + dsigm(z11)", "dsigm", "did you mean σ′"),
        ("a11 + simga(z11)", "simga", "did you mean σ"),
        ("a11 + detla11", "detla11", "did you mean δ"),
        (r"\detla_{11} w_{11}", r"\detla", "did you mean δ"),
        ("x11 w11", "x11", "did you mean a"),
        ("a11 w11 + W12", "W12", "did you mean w"),
        ("a11 + (w11", "(", "never closed"),
        (r"w_{12", "{", "never closed"),
        ("a11 + ) w11", ")", "no bracket is open"),
        ("a11 +", "", "too early"),
        ("δ₁₁·w₁₂ = = b", "= b", "“=”"),
        ("a11 ? w11", "?", "“?”"),
        ("a_{1;2}", ";2}", "index"),
        ("a_{1,}", "}", "index"),
        ("a11^20", "^20", "exponent"),
        ("1234567890 a11", "1234567890", "digits"),
        ("a_{11}_{12}", "_{12}", "second index"),
        ("b^{(l)}^{(l-1)}", "^{(l-1)}", "second layer"),
        ("a11 & w11", "&", "“&”"),
        ("卷积核 w11", "卷积核", "卷积核"),
        ("z11 == a11 := ", "", "too early"),
    ],
)
def test_an_error_points_at_the_place(text: str, place: str, words: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse_equation(text)
    error = caught.value
    assert words in error.text.in_language("en")
    at = len(text.rstrip()) if place == "" else text.index(place)
    assert error.at == at
    caret = error.shown.split("\n")[1]
    assert caret.strip() == "^"
    assert len(caret) - 1 == 4 + at or not text.isascii()


def test_the_caret_stands_under_wide_characters() -> None:
    with pytest.raises(NotationError) as caught:
        parse_equation("（ａ１１ ＋ 甲）")
    line, caret = caught.value.shown.split("\n")
    wide = sum(2 if ord(c) > 0x2E7F else 1 for c in line[: line.index("甲")])
    assert caret.index("^") == wide


def test_a_long_line_is_shown_around_the_place() -> None:
    with pytest.raises(NotationError) as caught:
        parse_equation("a11 + " * 200 + "? " + "+ a11" * 200)
    line, caret = caught.value.shown.split("\n")
    assert len(line) < 100 and line[caret.index("^")] == "?"


# ---- Hostile text ------------------------------------------------------------------------------------------

HOSTILE = [
    "__import__('os').system('touch pwned')", "().__class__.__bases__[0].__subclasses__()",
    "exec('1')", "eval(a11)", "lambda: a11", "open('x')", "{a11.__class__}", "f'{a11}'",
    "a11; import os", "9**9**9**9", "factorial(10**7)", "10**10**10", "2^{99999999}",
    "a11^{9999999999999999999}", "9" * 30, "-" * 20_000 + "a11", "-" * 19_990 + "a11",
    "(" * 20_000 + "a11" + ")" * 20_000, "(" * 5_000, "a11 + " * 400_000, "{" * 9_000 + "}" * 9_000,
    "[" * 9_999, r"\frac{1}{" * 2_000, "Σ_p" * 6_000 + "a11", "a11" + "/2" * 9_000,
    "a11" + "ᵀ" * 15_000, r"\frac{\partial}{\partial a_{11}}" * 600 + "a11", "σ(" * 9_000,
    "a_{" + "(1+" * 60 + "1" + ")" * 60 + "}", "a_{" + "(p+q)" * 30 + ",1}", "a_" * 10_000,
    "_" * 20_000, "\0", "\ud800", "a\u0300₁", "٣", "a₁" * 9_000, "$" * 9_999, "\\" * 9_999, "&" * 9_999,
    "=" * 9_999, "∂" * 9_999, "∂J/" * 5_000, "1/0", "\N{RIGHT-TO-LEFT OVERRIDE}a11",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:25]))
def test_hostile_text_is_read_or_refused(text: str) -> None:
    """Attacks 15 and 16. What may be read is harmless: it has few terms and no depth."""
    try:
        equation = parse_equation(text)
    except NotationError as error:
        assert error.shown.count("\n") == 1 and len(error.shown) < 300
        return
    for side in equation.sides:
        write.formula(side)


def test_nothing_executes() -> None:
    """Attack 15, seen by the interpreter: reading compiles, executes, opens and starts nothing."""
    code = (
        "import sys\n"
        "from autograder.cnn.derivations.notation.errors import NotationError\n"
        "from autograder.cnn.derivations.notation.parse import parse_equation\n"
        "from tests.test_symbolic_notation import HOSTILE\n"
        "def attempt(text):\n"
        "    try: parse_equation(text)\n"
        "    except NotationError as error: error.pointed.in_language('zh')\n"
        "attempt('a11 + x'); attempt('a_{p}'); attempt('a_{;}')\n"
        "seen = []\n"
        "def hook(event, arguments):\n"
        "    bad = ('compile', 'exec', 'open', 'import', 'os.', 'subprocess', 'ctypes')\n"
        "    if event.startswith(bad):\n"
        "        seen.append((event, arguments))\n"
        "sys.addaudithook(hook)\n"
        "for text in HOSTILE: attempt(text)\n"
        "assert not seen, seen\n"
        "eval('1')\n"
        "assert seen, 'the hook sees nothing'\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_no_parser_of_sympy_or_python_is_used() -> None:
    for file in (ROOT / "autograder" / "symbolic").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        for name in ("sympify(", "parse_expr(", "parse_latex(", " eval(", " exec(", ".simplify(", "S("):
            assert name not in text.replace("_S(", ""), (file.name, name)


PIECES = [
    "a", "w", "z", "b", "δ", r"\delta", "delta", "d", "J", "∂", r"\partial", r"\frac", "σ", "'",
    r"\sigma", "11", "1", "₁₂", "_{12}", "_{p,q}", "^{(l)}", "^{(l-1)}", "⁽ˡ⁻¹⁾", "²", "^2", "^T", "(",
    ")", "{", "}", "[", "]", "+", "-", "*", "/", "·", "=", "∼", r"\sum_p", "Σ_q", r"\max", "upsample(",
    ",", r"\dots", "&", r"\\", " ", "\n", r"\boxed{", r"\text{", "dz11", "dJ/dw11", "σ'(z11)", "s", "m",
    "u", "sum_", "dsigma", "，", "。", "$", "#", "|", r"\begin{aligned}", r"\end{aligned}", "池化",
    "9**9",
]  # fmt: skip
NEARLY = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=300), NEARLY))
def test_any_text_is_read_or_refused_in_both_languages(text: str) -> None:
    for row in [*split_rows(text), *split_rows(text, newline_separates=False)]:
        assert row.text.strip() and text[row.at] == row.text[0]
    try:
        equation = parse_equation(text)
    except NotationError as error:
        assert (
            error.text.in_language("en")
            and error.text.in_language("zh")
            and error.pointed.in_language("zh").count("\n") >= 2
        )
        assert 0 <= error.at <= max(len(text), MAX_CHARACTERS)
    else:
        assert isinstance(equation, Equation)
        assert parse_equation(write.equation(equation)).sides
