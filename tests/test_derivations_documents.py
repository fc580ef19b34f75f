"""Whole files: what is found in them, what is confirmed, what is faulted, and what is honestly left open."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.base.messages import COURSE_LANGUAGES
from autograder.cnn.derivations.documents.check import check_file, check_text
from autograder.cnn.derivations.documents.find import DocumentError
from autograder.cnn.derivations.documents.markup import as_markdown
from autograder.cnn.derivations.documents.report import Checked, Report
from autograder.cnn.derivations.documents.settings import Options
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, LayerError, Pooling, max_pooling
from autograder.cnn.derivations.pages import render
from autograder.cnn.derivations.pages.steps import derive
from tests.commands import call_here as call
from tests.typed_equations import NEARLY

SAMPLES = Path(__file__).parent / "derivations"
GENERIC = Layer((5, 4), (3, 2))


def statuses(report: Report) -> list[str]:
    return [one.status for one in report.equations]


def only(report: Report) -> Checked:
    assert len(report.equations) == 1, report.equations
    return report.equations[0]


# ---- The lecture -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lecture() -> Report:
    return check_file(SAMPLES / "lecture.md")


def test_nothing_in_the_lecture_is_called_wrong(lecture: Report) -> None:
    assert lecture.counts["wrong"] == 0


def test_every_line_of_the_worked_examples_is_confirmed(lecture: Report) -> None:
    """z₁₁…z₂₂ on each of their pages, ∂z/∂a, δ₁₁, δ₁₂, ∂J/∂w₁₁, ∂J/∂w₁₂, ∂J/∂b, with every step."""
    text = (SAMPLES / "lecture.md").read_text(encoding="utf-8")
    found = Counter(re.match(r"\S+", one.read_as)[0] for one in lecture.equations if one.status == "right")  # type: ignore[index]
    pages = len(re.findall(r"z_\{11\}\^\{\(l\)\} *&?=", text))
    for left in ("z₁₁⁽ˡ⁾", "z₁₂⁽ˡ⁾", "z₂₁⁽ˡ⁾", "z₂₂⁽ˡ⁾"):
        assert found[left] == pages == 8
    assert found["δ₁₁⁽ˡ⁻¹⁾"] == found["δ₁₂⁽ˡ⁻¹⁾"] == 1
    assert found["∂J/∂w₁₁⁽ˡ⁾"] == found["∂J/∂w₁₂⁽ˡ⁾"] == 1
    assert found["∂z₁₁⁽ˡ⁾/∂a₁₁⁽ˡ⁻¹⁾"] == found["∂z₁₁⁽ˡ⁾/∂a₁₂⁽ˡ⁻¹⁾"] == found["∂z₁₂⁽ˡ⁾/∂a₁₂⁽ˡ⁻¹⁾"] == 1
    assert found["∂J/∂b⁽ˡ⁾"] == 2, "the example and the general formula"


def test_the_general_formulas_are_confirmed_at_every_element(lecture: Report) -> None:
    general = {one.read_as: one for one in lecture.equations if one.elements > 1}
    by_left = {read_as.partition(" = ")[0]: one for read_as, one in general.items()}
    assert {one.status for one in general.values() if not 20 < one.line < 45} == {"right"}
    for left, count in (("z_{u,v}⁽ˡ⁾", 4), ("z_{p,q}⁽ˡ⁾", 4), ("∂J/∂w_{p,q}⁽ˡ⁾", 4), ("δ_{u,v}⁽ˡ⁻¹⁾", 9)):
        assert by_left[left].elements == count
    assert "rotated by 180°" in by_left["δ_{u,v}⁽ˡ⁻¹⁾"].text.in_language("en")


def test_what_is_left_open_is_told_why(lecture: Report) -> None:
    open_ones = [one for one in lecture.equations if one.status.startswith("not_")]
    reasons = Counter(one.text.in_language("en").split("\n")[0] for one in open_ones)
    assert reasons == {
        "True, but it repeats its left-hand side or ends in undone derivatives.": 1,
        "δ has 2 indices here, not 1.": 2,
        "“r” is none of the lecture's quantities z, a, w, b, δ, σ, J.": 1,
    }


def test_the_lectures_pages_on_pooling_are_checked(lecture: Report) -> None:
    """max and mean over a window, ∂z/∂a in both cases, upsample, 1/(m·n) of the window that holds u, v."""
    pages = [one for one in lecture.equations if 20 < one.line < 45]
    assert [one.status for one in pages] == [
        *("right", "not_carried_out", "conditional", "conditional", "conditional", "conditional"),
        *("right", "right", "right"),
    ]
    conditions = [one.text.in_language("en") for one in pages if one.status == "conditional"]
    assert ["not the largest" in each for each in conditions] == [True, True, False, False]
    assert "the window that holds the element" in pages[-1].text.in_language("en")


def test_the_sizes_of_the_lecture_are_read_from_it(lecture: Report) -> None:
    assert {*lecture.layers} >= {Layer((3, 3), (2, 2)), GENERIC, Dense(3, 2)}


def test_without_the_note_the_rotated_formula_is_wrong_and_told_so() -> None:
    text = (SAMPLES / "lecture.md").read_text(encoding="utf-8")
    report = check_text(re.sub("翻转", "", text))
    (wrong,) = [one for one in report.equations if one.status == "wrong"]
    assert wrong.read_as.startswith("δ_{u,v}") and "the text does not say so" in wrong.text.in_language("en")


# ---- Mistakes ----------------------------------------------------------------------------------------------


def test_mistakes_are_found_and_named() -> None:
    report = check_file(SAMPLES / "mistakes.md")
    found = [(one.line, one.status, " ".join(slip.id for slip in one.slips)) for one in report.equations]
    assert found == [
        (8, "right", ""),
        (9, "wrong", ""),
        (10, "wrong", ""),
        (11, "wrong", "bias_missing"),
        (16, "right", ""),
        (17, "wrong", "kernel_not_rotated"),
        (18, "wrong", "dsigma_missing"),
        (19, "wrong", ""),
        (20, "not_carried_out", ""),
        (22, "wrong", ""),
        (28, "wrong", "z_for_a"),
        (29, "wrong", ""),
        (30, "not_carried_out", ""),
        (31, "not_understood", ""),
        (32, "wrong", "mean_for_sum"),
    ]
    by_line = {one.line: one for one in report.equations}
    assert [fault.kind for fault in by_line[9].faults] == ["index"]
    assert [fault.kind for fault in by_line[10].faults] == ["sign"]
    assert "∂z₁₂⁽ˡ⁾/∂a₁₃⁽ˡ⁻¹⁾" in by_line[22].text.in_language("en"), "the side that is wrong"
    assert [fault.kind for fault in by_line[29].faults] == ["coefficient"]


def test_general_formulas_are_checked_in_a_layer_without_symmetry() -> None:
    report = check_file(SAMPLES / "general.tex")
    assert statuses(report) == ["right"] * 3 + ["wrong"] * 3 + ["conditional", "statement"]
    assert report.layers[0] == GENERIC
    assert [one.elements for one in report.equations[:3]] == [9, 6, 20]


@pytest.mark.parametrize(
    ("formula", "status"),
    [
        ("z_{p,q} = Σ_m Σ_n w_{m,n} a_{p+m-1,q+n-1} + b", "right"),
        ("z_{pq} = Σ_{m,n} w_{mn} a_{p+m-1,q+n-1} + b", "right"),
        ("z_{p,q} = Σ_{m=1}^{k} Σ_{n=1}^{k} w_{m,n} a_{p+m-1,q+n-1} + b", "right"),
        ("z_{p,q} = Σ_m Σ_n w_{m,n} a_{p+n-1,q+m-1} + b", "wrong"),
        ("z_{p,q} = Σ_m Σ_n w_{n,m} a_{p+m-1,q+n-1} + b", "wrong"),
        ("z_{p,q} = Σ_m Σ_n (w_{m,n} a_{p+m-1,q+n-1} + b)", "wrong"),
        ("z_{p,q} = Σ_m Σ_n w_{m,n} a_{p-m+1,q-n+1} + b", "right"),  # a true convolution
        ("z_{p,q} = Σ_m Σ_n w_{m,n} a_{p-m+2,q-n+1} + b", "wrong"),
        ("dJ/da_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-p+1,v-q+1}", "right"),
        ("dJ/da_{u,v} = Σ_m Σ_n δ_{u-m+1,v-n+1} w_{m,n}", "right"),
        ("dJ/da_{u,v} = Σ_m Σ_n δ_{u+m-1,v+n-1} w_{m,n}", "wrong"),
        ("dJ/dw_{m,n} = Σ_p Σ_q δ_{p,q} a_{p+m-1,q+n-1}", "right"),
        ("dJ/dw_{m,n} = Σ_p Σ_q dJ/dz_{p,q} dz_{p,q}/dw_{m,n}", "not_carried_out"),
        ("dz_{p,q}/dw_{m,n} = a_{p+m-1,q+n-1}", "right"),
        ("dz_{p,q}/dw_{m,n} = a_{p+m,q+n}", "right"),  # counted from 0
        ("dz_{p,q}/dw_{m,n} = a_{p+m,q+n-1}", "wrong"),
        ("dJ/db = Σ_p Σ_q δ_{p,q}", "right"),
        ("a_{p,q} = σ(z_{p,q})", "right"),
        ("z_{p,q} = Σ_{m=0}^{2} Σ_n w_{m,n} a_{p+m,q+n-1} + b", "not_covered"),
        ("z_{p,q} = w_{m,n} a_{p+m-1,q+n-1} + b", "not_covered"),
        ("z_{p,q,r,t} = b", "not_covered"),
    ],
)
def test_general_formulas(formula: str, status: str) -> None:
    assert only(check_text(formula, ".txt")).status == status


def test_the_letter_s_is_the_stride() -> None:
    formula = "z_{p,q} = Σ_m Σ_n w_{m,n} a_{(p-1)*s+m,(q-1)*s+n} + b"
    for stride in (1, 2, 3):
        assert only(check_text(formula, ".txt", Options(stride=stride))).status == "right"
    fixed = formula.replace("*s", "*2")
    assert only(check_text(fixed, ".txt", Options(stride=2))).status == "right"
    assert only(check_text(fixed, ".txt", Options(stride=1))).status == "wrong"


def test_padding_shifts_the_input() -> None:
    formula = "z_{p,q} = Σ_m Σ_n w_{m,n} a_{p+m-2,q+n-2} + b"
    assert only(check_text(formula, ".txt", Options(padding=1))).status == "right"
    assert only(check_text(formula, ".txt", Options(padding=0))).status == "wrong"


def test_several_channels_and_kernels_are_numbered() -> None:
    layer = Layer((4, 5), (2, 2), 1, 0, 2, 3)
    text = render.document(derive(layer, "z", False), "text", "en")
    general = "\nz_{k,p,q} = Σ_c Σ_m Σ_n w_{k,c,m,n} a_{c,p+m-1,q+n-1} + b_k\n"
    report = check_text(text + general, ".txt")
    assert {*statuses(report)} == {"right"} and report.layers == (layer,)
    wrong = check_text(text + general.replace("w_{k,c", "w_{1,c"), ".txt")
    assert wrong.equations[-1].status == "wrong"


# ---- Back and forth ----------------------------------------------------------------------------------------

SUFFIX = {"text": ".txt", "latex": ".tex", "markdown": ".md"}


def count_of(data: Any) -> int:
    """How many equations a page has, counted in its JSON."""
    if isinstance(data, dict):
        return ("left" in data) + sum(map(count_of, data.values()))
    return sum(map(count_of, data)) if isinstance(data, list) else 0


@pytest.mark.parametrize("form", [*SUFFIX])
@pytest.mark.parametrize(
    "layer",
    [Layer((3, 3), (2, 2)), Layer((4, 5), (2, 3), 2, 1), Layer((3, 3), (2, 2), 1, 0, 2, 2), Dense(3, 2)],
    ids=str,
)
def test_what_derive_prints_is_confirmed_line_by_line(layer: AnyLayer, form: str) -> None:
    """Round trip: every equation of every page, in each notation, both languages, with and without layers."""
    steps = derive(layer, "all", True)
    count = count_of(steps.to_data("en"))
    for lang, names in (("zh", False), ("en", True)):
        text = render.document(steps, form, lang, names)  # type: ignore[arg-type]
        given = (
            Options(layer.input, layer.kernel, layer.stride, layer.padding)
            if isinstance(layer, Layer)
            else Options()
        )
        report = check_text(text, SUFFIX[form], given)
        assert report.layers == (layer,)
        # Closed forms are drawn with matrices in LaTeX; those are not checked.
        equations = [one for one in report.equations if "pmatrix" not in one.source]
        assert Counter(one.status for one in equations) == {"right": count}


@pytest.mark.parametrize("form", [*SUFFIX])
@pytest.mark.parametrize(
    "layer", [Pooling((4, 4), (2, 2)), max_pooling(Pooling((4, 4), (2, 2)))], ids=["avg", "max"]
)
def test_pages_on_pooling_are_right_and_those_of_an_example_map_under_a_condition(
    layer: Pooling, form: str
) -> None:
    status = "right" if layer.kind == "avg" else "conditional"
    for lang in COURSE_LANGUAGES:
        report = check_text(render.document(derive(layer, "all", True), form, lang), SUFFIX[form])  # type: ignore[arg-type]
        equations = [one for one in report.equations if "pmatrix" not in one.source]
        assert len(equations) >= 40 and {one.status for one in equations} == {status}
        assert not report.counts["wrong"]


RST = r"""
Convolution
===========

