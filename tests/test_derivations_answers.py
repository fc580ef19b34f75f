"""What an honest student may type for a derivation is read, in whatever notation; what is wrong stays wrong.

Every row is one line of an answer as somebody might write it. The right ones must be read as the same
equation, so that a notation that is accepted by accident, as something else, is found out.
"""

import sys

import pytest

from autograder.cnn.derivations.checking.answers import (
    MAX_CHARACTERS,
    MAX_FORMULA_CHARACTERS,
    RIGHT,
    Question,
    answer,
)
from autograder.cnn.derivations.layer import Layer

EXAMPLE = Layer((3, 3), (2, 2))
RESIDUALS = Question(EXAMPLE, ("z", "delta"))
GRADIENTS = Question(EXAMPLE, ("w", "b"))
FORMULA = Question(Layer((5, 4), (3, 2), 2), ("delta",), general=True)
FORMULAS = Question(Layer((5, 4), (3, 2), 2), ("w", "b"), general=True)

Z11, DELTA12, DELTA13, W12 = "z[1,1]@l", "delta[1,2]@l-1", "delta[1,3]@l-1", "w[1,2]@l"

DELTA12_LINES = r"""
δ12 = (δ11 w12 + δ12 w11) σ'(z12)
δ₁₂ = (δ₁₁w₁₂ + δ₁₂w₁₁)σ′(z₁₂)
δ₁₂⁽ˡ⁻¹⁾ = (δ₁₁⁽ˡ⁾w₁₂⁽ˡ⁾ + δ₁₂⁽ˡ⁾w₁₁⁽ˡ⁾)σ′(z₁₂⁽ˡ⁻¹⁾)
delta_12^{l-1} = (delta_11^l w_12^l + delta_12^l w_11^l) sigma'(z_12^{l-1})
δ^(l-1)_12 = (δ^(l)_11 w_12 + δ^(l)_12 w_11) σ'(z^(l-1)_12)
delta12 = (delta11*w12 + delta12*w11)*sigma_prime(z12)
delta_1_2 = (delta_1_1*w_1_2 + delta_1_2*w_1_1)*dsigma(z_1_2)
δ(1,2) = (δ(1,1)w(1,2) + δ(1,2)w(1,1))σ'(z(1,2))
δ[1][2] = (δ[1][1] w[1][2] + δ[1][2] w[1][1]) σ'(z[1][2])
δ_1,2 = (δ_1,1 w_1,2 + δ_1,2 w_1,1) σ'(z_1,2)
δ_{1，2} = (δ_{1，1}w_{1，2}+δ_{1，2}w_{1，1})σ'(z_{1，2})
d_12 = (d_11 w_12 + d_12 w_11) σ'(z_12)
δ１２ ＝（δ１１w１２＋δ１２w１１）σ’（z１２）
δ12 = (δ11·w12 + δ12×w11)·σ'(z12)
δ12 = (δ11*w12 + δ12*w11) ⊙ σ'(z12)
\delta_{12} = (\delta_{11} \times w_{12} + \delta_{12} \cdot w_{11}) \odot \sigma'(z_{12})
\delta_{12}^{l-1} = \left(\delta_{11}^{l} w_{12} + \delta_{12}^{l} w_{11}\right)\,\sigma'\!\left(z_{12}\right)
$\delta_{12}=(\delta_{11}w_{12}+\delta_{12}w_{11})\sigma^{\prime}(z_{12})$
δ12 = δ11w12σ'(z12) + δ12w11σ'(z12)
δ12 = [δ11 w12 + δ12 w11] σ'12
δ12 = (δ11 w12 + δ12 w11) dsigma[1,2]
δ12 = (δ11 w12 + δ12 w11) f'(z12)
Δ12 = (Δ11 W12 + Δ12 W11) σ'(Z12)
∂J/∂z12 = (∂J/∂z11^(l) w12 + ∂J/∂z12^(l) w11) σ'(z12)
δ12 := (δ11 w12 + δ12 w11) σ'(z12)
δ12 = (δ11 w12 + δ12 w11) σ'(z12).
δ12 = (δ11 w12 + δ12 w11) σ'(z12)，
残差：δ12 = (δ11 w12 + δ12 w11) σ'(z12)
残差δ12 = (δ11 w12 + δ12 w11) σ'(z12)
解: δ12 = (δ11 w12 + δ12 w11) σ'(z12)
所以，δ12 = (δ11 w12 + δ12 w11) σ'(z12)
a12: δ12 = (δ11 w12 + δ12 w11) σ'(z12)
Hence, δ12 = (δ11 w12 + δ12 w11) σ'(z12)
(2) δ12 = (δ11 w12 + δ12 w11) σ'(z12)
2. δ12 = (δ11 w12 + δ12 w11) σ'(z12)
2、δ12 = (δ11 w12 + δ12 w11) σ'(z12)
② 边：δ12 = (δ11 w12 + δ12 w11) σ'(z12)
- δ12 = (δ11 w12 + δ12 w11) σ'(z12)
* δ12 = (δ11 w12 + δ12 w11) σ'(z12)
• δ12 = (δ11 w12 + δ12 w11) σ'(z12)
> δ12 = (δ11 w12 + δ12 w11) σ'(z12)
**δ12** = (δ11 w12 + δ12 w11) σ'(z12)
`δ12 = (δ11 w12 + δ12 w11) σ'(z12)`
δ12 = (δ11 w12 + δ12 w11) σ'(z12)  # a12 is in z11 = …, and in z12
δ12 = (δ11 w12 + δ12 w11) σ'(z12)  // two windows
δ12 = (δ11 w12 + δ12 w11) σ'(z12)  (a12 在 z11 和 z12 中)
δ12 = (δ11 w12 + δ12 w11) σ'(z12)，因为 a12 在两个窗口里
δ12 = (δ11 w12 + δ12 w11) σ'(z12)  (an edge of the map)
δ12 = (δ11 w12 + δ12 w11) σ'(z12) ✓
""".strip().split("\n")
"""The same line, in many hands."""

