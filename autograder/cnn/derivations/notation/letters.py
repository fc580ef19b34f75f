r"""A text's own letters turned into the lecture's: W^{l} x^{l-1} into w^{l} a^{l-1}, \mathcal{L} into J.

`documents` calls it before `parse`: `plain` takes styling and rare spellings out of an equation, `names_in`
lists the letters that stand for something, and `in_letters` writes the equation in the lecture's. What a
letter means is decided in `documents.conventions`; here only spelling changes, never a formula.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from autograder.cnn.derivations.notation.spelling import unified

_STYLE = r"(?:math(?:bf|rm|it|sf|bb|cal|scr)|boldsymbol|bm|rm|bf|vec|bar|pmb|text|operatorname\*?)"
_SCRIPT = r"(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\([^()]*\)|\\[A-Za-z]+|[^\s{}\\()])"
_SMALL = "₀-₉ₐ-ₜᵢᵣᵤᵥ⁰¹²³⁴-⁹⁺⁻⁽⁾ˡ"
_SCRIPTS = rf"(?:\s*[_^]\s*{_SCRIPT}|'|\d|\[[^\[\]]*\]|,?[{_SMALL}])*"
_NAME = (
    r"(?:\\(?:delta|Delta|theta|Theta|omega|alpha|beta|ell|phi|varphi|sigma|hat[A-Za-z])(?![A-Za-z])"
    r"|[A-Za-zδσΔθωφ])"
)
_INSIDE = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"
_PATTERNS = [
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\(?:tag|label)\*?\s*\{[^{}]*\}|\\(?:nonumber|notag|displaystyle|left|right)(?![A-Za-z])", " "),
        (r"\\(?:[bB]igg?[lrm]?|qquad|quad)(?![A-Za-z])|\\[,;:!>]|~", " "),
        (rf"\\{_STYLE}\s*\{{\s*(\\?[A-Za-z]+\d*|[^\W\d_])\s*\}}", r" \1"),
        (rf"\\{_STYLE}(?![A-Za-z])\s*(\\[A-Za-z]+|[A-Za-z](?![A-Za-z]))", r" \1"),
        (r"\{\s*(\\[A-Za-z]+|[A-Za-z])\s*\}(?=\s*')", r"\1"),
        (r"^\s*\\boxed\s*\{(.*=.*)\}\s*$", r"\1"),
        (rf"\{{\s*\\{_STYLE}\s+", "{"),
        (r"\\(?:hat|widehat|tilde)\s*\{?\s*([A-Za-z])\s*\}?", r"\\hat\1"),
        (r"⊛⊛", "^"),
        (r"(\^\s*\{[^{}]*?)_\{(\w+)\}([^{}]*\})", r"\1_\2\3"),
        (r"\\(?:circledast|ast|star)(?![A-Za-z])", "⊛"),
        (r"\\(?:big)?(?:odot|circ|bullet)(?![A-Za-z])|∘", r"\\odot "),
        (r"\^\s*\{\s*(?:'|\\prime)\s*\}|\^\s*\\prime(?![A-Za-z])", "'"),
        (r"\\(?:bigtriangledown|triangledown|nabla)(?![A-Za-z])|▽", "∇"),
        (
            r"\\?(?<![A-Za-z])(?:rot|ROT|Rot|rotate|flip)\s*_?\s*(?:\{?\s*180\s*\}?)?\s*(?:\^?\s*\\odot|°)?\s*(?=[(])",
            "rot180",
        ),
        (r"\{\s*(\{" + _INSIDE + r"\})\s*\}", r"\1"),
        (r"(?<=\{)\s*\{((?:\\partial|∂)" + _INSIDE + r")\}\s*(?=\})", r"\1"),
        (
            rf"∇\s*_\s*\{{?\s*({_NAME}{_SCRIPTS})\s*\}}?\s*(?:J|L|E|C|\\ell)(?![A-Za-z])(?:\s*\([\w\\,;\s]*\))?",
            r"\\frac{\\partial J}{\\partial \1}",
        ),
        (rf"∇\s*\{{?\s*({_NAME}{_SCRIPTS})\s*\}}?", r"\\frac{\\partial J}{\\partial \1}"),
        (r"(\\partial|∂)\s*\{(" + _INSIDE + r")\}", r"\1 \2"),
        (
            rf"\{{\s*(?:\\partial|∂)({_INSIDE})\}}\s*/\s*\{{\s*(?:\\partial|∂)({_INSIDE})\}}",
            r"\\frac{\\partial \1}{\\partial \2}",
        ),
        (rf"(?<![_^}}\w\]])\{{\s*({_NAME}{_SCRIPTS})\s*\}}(?=\s*[_^])", r"\1"),
        (rf"(?<![A-Za-z')])\(\s*({_NAME}{_SCRIPTS})\s*\)(?=\s*_)", r"\1"),
        (
            r"\^\s*\{\s*[(\[]?\s*(l(?:\s*[-+]\s*1)?|\d)\s*[)\]]?\s*[,^]?\s*\\?(?:T|top|mathrm\{T\})\s*\}",
            r"^{(\1)}^T",
        ),
        (r"(?<![A-Za-z\\])d(?=[ZzWwAaBbXx]\s*[\[_])(?<!/d)", "∂"),
    )
]
"""What is taken out or respelt before anything is read, in this order; ∂ before a quantity alone is ∂J/∂."""
_ALONE = re.compile(rf"(?<![/{{}}∂\w])(?<!/\s)∂((?>{_NAME}{_SCRIPTS}))(?!\s*/)")
_PRODUCTS = {ord(c): "⊛" for c in "∗⊛★☆*＊"} | {ord("⊙"): "\\odot "} | {ord(c): "\\cdot " for c in "·⋅∙•×・"}
_CELLS = re.compile(
    r"(?:\\left\s*)?[(\[]?\s*\\begin\s*\{\s*([pbBvV]?matrix|smallmatrix|array)\s*\}(?:\s*\{[clr|\s]*\})?(.*?)"
    r"\\end\s*\{\s*\1\s*\}(?:\s*(?:\\right\s*)?[)\]])?",
    re.DOTALL,
)
_WORDS = (
    r"rot180|upsample|dsigma|sigma_prime|sigmoid|softmax|delta|sigma|Delta|partial|relu|ReLU|tanh|max|min|avg|mean"
    r"|sum|conv2d|conv|pool|exp|log|net|out|loss|Loss|cost|for|if|in|where|otherwise|diag|vec|kron|pad|insert"
)
_TOKEN = re.compile(
    rf"(?P<script>\s*[_^]\s*{_SCRIPT}|(?<=[A-Za-zδσ'])\[[^\[\]]*\])"
    rf"|(?P<name>\\[A-Za-z]+|(?:{_WORDS})(?![A-Za-z])|(?:delta|sigma)(?=\d)|[A-Za-zδσΔθωφ])|(?P<other>.)",
    re.DOTALL,
)
_SIGMAS = ("\\sigma", "σ", "sigma", "sigmoid", "dsigma", "sigma_prime")
LECTURES: Mapping[str, str] = {
    **{letter: letter for letter in ("z", "a", "w", "b", "J", "δ")},
    **dict.fromkeys(("\\delta", "delta"), "δ"),
    **dict.fromkeys(_SIGMAS[:4], "σ"),
}
"""The lecture's own letters."""
KINDS: Mapping[str, str] = {
    "z": "z Z y Y O o u U s S v V h H net R r C c x",
    "a": "a A x X I i o O \\alpha h H in",
    "w": "w W k K F f \\omega ω \\theta θ \\Theta h H g G",
    "b": "b B \\beta bias",
    "δ": "δ \\delta delta Δ \\Delta Delta d D",
    "J": "J loss L Loss E cost C \\ell",
    "σ": "σ \\sigma sigma f sigmoid g \\phi φ \\varphi relu h ReLU σ tanh",
}
"""The letters that people use for each of the lecture's, the usual ones first."""
NAMES = frozenset(" ".join(KINDS.values()).split())