The output :math:`z_{11} = a_{11}w_{11} + a_{12}w_{12} + b` and

.. math::
   :label: two

   z_{12} &= a_{12}w_{11} + a_{13}w_{12} + b \\
   z_{13} &= a_{13}w_{11} + a_{14}w_{11} + b

   z_{14} = a_{14}w_{11} + a_{15}w_{12} + b

.. math:: \frac{\partial J}{\partial a_{12}} = \delta_{11}w_{12} + \delta_{12}w_{11}

So much for that.
"""
HTML = r"""<html><head><title>z = a</title><script>var z11 = a11;</script></head><body>
<h2>Convolution</h2>
<p>The output is \(z_{11} = a_{11}w_{11} + a_{12}w_{12} + b\), and <em>so</em>
\[\begin{align} z_{12} &amp;= a_{12}w_{11} + a_{13}w_{12} + b \\
z_{13} &amp;= a_{13}w_{11} + a_{14}w_{11} + b \end{align}\]
<script type="math/tex; mode=display">z_{14} = a_{14}w_{11} + a_{15}w_{12} + b</script>
<script type="math/tex">\frac{\partial J}{\partial a_{12}} = \delta_{11}w_{12} + \delta_{12}w_{11}</script>
<pre>z_{11} = 3 a_{12}</pre>
</body></html>
"""


def test_formulas_in_html_are_read_whole_and_what_is_not_read_keeps_its_lines() -> None:
    text = "<h2\nclass=x>A</h2><script type='math/tex; mode=display'>a<b c>d</script>"
    text += "<pre>$z$\n</pre><!-- $z$ -->&lt;"
    assert as_markdown(text, ".html") == "\n# A $$a<b c>d$$\n<"
    assert as_markdown("<b><script type='math/tex'>z</script>", ".md") == "<b>$z$"


NEVER_ENDING = ("<script ", "<script>", "<script type=math/tex>", "<!--", "<style>x", "<a", ".. math::\n\n")


@pytest.mark.parametrize("part", [*NEVER_ENDING, ":math:`"])
@pytest.mark.parametrize("suffix", [".html", ".rst"])
def test_a_markup_that_never_ends_is_soon_read(part: str, suffix: str) -> None:
    """A search for what never comes, begun at each of so many places, would not end within hours."""
    assert len(as_markdown(part * 400_000, suffix)) < 10**7


@pytest.mark.parametrize(
    ("text", "suffix", "lines"), [(RST, ".rst", [5, 10, 11, 13, 15]), (HTML, ".html", [3, 4, 5, 6, 7])]
)
def test_restructured_text_and_html_are_read(text: str, suffix: str, lines: list[int]) -> None:
    report = check_text(text, suffix)
    assert statuses(report) == ["right", "right", "wrong", "right", "right"]
    assert [one.line for one in report.equations] == lines


TWO_CHANNELS = "z_{k,i,j} = Σ_{c=1}^{2} Σ_m Σ_n w_{k,c,m,n} a_{c,i+m-1,j+n-1} + b_k"
TWO_KERNELS = "dJ/da_{c,u,v} = Σ_{k=1}^{2} Σ_p Σ_q δ_{k,p,q} w_{k,c,u-p+1,v-q+1}"
NINTH = "δ_{u,v}^{l-1} = 1/9 δ_{p,q}^l σ'(z_{u,v}^{l-1})"


@pytest.mark.parametrize(
    ("formula", "given", "status"),
    [
        (TWO_CHANNELS, {"channels": 2}, "right"),
        (TWO_CHANNELS, {"channels": 3}, "wrong"),
        (TWO_KERNELS, {"kernels": 2}, "right"),
        (TWO_KERNELS, {"kernels": 4}, "wrong"),
        ("dJ/db_k = Σ_{n=1}^{4} Σ_p Σ_q δ_{n,k,p,q}", {"batch": 4}, "right"),
        ("dJ/db_k = Σ_{n=1}^{4} Σ_p Σ_q δ_{n,k,p,q}", {"batch": 5}, "wrong"),
        (NINTH, {"pool": "avg", "window": (3, 3)}, "right"),
        (NINTH, {"pool": "avg", "window": (2, 2)}, "wrong"),
        (NINTH, {"pool": "max"}, "wrong"),
    ],
)
def test_what_is_given_overrides_the_text(formula: str, given: dict[str, Any], status: str) -> None:
    assert only(check_text(formula, options=Options(**given))).status == status


# ---- Sizes -------------------------------------------------------------------------------------------------

RIGHT = render.document(derive(Layer((4, 5), (2, 3)), "all", False), "text", "en")


def test_sizes_are_the_largest_indices() -> None:
    assert check_text(RIGHT, ".txt", Options()).layers == (Layer((4, 5), (2, 3)),)


@pytest.mark.parametrize(
    ("old", "new"), [("a₄₅·w₂₃", "a₅₅·w₂₃"), ("a₄₅·w₂₃", "a₄₅·w₃₃"), ("δ₃₃·w₂₃", "δ₄₃·w₂₃")]
)
def test_a_wrong_index_costs_its_own_line_only(old: str, new: str) -> None:
    """Even where it is the largest of all."""
    text = "\n".join(line for line in RIGHT.split("\n") if "∗" not in line)
    assert old in text
    report = check_text(text.replace(old, new, 1), ".txt")
    assert report.counts["wrong"] == 1


def test_sizes_may_be_given() -> None:
    line = "z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b"
    assert only(check_text(line, ".txt", Options((3, 3), (2, 2)))).status == "right"
    wrong = only(check_text(line, ".txt", Options((3, 3), (3, 3))))
    assert wrong.status == "wrong" and len(wrong.faults) == 5


def test_sizes_that_the_text_states_hold_from_there_on() -> None:
    line = "\n\nz11 = a11 w11 + a12 w12 + b\n\n"
    text = f"# 3×3 ∗ 1×2{line}# 输入 4×4，卷积核 2×2{line}Input 5x5, kernel 1x2:{line}"
    assert statuses(check_text(text)) == ["right", "wrong", "right"]


def test_too_little_to_know_the_sizes_is_not_covered() -> None:
    assert only(check_text("w11 = w12", ".txt")).status == "not_covered"


@pytest.mark.parametrize("options", [Options((2, 2), (3, 3)), Options(stride=0), Options(padding=-1)])
def test_sizes_that_make_no_layer_are_refused(options: Options) -> None:
    with pytest.raises(LayerError):
        check_text("z11 = b", ".txt", options)


# ---- Finding -----------------------------------------------------------------------------------------------

GOOD = "z_{11} = a_{11} w_{11} + b"


@pytest.mark.parametrize(
    ("text", "suffix", "lines"),
    [
        (f"${GOOD}$", ".md", [1]),
        (f"$${GOOD}$$", ".md", [1]),
        (f"\n$$\n{GOOD}\n$$\n", ".md", [3]),
        (rf"\[ {GOOD} \]", ".md", [1]),
        (rf"text \( {GOOD} \) text", ".md", [1]),
        (f"so ${GOOD}$ and ${GOOD}$.", ".md", [1, 1]),
        (f"It costs $5.\n\n${GOOD}$ and $5 more", ".md", [3]),
        (f"\\begin{{equation}}\n{GOOD}\n\\end{{equation}}", ".tex", [2]),
        (f"\\begin{{align*}}\n{GOOD} \\\\\n{GOOD}\n\\end{{align*}}", ".tex", [2, 3]),
        (f"% ${GOOD}$\n100\\% ${GOOD}$", ".tex", [2]),
        (f"```python\n{GOOD}\n```\n{GOOD}", ".md", [4]),
        (f"```\n{GOOD}\n```", ".md", [2]),
        (f"~~~js\nz11 = b\n~~~\n\n- {GOOD}\n* {GOOD}\n1. {GOOD}\n> {GOOD}", ".md", [5, 6, 7, 8]),
        ("z11 = a11 w11\n    + b\nand so on = so forth", ".txt", [1]),
        ("`z11 = a11 w11 + b`", ".md", [1]),
        ("Title\n=====\n\nz11 = a11 w11 + b", ".md", [4]),
        ("where $n = 3$ and $m = 2$", ".md", [1, 1]),
        ("$w_{11}$ | $2 \\times 2$ | a = no quantity of the lecture", ".md", []),
        ("the kernel = 3", ".md", []),
        ("", ".md", []),
        ("\ufeffz11 = b", ".txt", []),
    ],
)  # fmt: skip
def test_equations_are_found_where_they_stand(text: str, suffix: str, lines: list[int]) -> None:
    assert [one.line for one in check_text(text, suffix).equations] == lines


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("z11 = a11 w11 + b\r\nz12 = a12 w11 + b\r\n".encode("utf-8-sig"))
    assert [one.line for one in check_file(file).equations] == [1, 2]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le", "utf-8"])
def test_any_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    """A text of the lecture's in the encoding of a Chinese Windows, or as some editors save Unicode."""
    file = tmp_path / "a.md"
    file.write_bytes("卷积层的前向传播：\n\n$z_{11} = a_{11} w_{11} + a_{12} w_{12} + b$\n".encode(encoding))
    assert statuses(check_file(file, Options((1, 3), (1, 2)))) == ["right"]


