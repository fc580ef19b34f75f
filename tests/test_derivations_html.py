"""The page of `check-derivation --html`: the whole text, every equation marked, hostile text as text."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autograder.base.messages import COURSE_LANGUAGES
from autograder.cnn.derivations.documents.check import check_file
from autograder.cnn.derivations.documents.page import MARK, page
from autograder.cnn.derivations.documents.report import STATUSES
from tests.commands import call

TEXT = r"""# A layer of 3×3 * 2×2 <script>alert(1)</script> & "quotes"

Here $z_{11} = a_{11} w_{11} + a_{12} w_{12} + a_{21} w_{21} + a_{22} w_{22} + b$, and $s = 1$, so

$$\begin{aligned}
\delta^{(l-1)}_{12} &= \delta_{11} w_{11} \sigma'(z_{12}) + \delta_{12} w_{11} \sigma'(z_{12}) \\
\delta^{(l-1)}_{22} &= \delta_{11} w_{22} \sigma'(z_{22}) + \delta_{12} w_{21} \sigma'(z_{22})
\end{aligned}$$

$$\frac{\partial J}{\partial w_{mn}} = \sum_{p=1}^{2}\sum_{q=1}^{2} \delta_{pq} a_{p+m-1,q+n-1}$$

- 𝑧₂₁ = a₂₁·w₁₁ + a₂₂·w₁₂ + a₃₁·w₂₁ + a₃₂·w₂₂ + b; z_{12} = \foo{<img src=x onerror=alert(1)>}

$$\delta^{l-1} = \delta^l * rot180(w) \odot \sigma'(z^{l-1})$$
The end.
"""


def written(file: Path, lang: str = "en") -> str:
    return page(file, check_file(file), lang)


def tree_of(document: str) -> ET.Element:
    return ET.fromstring(re.sub(r"<!DOCTYPE html>|<meta [^>]*>", "", document))


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
def test_the_text_is_whole_and_each_equation_has_its_verdict(tmp_path: Path, lang: str) -> None:
    file = tmp_path / "text.md"
    file.write_text(TEXT, encoding="utf-8")
    report = check_file(file)
    root = tree_of(written(file, lang))
    shown = "".join("".join(part for part in one.itertext()) for one in root.iter() if one.tag == "pre")
    unmarked = re.sub(r"(✓\?|[✓✗·…–?]) \d+", "", shown)
    assert re.sub(r"\s", "", unmarked) == re.sub(r"\s", "", TEXT)
    sections = [one for one in root.iter("section")]
    assert [one.get("class") for one in sections] == [one.status for one in report.equations]
    assert {"right", "wrong", "statement", "not_understood"} <= {one.status for one in report.equations}
    for one, equation in zip(sections, report.equations, strict=True):
        assert (one.find(".//math") is not None) == (equation.tree is not None)
        words = "".join(one.itertext())
        assert equation.text.in_language(lang).split("\n")[0] in words
        assert words.strip()[0] in "✓✗·?", "a sign, not a colour alone"
    wrong = [one for one in sections if one.get("class") == "wrong"]
    assert [len(one.findall(".//munder[@class='bad']")) for one in wrong] == [1, 0]
    assert [len(one.findall(".//span[@class='wanted']")) for one in wrong] == [1, 2]


def test_nothing_that_a_text_holds_becomes_markup_and_nothing_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "<b>.md"
    file.write_text(TEXT, encoding="utf-8")
    document = written(file)
    assert "<script" not in document and "<img" not in document and "<b>.md" not in document
    assert "default-src 'none'" in document and "script-src" not in document
    assert not re.search(r"https?:|src=[^x]|@import|url\(", document)
    assert MARK in document


def test_a_notebooks_cells_are_shown_by_number(tmp_path: Path) -> None:
    file = tmp_path / "text.ipynb"
    cells = [
        {"cell_type": "markdown", "source": ["$$z_{11} = a_{11} w_{11}$$\n", "so"]},
        {"cell_type": "code", "source": "x = 1"},
        {"cell_type": "markdown", "source": "end: $\\delta_{11}^{l-1} = 0$"},
    ]
    file.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    root = tree_of(written(file))
    assert [one.text for one in root.iter("h2")] == ["Cell 1", "Cell 3"]
    assert len([*root.iter("section")]) == 2


def test_the_command_writes_the_page_and_keeps_its_status(tmp_path: Path) -> None:
    file, target = tmp_path / "text.md", tmp_path / "page.html"
    file.write_text(TEXT, encoding="utf-8")
    for _ in range(2):  # over its own page, too
        result = call(tmp_path, "check-derivation", str(file), "--html", str(target), "--lang", "zh")
        assert (result.returncode, result.stderr) == (1, "") and str(target) in result.stdout
    assert target.read_text(encoding="utf-8") == written(file, "zh")
    target.write_text("mine", encoding="utf-8")
    result = call(tmp_path, "check-derivation", str(file), "--html", str(target))
    assert result.returncode == 2 and target.read_text(encoding="utf-8") == "mine"


def test_every_status_has_a_colour_and_a_sign_of_its_own() -> None:
    styles = (Path(page.__code__.co_filename).parent / "templates" / "checked.css").read_text("utf-8")
    assert all(f".{status}" in styles for status in STATUSES)
