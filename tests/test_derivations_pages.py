"""What is printed: every notation says the same as the formulas, stands on its own, and is well-formed."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograder
from autograder.base.messages import COURSE_LANGUAGES, Authored
from autograder.cnn.derivations import expand
from autograder.cnn.derivations.layer import Dense, Layer, LayerError, Pooling, max_pooling
from autograder.cnn.derivations.options import read_element, read_layer, read_size
from autograder.cnn.derivations.pages import records, render
from autograder.cnn.derivations.pages.records import Equation, Grid, Product, Prose, Sum, as_sum
from autograder.cnn.derivations.pages.shown import FORMATS
from autograder.cnn.derivations.pages.steps import derive
from autograder.cnn.derivations.symbols import Atom, Derivative
from tests.commands import call_here as call

LECTURE = Layer((3, 3), (2, 2))
WINNERS = {
    Atom("z", (u, v), "l"): Atom("a", (2 * u - u % 2, 2 * v - 1), "l-1") for u in (1, 2) for v in (1, 2)
}
LAYERS = [
    LECTURE,
    Layer((4, 5), (2, 3), 2, 1, 2, 2),
    Layer((12, 2), (1, 2)),
    Dense(3, 2),
    Pooling((4, 4), (2, 2)),
    Pooling((4, 4), (2, 2), kind="max", winners=WINNERS),
]

# ---- Quantities and sums -----------------------------------------------------------------------------------


def written(shown: Any, form: Any, **options: Any) -> str:
    return str(render.write(shown, form, "en", **options))


@pytest.mark.parametrize(
    ("one", "text", "named", "latex"),
    [
        (Atom("w", (1, 2), "l"), "w₁₂", "w₁₂⁽ˡ⁾", "w_{12}^{(l)}"),
        (Atom("a", (1, 2), "l-1"), "a₁₂", "a₁₂⁽ˡ⁻¹⁾", "a_{12}^{(l-1)}"),
        (Atom("delta", (3, 1), "l"), "δ₃₁", "δ₃₁⁽ˡ⁾", r"\delta_{31}^{(l)}"),
        (Atom("delta", (3, 1), "l-1"), "δ₃₁⁽ˡ⁻¹⁾", "δ₃₁⁽ˡ⁻¹⁾", r"\delta_{31}^{(l-1)}"),
        (Atom("dsigma", (1, 1), "l-1"), "σ′(z₁₁⁽ˡ⁻¹⁾)", "σ′(z₁₁⁽ˡ⁻¹⁾)", r"\sigma'(z_{11}^{(l-1)})"),
        (Atom("b", (), "l"), "b", "b⁽ˡ⁾", "b^{(l)}"),
        (Atom("b", (2,), "l"), "b₂", "b₂⁽ˡ⁾", "b_{2}^{(l)}"),
        (Atom("a", (1, 10), "l-1"), "a₁,₁₀", "a₁,₁₀⁽ˡ⁻¹⁾", "a_{1,10}^{(l-1)}"),
        (Atom("a", (11, 1), "l-1"), "a₁₁,₁", "a₁₁,₁⁽ˡ⁻¹⁾", "a_{11,1}^{(l-1)}"),
        (Atom("w", (2, 1, 1, 2), "l"), "w₂,₁,₁,₂", "w₂,₁,₁,₂⁽ˡ⁾", "w_{2,1,1,2}^{(l)}"),
        (
            Atom("rot180", (1, 2), "l"),
            "rot180(w)₁₂",
            "rot180(w)₁₂⁽ˡ⁾",
            r"\operatorname{rot180}(w)_{12}^{(l)}",
        ),
    ],
)
def test_quantities_are_written_as_in_the_lecture(one: Atom, text: str, named: str, latex: str) -> None:
    equation = Equation(one, (Sum(()),))
    assert written(equation, "text") == f"{text} = 0"
    assert written(equation, "text", layer_names=True) == f"{named} = 0"
    assert latex + " &= 0" in written(equation, "latex", layer_names=True)


@given(st.lists(st.tuples(st.integers(1, 120), st.integers(1, 120)), min_size=2, max_size=2, unique=True))
def test_no_two_elements_of_a_map_are_written_alike(places: list[tuple[int, int]]) -> None:
    one, other = (Equation(Atom("a", place, "l-1"), ()) for place in places)
    for form in ("text", "latex", "html"):
        assert written(Equation(one.left, (Sum(()),)), form) != written(
            Equation(other.left, (Sum(()),)), form
        )


def test_the_layer_is_named_where_it_would_be_mistaken() -> None:
    """Without layer names δ₁₁ of l and δ₁₁ of l−1 are still told apart."""
    for letter in ("delta", "z"):
        both = [Equation(Atom(letter, (1, 1), where), (Sum(()),)) for where in ("l", "l-1")]  # type: ignore[arg-type]
        for form in ("text", "latex", "html"):
            assert written(both[0], form) != written(both[1], form)


@pytest.mark.parametrize(
    ("terms", "text", "latex"),
    [
        ([(1, "ab", False), (-1, "a", False)], "a₁·b − a₁", "a_{1} b - a_{1}"),
        ([(-1, "a", False), (2, "b", False)], "−a₁ + 2·b", "-a_{1} + 2 b"),
        ([(Fraction(1, 4), "a", True)], "[1/4·a₁]", r"\boxed{\frac{1}{4} a_{1}}"),
        ([(Fraction(-1, 4), "a", False)], "−1/4·a₁", r"-\frac{1}{4} a_{1}"),
        ([(3, "", False)], "3", "3"),
        ([(1, "", False)], "1", "1"),
        ([], "0", "0"),
    ],
)
def test_sums_have_their_signs_and_coefficients(terms: list[Any], text: str, latex: str) -> None:
    letters = {"a": Atom("a", (1,), "l-1"), "b": Atom("b", (), "l")}
    products = [Product(tuple(letters[x] for x in word), Fraction(n), marked) for n, word, marked in terms]
    equation = Equation(letters["b"], (Sum(tuple(products)),))
    assert written(equation, "text") == f"b = {text}"
    assert f"b &= {latex}\n" in written(equation, "latex")


# ---- Pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_json_holds_the_formulas_exactly(layer: Any) -> None:
    """Read back by name, the last side of each equation is the expansion."""
    data = json.loads(derive(layer).write("json", lang="zh"))
    assert data == derive(layer).to_data("zh")
    found = {}
    for section in data["sections"]:
        for block in section["blocks"]:
            for equation in block.get("equations", []):
                found[equation["left"]] = {
                    (Fraction(term["coefficient"]), tuple(sorted(term["factors"])))
                    for term in equation["sides"][-1]["terms"]
                }
    formulas: dict[Any, Any] = {**expand.forward(layer), **expand.delta_before(layer)}
    if not isinstance(layer, Pooling):
        gradients = {**expand.weight_gradient(layer), **expand.bias_gradient(layer)}
        formulas |= {Derivative("J", atom): formula for atom, formula in gradients.items()}
    for left, formula in formulas.items():
        wanted = {(one.coefficient, tuple(sorted(map(str, one.factors)))) for one in as_sum(formula).terms}
        assert found[str(left)] == wanted


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
@pytest.mark.parametrize("layer", LAYERS)
def test_html_is_well_formed_and_loads_nothing(layer: Any, lang: str) -> None:
    shown = derive(layer, steps=True)
    document = render.document(shown, "html", lang, layer_names=True)
    assert not re.search(r"https?:|src=|@import|url\(|<script|<link", document)
    assert "default-src 'none'" in document and "script-src" not in document
    body = re.sub(r"<!DOCTYPE html>|<meta [^>]*>", "", document)
    root = ET.fromstring(body)
    marks = root.findall(".//mark")
    assert len(marks) == shown.write("text", lang=lang).count("[") > 0
    assert all(mark.find("math") is not None for mark in marks)
    for color in re.findall(r"(?<!-)\bcolor: ([^;]+);|background: ([^;]+);", document):
        assert set(color) <= {"", "inherit", "none"}, "a page's own colours, for dark themes too"


@pytest.mark.parametrize("layer", LAYERS)
def test_latex_is_balanced(layer: Any) -> None:
    for form in ("latex", "markdown"):
        text = render.document(derive(layer), form, "en", layer_names=True)  # type: ignore[arg-type]
        assert text.count("{") == text.count("}")
        assert text.count("$$") % 2 == 0 and text.count("$") % 2 == 0
        for name in ("aligned", "pmatrix", "document"):
            assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}")
        assert text.count(r"\boxed{") == derive(layer).write("text", lang="en").count("[")
    latex = render.document(derive(layer), "latex", "en", layer_names=True)
    assert latex.isascii(), "pdfLaTeX's own fonts are enough"


@pytest.mark.parametrize("layer", LAYERS)
def test_text_has_one_line_a_side_and_its_equals_signs_in_one_column(layer: Any) -> None:
    equations = [block for section in derive(layer).sections for block in section.blocks]
    for block in equations:
        if isinstance(block, records.Aligned):
            lines = written(block, "text").splitlines()
            wanted = sum(1 if one.in_one_line else len(one.sides) for one in block.equations)
            assert len(lines) == wanted
            assert len({line.index(" = ") for line in lines}) == 1


@pytest.mark.parametrize("layer", LAYERS)
def test_a_page_is_in_the_language_that_was_asked_for(layer: Any) -> None:
    chinese, english = (derive(layer).write("text", lang=lang) for lang in ("zh", "en"))
    assert not re.search("[\u4e00-\u9fff，。：（）]", english)
    sentences = [line for line in chinese.splitlines() if re.search("[A-Za-z]{3}", line)]
    assert all("rot180" in line or "max(" in line for line in sentences)
    assert chinese.count(" = ") == english.count(" = ")


def test_words_of_a_sentence_are_escaped_in_html_and_latex() -> None:
    shown = Prose(Authored("`a_b` <x> {0}", "`a_b` <x> & {0}"), ((Atom("b", (), "l"),),))
    assert "<code>a_b</code> &lt;x&gt; &amp; <math>" in written(shown, "html")
    assert r"\texttt{a\_b} <x> & $b$" in written(shown, "latex")


def test_records_show_themselves_in_jupyter() -> None:
    derivation = derive(LECTURE)
    for shown in (derivation, derivation.sections[0], derivation.sections[0].blocks[0]):
        assert "<math>" in shown._repr_html_()
        assert r"\begin{aligned}" in shown._repr_latex_() and r"\begin{aligned}" in shown._repr_markdown_()
        assert "z₁₁ = a₁₁·w₁₁" in str(shown)


def test_a_grid_of_several_channels_adds_its_pairs() -> None:
    both = derive(Layer((3, 3), (2, 2), kernels=2), "delta")
    recipe = next(block for block in both.sections[-1].blocks if isinstance(block, records.Recipe))
    assert len(recipe.pairs) == 2
    text = written(recipe, "text")
    assert text.count("∗") == 2 and text.count("+") == 1 and "(" in text
    assert written(recipe, "latex").count(r"\begin{pmatrix}") == 6
    assert isinstance(recipe.result, Grid) and recipe.result.rows[0][0] == Atom("delta", (1, 1, 1), "l-1")


# ---- The command and the notebook --------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_derive_prints_the_lectures_pages(form: str, tmp_path: Path) -> None:
    result = call(tmp_path, "derive", "--format", form, "--lang", "zh", "--layer-names")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == render.document(derive(LECTURE), form, "zh", layer_names=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "layer", "of"),
    [
        (
            "--input 4x5 --kernel 2 --stride 2 --padding 1 --channels 2 --kernels 2 --of delta",
            LAYERS[1],
            "delta",
        ),
        ("--dense 3x2 --of weights", Dense(3, 2), "weights"),
        ("--pool avg --of z", Pooling((4, 4), (2, 2)), "z"),
        ("--pool max", LAYERS[5], "all"),
    ],
)
def test_derive_takes_every_kind_of_layer(options: str, layer: Any, of: Any, tmp_path: Path) -> None:
    arguments = options.replace("--kernel 2 ", "--kernel 2x3 ").split()
    if "max" in arguments:
        arguments += ["--winners", " ".join(f"{u},{v}" for u, v in (one.index for one in WINNERS.values()))]
    result = call(tmp_path, "derive", *arguments)
    assert result.stdout == derive(layer, of).write("text", lang="en")


@pytest.mark.parametrize(
    "options",
    [
        "--input 3",
        "--input 3x --kernel 2x2",
        "--input x",
        "--input 2x2 --kernel 3x3",
        "--input 1000x1000 --kernel 5x5",
        "--input 9999999999x1",
        "--stride 0",
        "--padding -1",
        "--channels 0",
        "--pool avg --of bias",
        "--pool avg --padding 1",
        "--pool max --map 3,1;2",
        "--pool max --map 3,1;2,x",
        "--pool max --input 4x4 --map 3,1;2,4",
        "--pool max --element b",
        "--element delta[9,9]",
        "--element delta[1,2,3]",
        "--element q[1,2]",
        "--input 900000000x900000000 --element w[1,1]",
        "--pool max --winners 1,1;1,1;1,1;1,1",
        "--pool max --winners 1;2;3;4",
        "--pool max --winners ,;,;,;,",
        "--dense 0x3",
        "--of everything",
    ],
)
def test_bad_sizes_are_one_sentence_and_status_2(options: str, tmp_path: Path) -> None:
    if options == "--input 3":
        assert call(tmp_path, "derive", "--input", "3").returncode == 0, "a number is a square"
        return
    result = call(tmp_path, "derive", *(word.replace(";", " ") for word in options.split()))
    assert result.returncode == 2
    assert result.stdout == "" and "Traceback" not in result.stderr
    if "everything" not in options:
        assert len(result.stderr.strip().splitlines()) == 1


@given(st.text(max_size=20))
def test_any_text_is_a_size_or_one_sentence(text: str) -> None:
    try:
        height, width = read_size(text)
    except LayerError as error:
        assert error.text.in_language("en") and "\n" not in error.text.in_language("en")
    else:
        assert re.fullmatch(rf"\s*0*{height}(?!\d).*", text, re.DOTALL) and width >= 0


@given(st.text(alphabet="0123456789,; x", max_size=20))
def test_any_text_names_winners_or_is_told_in_one_sentence(text: str) -> None:
    try:
        layer = read_layer(None, "2x2", None, 0, 1, 1, "max", text)
    except LayerError as error:
        assert error.text.in_language("en")
    else:
        assert isinstance(layer, Pooling) and len(layer.winners) == 4


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        (Layer((5, 6), (2, 3), 2, 1, 2, 3), ["delta[2,3,4]", "a[1,5,6]", "w[3,2,1,1]", "b[2]", "z[1,2,3]"]),
        (Dense(3, 2), ["delta[2]", "a[1]", "w[3,1]", "b[3]", "z[2]"]),
        (Pooling((5, 5), (3, 2), (2, 3)), ["delta[3,2]", "a[5,5]", "z[2,1]"]),
        (max_pooling(Pooling((4, 6), (2, 3))), ["delta[3,2]", "a[1,6]", "z[2,2]"]),
    ],
)
def test_one_element_has_the_formula_that_it_has_among_all(layer: Any, names: list[str]) -> None:
    everything: dict[str, Any] = {}
    for part in ("z", "delta", "input", *(() if isinstance(layer, Pooling) else ("weights", "bias"))):
        everything |= results(derive(layer, part, steps=False).to_data())
    for name in names:
        for steps in (False, True):
            (found,) = results(derive(layer, steps=steps, element=read_element(name)).to_data()).items()
            assert everything[found[0]] == found[1]


def results(data: Any) -> dict[str, Any]:
    """Left-hand side ↦ the last side, of the last equation of a page's sections."""
    found = {}
    for section in data["sections"]:
        for block in section["blocks"][-1:]:
            for equation in block.get("equations", []):
                found[equation["left"]] = equation["sides"][-1]
    return found