@lru_cache(maxsize=4096)
def plain(source: str) -> str:
    """An equation without styling, in few spellings; the letters stay."""
    text = _CELLS.sub(_cells, unified(source.translate(_PRODUCTS)))
    for pattern, new in _PATTERNS:
        text = pattern.sub(new, text)
    return _ALONE.sub(r"\\frac{\\partial J}{\\partial \1}", text)


def _cells(match: re.Match[str]) -> str:
    """A matrix with marks of its own for cells and rows."""
    return "⟦" + match[2].strip().removesuffix("\\\\").replace("&", "⁏").replace("\\\\", "⁞") + "⟧"


def names_in(text: str) -> dict[str, str]:
    """The letters of a `plain` equation that may stand for a quantity, each with what follows it at once."""
    found: dict[str, str] = {}
    for match in _TOKEN.finditer(text):
        if match["name"] in NAMES:
            found[match["name"]] = found.get(match["name"], "") + text[match.end() : match.end() + 1]
    return found


def in_letters(text: str, letters: Mapping[str, str]) -> str:
    """A `plain` equation in the lecture's letters; what is in an index, a layer or a bound stays."""
    written: list[str] = []
    quantity = False
    for match in _TOKEN.finditer(text):
        if script := match["script"]:
            written.append(_script(script) if quantity else script)
            continue
        name = match["name"]
        role = letters.get(name or "")
        if role == "J":
            written.append(" J ")
        elif name and role:
            written.append(f" {role}" if role != "σ" or ("prime" not in name and name != "dsigma") else " σ'")
        else:
            written.append(match[0])
        quantity = role in ("z", "a", "w", "b", "δ") or (quantity and match[0] == " ")
    joined = "".join(written)
    return re.sub(r"(?<![A-Za-z])J\s*\(\s*[A-Za-z\\θ]+(?:\s*[,;]\s*[A-Za-z\\]+)*\s*\)", "J", joined)


def _script(script: str) -> str:
    """A bare number above a quantity is its layer; (i+m)(j+n) is two indices."""
    script = re.sub(r"([a-z])\s*'", lambda letter: letter[1].upper(), script)  # m' is another index than m
    script = re.sub(r"^(\s*\^\s*)\{?\s*(\d)\s*\}?$", r"\1{(\2)}", script)
    script = re.sub(r"^(\s*_\s*\{\s*\([^()]*\))\s*(\([^()]*\)\s*\})$", r"\1,\2", script)
    return re.sub(r"\{\s*\(\s*(\d|l)\s*\)\s*\}", r"{(\1)}", script)
