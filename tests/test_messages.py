"""Messages: what is shown of an id and its values, in the languages that have a catalogue."""

import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autograder.base import messages
from autograder.base.messages import Authored, Text, Verbatim, core, from_data, joined, say
from autograder.judging.result_json import decode, encode
from tests import authored

COURSE = Path(__file__).parent.parent

PART = say("symptom.part", told=say("symptom.result_nth", n=2))
SEEN = say("symptom.factor_fraction", part=PART, fraction=Fraction(1, 3))
MORE = say("note.and_more", count=np.int64(2))
WHOLE = say("symptom.result_whole")
TEXTS: list[tuple[Text, str, str]] = [
    (SEEN, "结果（第 2 个结果）是正确值的 1/3。", "The values (result 2) are 1/3 of the right ones."),
    (MORE, "另有 2 处。", "And 2 more."),
    (joined([say("symptom.axis_rows"), "x"]), "行、x", "rows, x"),
    (joined([MORE, Authored("甲。", "One.")], "list.sentences"), "另有 2 处。甲。", "And 2 more. One."),
    (
        say("symptom.names_surplus", what=WHOLE, surplus="{b}"),
        "结果中多了 {b}",
        "The result has {b}, not asked for",
    ),
    (say("symptom.raised", name=Verbatim("{0}")), "运行中出现 {0}。", "It raised {0}."),
]


@pytest.mark.parametrize(("text", "zh", "en"), TEXTS)
def test_a_message_is_shown_in_each_language_and_comes_back_from_json(text: Text, zh: str, en: str) -> None:
    assert (text.in_language("zh"), text.in_language("en"), text.in_language("fr")) == (zh, en, en)
    back = decode(encode(text), Text)
    assert back == text and hash(back) == hash(text) and back.in_language("zh") == zh
    assert from_data(json.loads(encode(text))) == text


def test_what_is_the_matter_is_found_inside_of_what_is_added_to_it() -> None:
    limited = say("symptom.only_where", said=SEEN, feature=say("symptom.where_integers"))
    for text in (SEEN, limited, joined([limited, "…"], "list.lines"), say("symptom.sentence", said=limited)):
        assert core(text) == SEEN
    assert core(Authored("甲", "one")) is core(joined([])) is core(None) is None


def test_the_locale_gives_the_language_if_there_is_a_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    for name, lang in {"zh_CN.UTF-8": "zh", "zh_TW": "zh", "en_GB": "en", "xx_XX": "en", "C": "en"}.items():
        monkeypatch.setenv("LANG", name)
        assert messages.preferred_language() == lang


@pytest.fixture(scope="module")
def with_french(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the engine with a few sentences in a third language, and a course to check and report."""
    folder = tmp_path_factory.mktemp("engine")
    shutil.copytree(
        COURSE / "autograder", folder / "autograder", ignore=shutil.ignore_patterns("__pycache__")
    )
    for package, sentences in {
        "base": {
            "card.points": "points des cas visibles : {points} / {maximum}",
            "language.name": "Français",
            "symptom.signs_reversed": "Les signes{part} sont inversés.",
            "report.class_title": "Rapport de la classe",
        },
        "cnn": {"cnn.page.pattern_title": "Le motif"},
    }.items():
        file = folder / "autograder" / package / "locale" / "fr.json"
        file.write_text(json.dumps(sentences, ensure_ascii=False), encoding="utf-8")
    authored.write_course(folder / "solutions", "relu")
    authored.draw_keys(folder / "solutions", folder / "keys")
    return folder


def run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def test_a_language_is_added_by_adding_its_file_and_what_it_lacks_is_english(with_french: Path) -> None:
    submitted = with_french / "submitted" / "an" / "relu"
    submitted.mkdir(parents=True)
    (submitted / "relu.py").write_text(authored.RIGHT.replace("return ", "return -"), encoding="utf-8")
    quick = ("--isolation", "process", "--lang", "fr")
    graded = json.loads(run(with_french, "grade", "submitted", *quick, "--json"))
    symptom = graded["submissions"][0]["exercises"][0]["symptom"]
    assert symptom["text"] == "Les signes sont inversés." and symptom["id"] == "symptom.signs_reversed"
    run(with_french, "report", "--lang", "fr")
    page = (with_french / "grades" / "report" / "index.html").read_text("utf-8")
    for shown in (
        '<html lang="fr">',
        "<title>Rapport de la classe</title>",
        ">Français<",
        ">中文<",
        ">English<",
    ):
        assert shown in page
    assert '<span class="in fr" lang="fr">Exercises</span>' in page, "English where there is no sentence"
    shown = run(with_french, "derive", "--input", "3x3", "--kernel", "2x2", "--lang", "fr")
    assert "Le motif" in shown and "The residual of the layer before" in shown
    assert "Français" in run(with_french, "explore", "-", "--lang", "fr")
