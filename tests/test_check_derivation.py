"""`check_derivation` as a notebook imports it: one report in every form, one sentence for anything else."""

import pytest

from autograder import check_derivation
from autograder.base.messages import COURSE_LANGUAGES

TEXT = r"""
3×3 ∗ 2×2

z_11 = a_11 w_11 + a_12 w_12 + a_21 w_21 + a_22 w_22 + b

$$\delta_{12}^{(l-1)} = (\delta_{11} w_{11} + \delta_{12} w_{12}) \sigma'(z_{12})$$

$$\delta_{11}^{(l-1)} = \foo_{11}$$
"""
WRONG = {"en": "wrong: ", "zh": "错误："}


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
def test_every_form_says_the_same_of_every_equation(lang: str) -> None:
    found = check_derivation(TEXT, lang=lang)
    assert found is not None
    forms = (str(found), found._repr_html_(), found._repr_markdown_())
    for form in forms:
        assert [form.count(sign) for sign in "✓✗?"] == [1, 1, 1]
        assert WRONG[lang] in form and "z₁₁" in form
        assert not any(line.endswith(" ") for line in str(found).splitlines())
    assert "http" not in forms[1] and "<script" not in forms[1]


def test_markup_in_a_text_stays_text() -> None:
    found = check_derivation("z_11 = <b>a_11</b>\n")
    assert found is not None and "<b>a_11" not in found._repr_html_()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$\frac{\\partial J}{\\partial a_{11}} = 0$", 'r"…"'),
        ("\boxed{z_11} = 0", 'r"…"'),
        (3, "not int"),
        (None, "not NoneType"),
    ],
)
def test_what_cannot_be_checked_is_one_sentence(
    text: object, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert check_derivation(text) is None  # type: ignore[arg-type]
    shown = capsys.readouterr()
    assert said in shown.out and shown.out.count("\n") == 1 and shown.err == ""


def test_sizes_are_taken_as_derive_takes_them(capsys: pytest.CaptureFixture[str]) -> None:
    equation = "z_12 = a_13 w_11 + a_14 w_12 + a_23 w_21 + a_24 w_22 + b"
    found = check_derivation(equation, input=(4, 4), kernel=2, stride=2)
    assert found is not None and found.report.counts["right"] == 1
    assert check_derivation(equation, input="huge") is None and "huge" in capsys.readouterr().out


def test_a_text_without_equations_says_how_one_looks() -> None:
    found = check_derivation("nothing here", lang="en")
    assert found is not None and "z_11 =" in str(found) and "z_11 =" in found._repr_html_()
