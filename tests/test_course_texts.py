"""Texts and alternatives beside `hidden.py`: found where they belong; a mistake in them is one sentence."""

from pathlib import Path

import pytest

from autograder.authoring import assignment
from autograder.authoring.exercise import AuthoringError, Exercise
from autograder.base.messages import in_language
from tests.authored import write_course

HIDDEN = """\
from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import instead, result
from .notebook import relu_backward

exercise = Exercise(relu_backward, points=1, lecture="4")

@exercise.group("signs", points=1)
def signs(rng):
    yield rng.normal(size=(3, 4)), rng.normal(size=(3, 4))

exercise.add_misconceptions(
    slope_only=instead(lambda delta, z: 1.0 * (z > 0)),
    negative=result(lambda dz, c: -dz),
)
"""

OWN = """\
[places]
formula = { zh = "练习 1 的公式", en = "the formula of exercise 1" }

[misconceptions.slope_only]
zh = "漏乘了残差"
en = "the residual was left out"

[relu_backward.groups]
signs = { zh = "正负输入", en = "positive and negative inputs" }

[relu_backward.misconceptions.slope_only]
at = "formula"
"""

COURSE = """\
[misconceptions.negative]
zh = "符号反了"
en = "the sign is reversed"
"""


def course(folder: Path, own: str = OWN, texts: str = COURSE, hidden: str = HIDDEN) -> Path:
    """A course of one assignment with its texts; the assignment's folder."""
    relu = write_course(folder, hidden=hidden)
    (relu / "texts.toml").write_text(own, encoding="utf-8")
    (folder / "texts.toml").write_text(texts, encoding="utf-8")
    return relu


def loaded(folder: Path) -> Exercise:
    (exercise,) = assignment.load(folder).exercises
    return exercise


def test_a_text_is_looked_for_in_the_exercise_then_the_assignment_then_the_course(tmp_path: Path) -> None:
    wider = '\n[misconceptions.slope_only]\nzh = "没有残差"\nen = "no residual"\n'
    exercise = loaded(course(tmp_path, texts=COURSE + wider))
    assert [(group.zh, group.en) for group in exercise.groups] == [
        ("正负输入", "positive and negative inputs")
    ]
    assert [(one.zh, one.en) for one in exercise.misconceptions] == [
        ("漏乘了残差（见练习 1 的公式）", "the residual was left out (the formula of exercise 1)"),
        ("符号反了", "the sign is reversed"),
    ]


def test_an_assignment_that_is_loaded_again_has_the_texts_of_today(tmp_path: Path) -> None:
    folder = course(tmp_path)
    loaded(folder)
    (folder / "texts.toml").write_text(OWN.replace("漏乘了残差", "少了残差"), encoding="utf-8")
    assert loaded(folder).misconceptions[0].zh.startswith("少了残差")


MISTAKES = {
    "no TOML": ({"own": "[places"}, "relu/texts.toml: "),
    "a text that is missing": (
        {"texts": ""},
        "relu/texts.toml has no text for [relu_backward.misconceptions.negative]; add it, with zh, en.",
    ),
    "a place alone, without a text": (
        {"own": OWN.replace("[misconceptions.slope_only]", "[misconceptions.other]"), "texts": ""},
        "has no text for [relu_backward.misconceptions.slope_only]",
    ),
    "a language that is missing": (
        {"own": OWN.replace(', en = "positive and negative inputs"', "")},
        "relu/texts.toml, [relu_backward.groups.signs]: its text in the language en is missing.",
    ),
    "a language that is empty": (
        {"own": OWN.replace("the residual was left out", " ")},
        "[misconceptions.slope_only]: its text in the language en is missing.",
    ),
    "another language": (
        {"own": OWN.replace('zh = "漏乘了残差"', 'zh = "漏乘了残差"\nfr = "il manque le résidu"')},
        "[misconceptions.slope_only]: 'fr' is no language of this course.",
    ),
    "a place that is unknown": (
        {"own": OWN.replace('at = "formula"', 'at = "formulas"')},
        "there is no [places.formulas]; add this place, or correct its name.",
    ),
    "a place that nobody names": (
        {"own": OWN.replace('at = "formula"', 'zh = "漏了"\nen = "left out"')},
        "relu/texts.toml: nothing uses [places.formula]; correct its name or remove it.",
    ),
    "an exercise that is misspelt": (
        {"own": OWN + '\n[relu_backwards.groups]\nsigns = { zh = "符号", en = "signs" }\n'},
        "relu/texts.toml: nothing uses [relu_backwards.groups.signs]",
    ),
    "a text that nothing uses, of the course": (
        {"texts": COURSE + '\n[groups]\nbatch = { zh = "批", en = "batch" }\n'},
        "course/texts.toml: nothing uses [groups.batch]",
    ),
    "one language, where it is said in place": (
        {
            "own": OWN.replace('signs = { zh = "正负输入", en = "positive and negative inputs" }', ""),
            "hidden": HIDDEN.replace('"signs", points=1', '"signs", points=1, en="signs"'),
        },
        "relu_backward, group 'signs': its text in the language zh is missing.",
    ),
    "a text said twice": (
        {"hidden": HIDDEN.replace('"signs", points=1', '"signs", points=1, zh="符号", en="signs"')},
        "nothing uses [relu_backward.groups.signs]",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_texts_is_one_sentence(name: str, tmp_path: Path) -> None:
    changed, part = MISTAKES[name]
    folder = course(tmp_path / "course", **changed)
    with pytest.raises(AuthoringError) as raised:
        assignment.load_all(folder.parent)
    told = [in_language(text, "en") for text in raised.value.mistakes]
    assert any(part in sentence for sentence in told) and "\n" not in "".join(told)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("ALTERNATIVE = {}\n", "alternatives.py has no ALTERNATIVES"),
        (
            'ALTERNATIVES = {"relu": [abs]}\n',
            "alternatives.py lists alternatives of 'relu', which is no exercise.",
        ),
        ("x = 1\n1 / 0\n", "alternatives.py, line 2: ZeroDivisionError"),
    ],
)
def test_a_mistake_in_the_alternatives_is_one_sentence(text: str, part: str, tmp_path: Path) -> None:
    folder = course(tmp_path)
    (folder / "alternatives.py").write_text(text)
    with pytest.raises(AuthoringError) as raised:
        assignment.load(folder)
    assert part in str(raised.value) and "\n" not in str(raised.value)