DELTA12_TEXTS = [
    "\n\n\tδ12\t=\t(δ11 w12 + δ12 w11) σ'(z12)\r\n\r\n",
    "δ12 = (δ11 w12\n     + δ12 w11) σ'(z12)",
    "δ12\n  = (δ11 w12 + δ12 w11)\n    σ'(z12)",
    r"\delta_{12} &= (\delta_{11} w_{12} + \delta_{12} w_{11})" + "\n" + r"\sigma'(z_{12}) \\",
    "δ11=δ11w11σ'(z11)；δ12=(δ11w12+δ12w11)σ'(z12);δ13=δ12w12σ'(z13)",
    "# the edge\nδ12 = (δ11 w12 + δ12 w11) σ'(z12)\n// that was δ12 = it",
    "第一步：写出相关的 z\nδ12 = (δ11 w12 + δ12 w11) σ'(z12)\n完毕",
    "δ11 = (δ11 w11 σ'(z11)\nδ12 = (δ11 w12 + δ12 w11) σ'(z12)",
]
"""The same line among others, or over several rows."""


def said(question, line, typed):
    return answer(question, line, typed)


@pytest.mark.parametrize("typed", [*DELTA12_LINES, *DELTA12_TEXTS])
def test_a_residual_is_read_in_every_hand(typed):
    given = said(RESIDUALS, DELTA12, typed)
    assert given.says == RIGHT, given.text.in_language("en")
    read_as = said(RESIDUALS, DELTA12, given.read_as)
    assert read_as.says == RIGHT  # what it was read as says the same, in the lecture's notation
    # The same text with two indices exchanged is wrong: nothing of it was passed over.
    for old, new in (
        ("w12", "w21"),
        ("w_12", "w_21"),
        ("w_{12}", "w_{21}"),
        ("w₁₂", "w₂₁"),
        ("w１２", "w２１"),
    ):
        if old in typed:
            assert said(RESIDUALS, DELTA12, typed.replace(old, new)).says != RIGHT