def test_one_element_of_a_layer_that_nobody_could_write_out() -> None:
    layer = read_layer("224", "3", 1, 1, 512, 512, whole=False)
    page = derive(layer, element=read_element("delta[7,100,1]"))
    (formula,) = results(page.to_data()).values()
    assert len(formula["terms"]) == 512 * 3 * 2
    with pytest.raises(LayerError):
        derive(layer, element=read_element("w[1,1,1,1]"))  # 50,176 products


def test_max_pooling_without_winners_says_which_map_decided() -> None:
    layer = read_layer(pool="max", map="3 1 2.5; 2 7 7; 0 0 -1; 1 0 0", kernel="2x3")
    assert [one.index for one in layer.winners.values()] == [(2, 2), (4, 1)]  # type: ignore[union-attr]
    text = derive(layer, "z").write("text", lang="en")
    assert "│a₁₁ a₁₂ a₁₃│" in text and "│3 1 5/2│" in text
    assert "│" in derive(read_layer(pool="max"), "z").write("text", lang="en")


def test_long_lines_are_broken_on_paper() -> None:
    page = derive(Layer((8, 8), (3, 3), channels=2), "weights", steps=False)
    lines = render.document(page, "latex", "zh").splitlines()
    assert max(map(len, lines)) < 250 and "\\documentclass{ctexart}" in lines
    whole = " ".join(lines).replace(" \\\\ & +", " +")
    assert whole.count(r"\delta_{1,1,1}") == page.write("latex", lang="zh").count(r"\delta_{1,1,1}") == 18


def test_a_notebook_derives_pooling_dense_and_one_element() -> None:
    assert str(autograder.derive(dense="3x2", of="delta")) == str(derive(Dense(3, 2), "delta"))
    assert str(autograder.derive(pool="avg", of="z")) == str(derive(Pooling((4, 4), (2, 2)), "z"))
    assert "max(" in str(autograder.derive(pool="max", of="z"))
    assert "δ₂₃" in str(autograder.derive(224, 5, element="delta[2,3]"))


def test_a_notebook_derives_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    shown = autograder.derive("3x3", (2, 2), of="delta")
    assert str(shown) == str(derive(LECTURE, "delta"))
    assert autograder.derive(2, 3) is None
    assert autograder.derive(of="nothing") is None
    assert autograder.derive(stride=0) is None
    assert len(capsys.readouterr().out.strip().splitlines()) == 3


def test_neither_the_package_nor_the_command_line_imports_sympy_before_it_is_needed() -> None:
    code = (
        "import sys, autograder, autograder.cli, autograder.student.notebook; print('sympy' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
