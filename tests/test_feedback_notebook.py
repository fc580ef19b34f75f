"""A student's notebook, run by a real kernel, converted by nbconvert, opened in Chromium in both themes.

Set AUTOGRADER_SCREENSHOTS to a folder to keep the pictures for looking at them.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.judging import answer_key
from tests.browser import chromium

ROOT = Path(__file__).parent.parent

RIGHT = "def rotate180(w):\n    return w[::-1, ::-1].copy()"
WRONG = """\
def conv_residual(delta, w, dsigma):
    print("called")
    kh, kw = w.shape
    padded = np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    out = np.zeros(dsigma.shape)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(padded[i:i + kh, j:j + kw] * w)
    return out * dsigma"""
CRASH = "def pad_residual(delta, kernel_shape):\n    return delta[99]"
UNTOUCHED = "def insert_zeros(delta, stride):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
STRIDE = """\
def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    n, c, h, wd = input_shape
    kh, kw = w.shape[2:]
    a = np.zeros((n, c, h + 2 * padding + 9, wd + 2 * padding + 9))
    for b, k, i, j in np.ndindex(delta.shape):
        a[b, :, i:i + kh, j:j + kw] += delta[b, k, i, j] * w[k]
    return a[:, :, padding:padding + h, padding:padding + wd]"""
DERIVATION = r"""3×3 ∗ 2×2
z_11 = a_11 w_11 + a_12 w_12 + a_21 w_21 + a_22 w_22 + b
\delta_{12}^{(l-1)} = (\delta_{11} w_{11} + \delta_{12} w_{12}) \sigma'(z_{12})
"""
CHECKED = {
    "rotate180": RIGHT,
    "conv_residual": WRONG,
    "pad_residual": CRASH,
    "insert_zeros": UNTOUCHED,
    "conv2d_input_grad": STRIDE,
}
WORDS = {
    "en": {
        "untouched": "insert_zeros is not started yet",
        "passed": "All visible cases pass",
        "smallest": "The smallest input found",
        "idea": "It looks as if",
        "next": "Next: ",
    },
    "zh": {
        "untouched": "insert_zeros 还没有开始",
        "passed": "公开用例全部通过",
        "smallest": "能看出这个错误的最小输入",
        "idea": "看起来",
        "next": "下一步：",
    },
}


@dataclass
class Ran:
    """An executed notebook: the outputs of each check by the exercise, and of the rest."""

    notebook: Any
    checks: dict[str, list[Any]]
    others: list[list[Any]]

    def html(self, exercise: str) -> str:
        return "".join(str(one.get("data", {}).get("text/html", "")) for one in self.checks[exercise])


@pytest.fixture(scope="module", params=["en", "zh"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Ran]:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    lang = request.param
    folder = tmp_path_factory.mktemp(f"student_{lang}")
    for path in (ROOT / "assignments" / lang / "conv_residual").glob("*.npz"):
        shutil.copy(path, folder)
    cells = ["import numpy as np\nfrom autograder import check, check_derivation, derive, formula"]
    for name, source in CHECKED.items():
        hint = ", hint=True" if name == "conv_residual" else ""
        cells += [source, f'check({name}, lang="{lang}"{hint})']
    cells += [
        "formula(conv_residual)",
        'derive("3x3", "2x2", of="delta")',
        f'check_derivation(r"""{DERIVATION}""", lang="{lang}")',
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "zh_CN.UTF-8" if lang == "zh" else "C.UTF-8",
        "XDG_STATE_HOME": str(folder / "state"),
    }
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment)
    outputs = [cell.outputs for cell in notebook.cells]
    checks = dict(zip(CHECKED, outputs[2 : 2 + 2 * len(CHECKED) : 2], strict=True))
    return lang, Ran(notebook, checks, outputs[1 + 2 * len(CHECKED) :])


@pytest.mark.slow
def test_a_notebook_shows_cards_and_nbgrader_still_finds_the_score(ran: tuple[str, Ran]) -> None:
    lang, run = ran
    expected = {"rotate180": "4", "conv_residual": "0", "pad_residual": "0", "insert_zeros": "0"}
    for name, outputs in run.checks.items():
        assert not any(one.output_type == "error" or one.get("name") == "stderr" for one in outputs)
        (result,) = (one for one in outputs if one.output_type == "execute_result")
        shown = float(result["data"]["text/plain"])
        assert shown == float(expected.get(name, shown)) and list(result["data"]) == ["text/plain"]
        card = run.html(name)
        assert f"<code>{name}</code>" in card and WORDS[lang]["next" if shown != 4 else "passed"] in card
        plain = next(one["data"]["text/plain"] for one in outputs if one.output_type == "display_data")
        assert name in plain and "<" not in plain
    assert WORDS[lang]["untouched"] in run.html("insert_zeros")
    wrong = run.html("conv_residual")
    assert WORDS[lang]["smallest"] in wrong and WORDS[lang]["idea"] in wrong and "<math>" in wrong
    assert r"\boxed{\delta_{11} w_{22}" in wrong  # the LaTeX of the differing term
    printed = "".join(one.get("text", "") for one in run.checks["conv_residual"])
    key = answer_key.load(ROOT / "assignments" / lang / "conv_residual" / "conv_residual.visible.npz")
    cases = next(len(one.cases) for one in key.exercises if one.name == "conv_residual")
    assert printed.count("called") == cases  # the cases print, what is asked beyond them does not
    for outputs in run.others:
        (result,) = outputs
        assert {"text/html", "text/plain"} <= {*result["data"]}


@pytest.mark.slow
def test_nothing_in_a_notebooks_outputs_comes_from_the_network(ran: tuple[str, Ran]) -> None:
    _, run = ran
    for outputs in [*run.checks.values(), *run.others]:
        for one in outputs:
            html = str(one.get("data", {}).get("text/html", ""))
            assert not re.search(r"https?:|//|<script|<link|<img|@import|url\(", html)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def luminance(colour: tuple[float, ...]) -> float:
    """WCAG's relative luminance of an sRGB colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