@pytest.mark.parametrize(
    "typed",
    [
        "δ12 = (δ11 w12 + δ12 w11)",
        "δ12 = δ11 w12 + δ12 w11 σ'(z12)",
        "δ12 = (δ11 w12 + δ12 w11) σ'(z11)",
        "δ12 = (δ11 w12 + δ12 w11) σ(z12)",
        "δ12 = (δ11 w12 - δ12 w11) σ'(z12)",
        "δ12 = (δ11 w12 + δ12 w11) σ'(z12) + b",
        "δ12 = 2(δ11 w12 + δ12 w11) σ'(z12)",
        "δ12 = (δ11 w12 + δ12 w11) σ'(z12)²",
        "δ12 = (δ11 w12 + δ12 w11)\nσ'(z12) = δ12",
        "δ12 ∼ (δ11 w12 + δ12 w11) σ'(z12)",
        "δ12 ≈ (δ11 w12 + δ12 w11) σ'(z12)",
        "δ12 = (δ11 w12 + δ12 w11) σ'(z12) or not",
        "δ12 = (δ11 w12 + δ12 w11) σ'(z12)\nδ12 = δ11 w12 σ'(z12)",
        "δ12 = δ11 w12 σ'(z12)\nδ12 = (δ11 w12 + δ12 w11) σ'(z12)",
        "# δ12 = (δ11 w12 + δ12 w11) σ'(z12)",
        "(δ11 w12 + δ12 w11) σ'(z12)",
        "= (δ11 w12 + δ12 w11) σ'(z12)",
        "δ12 = δ12^(l-1)",
        "δ12 = ∂J/∂z12^(l-1)",
        "δ12 = Σ_p δ_{1,p} w_{1,3-p} σ'(z12)",
        "残差：δ12",
        "δ12 = 残差",
        "δ13 = (δ11 w12 + δ12 w11) σ'(z12)",
    ],
)
def test_what_is_wrong_or_unfinished_is_not_read_as_right(typed):
    assert said(RESIDUALS, DELTA12, typed).says != RIGHT


@pytest.mark.parametrize(
    "typed",
    [
        "∂J/∂w12 = δ11a12 + δ12a13 + δ21a22 + δ22a23",
        "∂J／∂w_12＝δ11a12＋δ12a13＋δ21a22＋δ22a23",
        "dJ/dw12 = d11*a12 + d12*a13 + d21*a22 + d22*a23",
        "dL/dW12 = d11*x12 + d12*x13 + d21*x22 + d22*x23",
        "∂L/∂W[1][2] = δ[1][1]A[1][2] + δ[1][2]A[1][3] + δ[2][1]A[2][2] + δ[2][2]A[2][3]",
        "(∂J)/(∂w12) = δ11a12 + δ12a13 + δ21a22 + δ22a23",
        r"\frac{dJ}{dw_{12}} = \delta_{11}a_{12} + \delta_{12}a_{13} + \delta_{21}a_{22} + \delta_{22}a_{23}",
        r"\frac{\partial L}{\partial w_{12}} = δ₁₁a₁₂+δ₁₂a₁₃+δ₂₁a₂₂+δ₂₂a₂₃",
        "∂J/∂w12 = ∂J/∂z11 a12 + ∂J/∂z12 a13 + ∂J/∂z21 a22 + ∂J/∂z22 a23",
        "w12 的梯度：∂J/∂w12 = δ11·a12+δ12·a13\n+ δ21·a22+δ22·a23",
        "∂J/∂w(1,2) = δ(1,1)a(1,2) + δ(1,2)a(1,3) + δ(2,1)a(2,2) + δ(2,2)a(2,3)",
    ],
)
def test_a_gradient_is_read_in_every_hand(typed):
    given = said(GRADIENTS, W12, typed)
    assert given.says == RIGHT, given.text.in_language("en")
    assert said(GRADIENTS, W12, given.read_as).says == RIGHT
    assert said(GRADIENTS, W12, typed[: max(map(typed.rfind, "+＋"))]).says != RIGHT


@pytest.mark.parametrize(
    "typed",
    [
        "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{u,v})",
        "1. δ_{i,j} = σ'(z_{i,j}) Σ_{m,n} δ_{m,n} w_{i-ms+s, j-ns+s}",
        "(1) δ[u,v] = sum_p sum_q δ[p,q] w[u-(p-1)*stride, v-(q-1)*stride] dsigma(z[u,v])",
        "δ(u,v) = Σ_p Σ_q δ(p,q) w(u-(p-1)s, v-(q-1)s) σ'(z(u,v))",
        "δ_uv = Σ_pq δ_pq w_{u-s(p-1), v-s(q-1)} σ'(z_uv)   (s is the stride)",
        "一般公式：δ_{x,y} = Σ_p Σ_q δ_{p,q} W_{x-(p-1)s, y-(q-1)s} σ'(z_{x,y})，其中 s 是步长",
        r"\delta_{u,v}=\sum_{p=1}^{H_o}\sum_{q=1}^{W_o}\delta_{p,q}w_{u-(p-1)s,v-(q-1)s}\sigma'(z_{u,v})",
    ],
)
def test_a_general_formula_is_read_in_every_hand(typed):
    given = said(FORMULA, "delta", typed)
    assert given.says == RIGHT, given.text.in_language("en")
    assert said(FORMULA, "delta", given.read_as).says == RIGHT
    assert said(FORMULA, "delta", typed.replace("w", "a", 1).replace("W", "a", 1)).says != RIGHT


