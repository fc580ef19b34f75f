"""Texts in letters and notations of their own: what is right is right in each, and what is wrong, wrong.

`derivations/notations.txt` is the table; the rest are the parts that lead there: letters, conventions,
statements; at the end, the lecture's formulas rewritten at random.
"""

import random
import re
from pathlib import Path

import pytest

from autograder.cnn.derivations.documents.check import check_text
from autograder.cnn.derivations.documents.conventions import says_no_bias, says_turned
from autograder.cnn.derivations.documents.settings import Options
from autograder.cnn.derivations.layer import LayerError
from autograder.cnn.derivations.options import read_symbols
from autograder.cnn.notebook import check_derivation
from tests.commands import call_here as call

CODES = {
    "right": "r",
    "wrong": "w",
    "conditional": "c",
    "not_carried_out": "n",
    "statement": "s",
    "not_covered": "-",
    "not_understood": "-",
}


def table() -> list[tuple[str, str]]:
    """The texts with what must come of their equations."""
    found: list[tuple[str, list[str]]] = []
    path = Path(__file__).parent / "derivations" / "notations.txt"
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith("@"):
            found.append((line.split()[1], []))
        elif found:
            found[-1][1].append(line)
    return [(wanted, "".join(lines)) for wanted, lines in found]


def codes(text: str, options: Options | None = None) -> str:
    report = check_text(text, options=options or Options())
    return "".join(CODES[equation.status] for equation in report.equations)


MAY_BE = {"R": "rcns-", "W": "w-", "C": "c-"}
"""Where the checker may say less than one would wish, but nothing false."""


@pytest.mark.parametrize(("wanted", "text"), table(), ids=[str(n) for n in range(len(table()))])
def test_every_notation_has_the_verdict_of_its_meaning(wanted: str, text: str) -> None:
    found = codes(text)
    assert len(found) == len(wanted), found
    assert all(code in MAY_BE.get(may, may) for code, may in zip(found, wanted, strict=True)), found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("w is the rotated kernel", True),
        ("m,n 表示翻转后卷积核的行列下标", True),
        ("翻转过的卷积核", True),
        ("The kernel is not rotated", False),
        ("without being flipped", False),
        ("the unrotated kernel", False),
        ("卷积核没有翻转过", False),
        ("不需要翻转的卷积核", False),
        ("未翻转的卷积核", False),
        ("", False),
    ],
)
def test_only_words_that_say_so_license_the_rotated_reading(words: str, says: bool) -> None:
    assert says_turned(words) is says


@pytest.mark.parametrize(
    ("words", "says"),
    [("这里 b 简化为 0", True), ("$b = 0$", True), ("we ignore the bias", True), ("b is the bias", False)],
)
def test_a_text_may_leave_the_bias_out(words: str, says: bool) -> None:
    assert says_no_bias(words) is says


def test_letters_may_be_given() -> None:
    text = "$q_{11} = p_{11} g_{11} + p_{12} g_{12}$\n\n$q_{12} = p_{12} g_{11} + p_{13} g_{12}$"
    assert codes(text) == "--"
    assert codes(text, Options(symbols=read_symbols("q=z,p=a,g=w"))) == "rr"


def test_a_notebook_takes_the_same_options() -> None:
    text = "$q_{11} = p_{11} g_{11} + p_{12} g_{12}$\n\n$q_{12} = p_{12} g_{11} + p_{13} g_{12}$"
    found = check_derivation(text, symbols="q=z,p=a,g=w", index_from=1, convolution="correlation", lang="en")
    assert found is not None and found.report.counts["right"] == 2


@pytest.mark.parametrize("text", ["O", "O=", "=z", "O=y", "O=z;X=a"])
def test_letters_that_name_nothing_are_refused(text: str) -> None:
    with pytest.raises(LayerError):
        read_symbols(text)


def test_indices_and_convolution_may_be_given() -> None:
    formula = r"$\frac{\partial z_{p,q}}{\partial w_{m,n}} = a_{p+m,q+n}$"
    assert codes(formula, Options(base=0)) == "r" and codes(formula, Options(base=1)) == "w"
    elements = (
        "z11 = w22 a11 + w21 a12 + w12 a21 + w11 a22 + b\n\nz12 = w22 a12 + w21 a13 + w12 a22 + w11 a23 + b"
    )
    assert codes(elements, Options(convolution="true")) == "rr"
    assert codes(elements, Options(convolution="correlation")) == "ww"