def test_a_notebook_is_read_cell_by_cell() -> None:
    report = check_file(SAMPLES / "stride.ipynb")
    found = [(one.cell, one.line, one.status, [slip.id for slip in one.slips]) for one in report.equations]
    assert found == [
        (3, 1, "right", []),
        (3, 7, "right", []),
        (3, 9, "wrong", ["stride_ignored"]),
    ]
    assert report.layers == (Layer((4, 4), (2, 2), 2),)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"cells": 3}', '{"cells": [3]}', '{"cells": [{}]}', "[" * 99_999]
)
def test_what_is_no_notebook_is_told_so(text: str) -> None:
    with pytest.raises(DocumentError, match="no notebook"):
        check_text(text, ".ipynb")


def test_too_many_equations_are_refused() -> None:
    with pytest.raises(DocumentError, match="2,000"):
        check_text("z11 = b\n" * 2_001, ".txt")


def test_a_long_file_is_given_up_and_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cnn.derivations.documents.check.MAX_STEPS_IN_ALL", 3_000)
    report = check_text(
        "\n\n".join(
            f"z_{{p,q}} = Σ_m Σ_n w_{{m,n}} a_{{p+m-1,q+n-1}} + b + {n}b - {n}b" for n in range(2, 11)
        ),
        ".txt",
    )
    assert (report.equations[0].status, report.equations[-1].status) == ("right", "not_covered")
    assert "too long" in report.equations[-1].text.in_language("en")


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.text(max_size=300), NEARLY, NEARLY.map(lambda text: f"$${text} = {text}$$")),
    st.sampled_from([".md", ".tex", ".txt"]),
)
def test_any_text_gives_a_report(text: str, suffix: str) -> None:
    report = check_text(text, suffix)
    assert sum(report.counts.values()) == len(report.equations)
    lines = text.count("\n") + 1
    for one in report.equations:
        assert 1 <= one.line <= lines
        assert one.status == "right" or all(one.text.in_language(lang) for lang in COURSE_LANGUAGES)
    json.dumps(report.to_data("zh"))