@pytest.mark.parametrize(
    "typed",
    [
        "∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{(u-1)s+p, (v-1)s+q}\n∂J/∂b = Σ_u Σ_v δ_{u,v}",
        "(1) dJ/dw[m,n] = sum_i sum_j d[i,j]*a[s*(i-1)+m,s*(j-1)+n]\n(2) dJ/db = sum_i sum_j d[i,j]",
        "权重：∂J/∂w_pq = Σ_uv δ_uv a_{(u-1)s+p,(v-1)s+q}；偏置：∂J/∂b = Σ_uv δ_uv",
    ],
)
def test_two_general_formulas_are_told_apart(typed):
    for line in ("w", "b"):
        given = said(FORMULAS, line, typed)
        assert given.says == RIGHT, given.text.in_language("en")


def test_the_line_that_could_not_be_read_is_shown_where_one_is_missing():
    told = said(RESIDUALS, DELTA12, "δ12_prev = (δ11 w12 + δ12 w11) σ'(z12)")
    assert (
        told.verdict == "missing"
        and "δ12_prev" in told.text.in_language("en")
        and "δ12_prev" in told.text.in_language("zh")
    )


HOSTILE = {
    "blanks": " " * 7_000 + "=",
    "words": "中 " * 3_500 + "=",
    "an open bracket of words": "(" + "ab " * 2_000,
    "open brackets": "δ12 = " + "z(" * 3_500,
    "nested brackets": "δ12 = " + "(" * 3_500 + "a11" + ")" * 3_500,
    "minuses": "δ12 = " + "-" * 7_000 + "a11",
    "a tower": "δ12 = 9**9**9**9",
    "powers": "δ12 = (a11+a12+a13+a21+a22+a23)**8 (w11+w12+w21+w22)**8",
    "a product": "δ12 = " + "(a11+a12+w11)" * 500,
    "fractions": "δ12 = " + "1/" * 3_500 + "a11",
    "separators": ";" * 7_000,
    "relations": "=\n" * 3_500,
    "dollars": "$" * 7_000,
    "a chain": "δ12 = " + "δ12 w11 σ'(z12) = " * 400 + "a11",
    "many sums": "δ_{u,v} = " + "Σ_p Σ_q Σ_m Σ_n (Σ_c Σ_d w_{c,d})**8 " + "δ_{p,q}",
    "code": "δ12 = __import__('os').system('true')",
}


@pytest.mark.parametrize("typed", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("question", [RESIDUALS, FORMULA], ids=["lines", "formula"])
def test_a_hostile_text_costs_a_bounded_number_of_steps(question, typed):
    """Counted in Python calls, not in seconds: half a million take a fraction of a second."""
    said(question, question.lines()[0], "z11 = a11")  # what is loaded and found once
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        given = [said(question, line, typed[:MAX_CHARACTERS]) for line in question.lines()]
    finally:
        sys.setprofile(None)
    assert all(one.says != RIGHT for one in given)
    assert calls < 500_000


@pytest.mark.parametrize("question, limit", [(RESIDUALS, MAX_CHARACTERS), (FORMULA, MAX_FORMULA_CHARACTERS)])
def test_a_text_beyond_the_limit_is_not_read_at_all(question, limit):
    right = {
        RESIDUALS: "δ12 = (δ11 w12 + δ12 w11) σ'(z12)",
        FORMULA: "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{u,v})",
    }[question]
    line = DELTA12 if question is RESIDUALS else "delta"
    assert said(question, line, right.ljust(limit)).says == RIGHT
    refused = said(question, line, right.ljust(limit + 1))
    assert refused.says != RIGHT and refused.verdict == "unreadable"