def test_the_convention_is_told() -> None:
    report = check_text(
        "$O_{0,0} = X_{0,0}F_{0,0} + X_{0,1}F_{0,1}$\n\n$O_{0,1} = X_{0,1}F_{0,0} + X_{0,2}F_{0,1}$"
    )
    (convention,) = report.conventions
    assert dict(convention.letters) == {"O": "z", "X": "a", "F": "w"}
    assert convention.base == 0 and not convention.bias
    assert "indices from 0" in report.to_data("en")["conventions"][0]["text"]


def test_the_status_says_that_nothing_was_understood(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("$q = 3$ and $p_i = r_j$", encoding="utf-8")
    assert call(tmp_path, "check-derivation", "a.md").returncode == 3
    (tmp_path / "b.md").write_text("$z_{11} = q_{11} g_{11} + b$", encoding="utf-8")
    refused = call(tmp_path, "check-derivation", "b.md", "--symbols", "q")
    assert refused.returncode == 2 and "names no letter" in refused.stderr


# ---- The lecture's formulas, rewritten at random -----------------------------------------------------------

GENERAL = {
    "z": r"z_{p,q} = \sum_{m} \sum_{n} w_{m,n} a_{p+m-1,q+n-1} + b",
    "da": r"\frac{\partial J}{\partial a_{p,q}} = \sum_{m} \sum_{n} \delta_{m,n} w_{p-m+1,q-n+1}",
    "dw": r"\frac{\partial J}{\partial w_{p,q}} = \sum_{m} \sum_{n} \delta_{m,n} a_{p+m-1,q+n-1}",
    "db": r"\frac{\partial J}{\partial b} = \sum_{m} \sum_{n} \delta_{m,n}",
}
LETTERS = {
    "z": ["z", "O", "y", "Z"],
    "a": ["a", "X", "x", "I"],
    "w": ["w", "F", "K", "W"],
    "b": ["b", "B"],
    "J": ["J", "L", "E", "C"],
}
BOUNDS = [("i", "j", "u", "v"), ("u", "v", "m", "n"), ("p", "q", "r", "s"), ("x", "y", "i", "j")]


def rewritten(seed: int, slip: bool) -> tuple[str, list[str]]:
    """A text with the four formulas in other letters, another base, other index names; and its codes."""
    draw = random.Random(seed)
    zero = draw.random() < 0.5
    letters = {role: draw.choice(names) for role, names in LETTERS.items()}
    indices = [names for names in BOUNDS if not {*names} & {*letters.values()}]
    p, q, m, n = draw.choice([each for each in indices if "s" not in each])
    bounds = draw.random() < 0.5
    wanted, lines = [], []
    at_fault = draw.choice(["da", "dw"]) if slip else ""
    for name, formula in GENERAL.items():
        if name == at_fault:
            formula, wanted_code = slipped(draw, formula), "w"
        else:
            wanted_code = "r"
        text = formula
        if zero:
            text = text.replace("p+m-1,q+n-1", "p+m,q+n").replace("p-m+1,q-n+1", "p-m,q-n")
        text = re.sub(
            r"(?<=[_{,+-])[pqmn](?=[,}+-])",
            lambda k: dict(zip("pqmn", (p, q, m, n), strict=True))[k[0]],
            text,
        )
        text = re.sub(r"(?<![A-Za-z\\])[zawbJ](?![A-Za-z])", lambda k: letters[k[0]], text)
        if bounds and name != "da":
            sizes = ("k_1", "k_2") if name == "z" else ("H_{out}", "W_{out}")
            for letter, size in zip((m, n), sizes, strict=True):
                ends = f"{letter}=0}}^{{{size}-1}}" if zero else f"{letter}=1}}^{{{size}}}"
                text = text.replace(rf"\sum_{{{letter}}}", rf"\sum_{{{ends}")
        lines.append(f"$${text}$$")
        wanted.append(wanted_code)
    return "\n\n".join(lines), wanted


def slipped(draw: random.Random, formula: str) -> str:
    """One mistake that makes it another function."""
    changes = [
        lambda text: text.replace("p+m-1,q+n-1", "p+n-1,q+m-1").replace("p-m+1,q-n+1", "p-n+1,q-m+1"),
        lambda text: text.replace("= ", "= 2 "),
        lambda text: text.replace("= ", "= - "),
        lambda text: (
            re.sub(r"_\{([pm]...?.?),(q|n)", r"_{\1 +1,\2", text[::1]).replace(" +1", "+1")
            if "p+m-1," in text
            else text.replace("p-m+1,", "p-m+2,")
        ),
        lambda text: text.replace(r"\delta_{m,n}", r"\delta_{n,m}"),
    ]
    return draw.choice(changes)(formula)


SEED = random.SystemRandom().randrange(10**9)


@pytest.mark.parametrize("slip", [False, True])
def test_rewritten_formulas_stay_right_and_slips_are_found(slip: bool) -> None:
    """A slip is never called right; what is right is never called wrong."""
    for seed in range(SEED, SEED + 40):
        text, wanted = rewritten(seed, slip)
        found = codes(text)
        for code, meant in zip(found, wanted, strict=True):
            assert code == meant or (meant == "w" and code != "r"), (seed, found, wanted, text)


# ---- Pooling, rewritten at random --------------------------------------------------------------------------

POOLED = [
    ("平均池化", r"z_{p,q} = \frac{1}{m n} \sum_{x=1}^{m} \sum_{y=1}^{n} a_{(p-1)m+x,(q-1)n+y}"),
    ("平均池化", r"\delta_{u,v}^{l-1} = \frac{1}{m n} \delta_{p,q}^l \sigma'(z_{u,v}^{l-1})"),
    ("平均池化", r"z_{p,q} = \frac{1}{|R_{p,q}|} \sum_{(u,v)\in R_{p,q}} a_{u,v}"),
    ("最大池化", r"z_{p,q} = \max_{(u,v)\in R_{p,q}} a_{u,v}"),
    ("最大池化", r"z_{p,q} = \max(a_{(p-1)m+1,(q-1)n+1}, \dots, a_{pm,qn})"),
    (
        "最大池化",
        r"\frac{\partial J}{\partial a_{u,v}} ="
        r" \begin{cases} \delta_{p,q} & a_{u,v} = z_{p,q} \\ 0 & \text{otherwise} \end{cases}",
    ),
    ("最大池化", r"\delta^{l-1} = upsample(\delta^l) \odot \sigma'(z^{l-1})"),
]  # fmt: skip
POOLING_SLIPS = [
    ("= ", "= 2 "), ("= ", "= - "), ("p-1", "p-2"), ("+y", "+y+1"), ("+x,", "+y,"),
    ("(q-1)n", "(q-1)m"), ("{l-1})", "{l})"), ("a_{u,v}", "a_{v,u}"),

    ("R_{p,q}} a", "R_{q,p}} a"), (r"\frac{1}{m n}", r"\frac{1}{m}"),
    (",qn}", ",qm}"), (r"{cases} \delta_{p,q}", r"{cases} \delta_{q,p}"), (r"\\ 0", r"\\ 1"),
    (r" \odot \sigma'(z^{l-1})", ""), (r"\delta^l)", r"\delta^{l-1})"), (r"\frac{1}{|R_{p,q}|}", ""),
]  # fmt: skip


@pytest.mark.parametrize(("words", "formula"), POOLED, ids=[str(n) for n in range(len(POOLED))])
def test_formulas_of_pooling_are_right_and_a_slip_is_never_right(words: str, formula: str) -> None:
    names = dict(zip("pquv", random.Random(SEED).choice(["pquv", "ijuv", "ijrt", "uvij"]), strict=True))
    for before, after in [("", ""), *POOLING_SLIPS]:
        text = formula.replace(before, after, 1)
        if before and text == formula:
            continue
        text = re.sub(r"(?<=[_{,+(])[pquv](?=[,}+)-]|[mn])", lambda k: names[k[0]], text)
        found = codes(f"{words}\n\n${text}$")
        assert (found in ("r", "c")) if not before else found != "r", (SEED, text, found)