KEYS = st.sampled_from(["cells", "cell_type", "source", "markdown"])


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
        max_leaves=9,
    )
)
def test_any_json_is_read_as_a_notebook_or_refused(data: object) -> None:
    try:
        check_text(json.dumps(data), ".ipynb")
    except DocumentError as error:
        assert "notebook" in str(error)


# ---- The command -------------------------------------------------------------------------------------------


def test_the_command_tells_by_its_status(tmp_path: Path) -> None:
    right = call(SAMPLES, "check-derivation", "lecture.md")
    assert (right.returncode, right.stderr) == (0, "")
    assert "53 right, 4 right under a condition, 1 not carried out, 3 not understood" in right.stdout
    wrong = call(SAMPLES, "check-derivation", "mistakes.md")
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert "a₂₂·w₁₂ has a wrong index; it should be a₂₂·w₂₁." in wrong.stdout
    (tmp_path / "empty.md").write_text("Nothing here.", encoding="utf-8")
    empty = call(tmp_path, "check-derivation", "empty.md")
    assert (empty.returncode, empty.stderr) == (3, "") and "no equation" in empty.stdout
    (tmp_path / "repeats.md").write_text("$\\delta_{11} = \\delta_{11}$\n", encoding="utf-8")
    repeats = call(tmp_path, "check-derivation", "repeats.md", "--input", "3x3", "--kernel", "2x2")
    assert (repeats.returncode, repeats.stderr) == (3, "") and "1 not carried out" in repeats.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.md"], "missing.md: No such file"),
        (["."], "Is a directory"),
        (["no_text.md"], "UTF-8"),
        (["broken.ipynb"], "no notebook"),
        (["a.md", "--input", "3"], ""),
        (["a.md", "--input", "three"], "no size"),
        (["a.md", "--input", "2x2", "--kernel", "3x3"], "does not fit"),
        (["a.md", "--stride", "0"], "stride"),
    ],
)
def test_a_bad_call_is_one_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "a.md").write_text("$z_{11} = a_{11} w_{11} + b$", encoding="utf-8")
    (tmp_path / "no_text.md").write_bytes(b"\0\1" + bytes(range(256)) * 3)
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    result = call(tmp_path, "check-derivation", *arguments)
    if not said:
        assert result.returncode == 0
        return
    assert result.returncode == 2 and said in result.stderr
    assert result.stderr.count("\n") == 1 and not result.stdout


def test_json_holds_everything() -> None:
    result = call(SAMPLES, "check-derivation", "mistakes.md", "--json", "--lang", "en")
    data = json.loads(result.stdout)
    assert data["counts"] == check_file(SAMPLES / "mistakes.md").counts
    faulty = next(one for one in data["equations"] if one["line"] == 9)
    assert faulty["status"] == "wrong" and faulty["faults"][0]["wanted"] == "a₂₂·w₂₁"
    assert faulty["text"]["items"] and faulty["faults"][0]["text"]["id"].startswith("cnn.term.")
    assert [layer["text"] for layer in data["layers"]] == ["3×3 ∗ 2×2"]


def test_the_report_speaks_both_languages() -> None:
    shown = {
        lang: call(SAMPLES, "check-derivation", "mistakes.md", "--lang", lang).stdout
        for lang in COURSE_LANGUAGES
    }
    assert "卷积核没有翻转 180°" in shown["zh"] and "not rotated by 180°" in shown["en"]