CELLS = """() => [...document.querySelectorAll('.ag-check td, .ag-check p, .ag-check li')].map(element => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) layers.push(getComputedStyle(e).backgroundColor);
  return {
    color: getComputedStyle(element).color, layers,
    border: getComputedStyle(element).borderTopColor, wrong: element.classList.contains('ag-x'),
    text: element.textContent,
  };
})"""


def rgba(text: str) -> tuple[float, float, float, float]:
    numbers = [float(number) for number in re.findall(r"[\d.]+", text)]
    r, g, b, a = (*numbers, 1.0)[:4]
    return r, g, b, a


def flattened(layers: list[str], below: tuple[float, float, float]) -> tuple[float, float, float]:
    colour = below
    for layer in reversed(layers):
        r, g, b, a = rgba(layer)
        colour = tuple(a * new + (1 - a) * old for new, old in zip((r, g, b), colour, strict=True))  # type: ignore[assignment]
    return colour


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_converted_notebook_is_readable_in_both_themes(
    ran: tuple[str, Ran], theme: str, browser: Any, tmp_path: Path
) -> None:
    nbconvert = pytest.importorskip("nbconvert")
    lang, run = ran
    body, _ = nbconvert.HTMLExporter(theme=theme).from_notebook_node(run.notebook)
    page_file = tmp_path / f"{lang}.html"
    page_file.write_text(body, encoding="utf-8")
    page = browser.new_page(color_scheme=theme, viewport={"width": 1000, "height": 900})
    page.route(re.compile("^https?:"), lambda route: route.abort())
    page.goto(page_file.as_uri(), wait_until="domcontentloaded")
    if folder := os.environ.get("AUTOGRADER_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/notebook-{lang}-{theme}.png", full_page=True)
    cells = page.evaluate(CELLS)
    below = (17.0, 17.0, 17.0) if theme == "dark" else (255.0, 255.0, 255.0)
    assert len([cell for cell in cells if cell["wrong"]]) > 10
    for cell in cells:
        background = flattened(cell["layers"], below)
        assert contrast(rgba(cell["color"])[:3], background) >= 4.5
        if cell["wrong"]:
            assert "✗" in cell["text"] and contrast(rgba(cell["border"])[:3], background) >= 1.5
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()
