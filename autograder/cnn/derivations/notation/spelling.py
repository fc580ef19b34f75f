r"""Normalise notation: characters, comments, numbering, letters; W^{l} x^{l-1} becomes w^{l} a^{l-1}.

`parse` and `rows` read characters as `unified` gives them; `answers` calls `without_comments` and
`in_lecture_letters` for its lines. `documents` calls `plain`, which takes styling and rare spellings out of
an equation, `names_in` for the letters that stand for something, and `in_letters`, which writes the equation
in the lecture's; what a letter means it decides itself. Only spelling is changed here, never a formula.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

MAX_INDEX = 200
"""Characters between the brackets of one index."""


_SAME: dict[int, str] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "×·⋅∙•∗⊙・"), "*"),
    **dict.fromkeys(map(ord, "−–—‐‑"), "-"),
    **dict.fromkeys(map(ord, "′’‘ʹ`´"), "'"),
    **dict.fromkeys(map(ord, "\u00a0\u2009\u200a\u202f\u3000\u200b\ufeff\u2061\u2062"), " "),
    ord("∑"): "Σ", ord("ℓ"): "l", ord("、"): ",", ord("【"): "[", ord("】"): "]", ord("∕"): "/",
    ord("⁄"): "/", ord("𝛿"): "δ", ord("𝜎"): "σ", ord("𝜕"): "∂", ord("𝐽"): "J",
}  # fmt: skip
"""Characters read as another: one for one, so that positions stay."""
_FLAT = str.maketrans(
    "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡ", "0123456789+-()aehijklmnoprstuvx0123456789+-()l"
)


def unified(text: str) -> str:
    """Full-width forms, mathematical letters and the many dots and dashes as ASCII or the lecture's letters.

    Every character stands for exactly one, so positions stay.
    """
    return text.translate(_SAME)


def on_the_line(text: str) -> str:
    """Subscripts and superscripts as ordinary characters."""
    return text.translate(_FLAT)


# ---- What stands around an equation, and habits of lettering ----------------------------------------------

_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))(?:#|//|%).*$")


def without_comments(text: str) -> str:
    """An answer without what follows #, // or %; all else keeps its place."""
    return _COMMENT.sub(lambda comment: " " * len(comment[0]), text)


_ENUMERATION = re.compile(
    r"^(?:[（(]?\d{1,2}(?:[)）、:：]|\.(?!\d))|[①-⑳]|[-*•·](?=[^=＝]*[=＝]))[、.:：]?\s*"
)
_WORDS_BEFORE = re.compile(
    r"^[^=＝:：]*[:：](?![=＝])(?=[^=＝]*[=＝])\s*"  # 残差：δ₁₂ = …, w12: dJ/dw12 = …
    r"|^[\u3400-\u9fff，、\s]{1,40}(?=[^=＝]*[=＝])"  # 所以 δ₁₂ = …
    r"|^(?:so|hence|thus|therefore|then|and)\b[,，]?\s*",
    re.IGNORECASE,
)
_WORDS_BEHIND = re.compile(
    r"[（(][^()（）=]{0,200}(?:[\u3400-\u9fff]|\b[A-Za-z]{2,20}\s[A-Za-z]{2,20}\b)[^()（）=]{0,200}[)）]$"
    r"|[\s，,。；;][\u3400-\u9fff][^=＝]{0,200}$"
)
"""Words in brackets, or after a comma. Bounded, for the sake of hostile texts."""


def in_lecture_letters(row: str) -> str:
    """The equation of one row of an answer, in the lecture's letters.

    Numbers and bullets before it go, and words before and behind it. Habits are read as what they mean:
    capital Z, A, W, B and Δ, x₁₂ for a₁₂, L for J, f for σ, w[1][2], w_1_2, and w(p, q) with a comma.
    """
    row = row.strip("` \t\r\n>✓✔√。")
    row = re.sub(r"^\*\*([^*=]{1,60})\*\*", r"\1", row)
    row = _WORDS_BEFORE.sub("", _ENUMERATION.sub("", row))
    row = _WORDS_BEHIND.sub("", row).rstrip(" \t\r\n,，。;；")
    row = re.sub(r"(?<![A-Za-z])stride(?![A-Za-z])", "s", row)
    row = re.sub(r"(?<=[A-Za-zδΔ])\[([^\[\]]{1,20})\]\[([^\[\]]{1,20})\]", r"[\1, \2]", row)
    row = re.sub(r"(?<=[A-Za-zδΔ])_(\d{1,2})_(\d{1,2})(?!\d)", r"_\1,\2", row)
    row = re.sub(r"(?:(?<![A-Za-z\\{^])|(?<=/d))([ZAW])(?=[\d₀-₉_^\[(])|(?<![A-Za-z\\])B(?![A-Za-z])",
                 lambda letter: letter[0].lower(), row)  # fmt: skip
    row = re.sub(r"(?<![A-Za-z\\])x(?=[\d₀-₉\[]|_[\d{])", "a", row)
    row = re.sub(r"(∂|\\partial\s*|partial\s+|\bd)L(?=\s*[/／}])", r"\1J", row)
    row = re.sub(r"(?<![A-Za-z\\])f(?=\s*(?:['′’]|\^\s*\\prime|\^\{\s*\\prime\s*\})?\s*\()", "σ", row)
    row = row.replace("Δ", "δ").replace("\\Delta", "\\delta").replace("Delta", "delta")
    return _with_square_brackets(row)


_INDEX_IN_BRACKETS = re.compile(r"(?:(?:(?<![A-Za-z\\])|(?<=/d))[zawdZAW]|[δΔ]|[dD]elta)(?=\()")


def _with_square_brackets(row: str) -> str:
    """w(p, q) as w[p,q]: a comma between the brackets tells that it is no product."""
    characters = list(row)
    for start in (letter.end() for letter in _INDEX_IN_BRACKETS.finditer(row)):
        depth, comma = 0, False
        for place in range(start, min(len(row), start + MAX_INDEX)):
            depth += (row[place] == "(") - (row[place] == ")")
            comma = comma or (depth == 1 and row[place] in ",，")
            if depth == 0:
                if comma and not set(row[start:place]) & set("=[]{}"):
                    characters[start], characters[place] = "[", "]"
                break
    return "".join(characters)


# ---- A text's own letters ----------------------------------------------------------------------------------

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
        (r"^\s*\\text\s*\{\s*(?:当|则|若|如果|if|when|then|where|so|hence)\s*[，,:]?\s*\}", " "),
        (r"\\(?:mathbb|mathbf|mathds|boldsymbol|bm)\s*\{?\s*[1I]\s*\}?", " ⍟"),
        (r"⍟\s*_\s*\{((?:[^{}]|\{[^{}]*\})*)\}", r"⍟(\1)"),
        (
            r"(?:\\left\s*)?(?:\\[lr]?vert|\|)\s*\\?(?:math\w+\s*)?\{?[A-Z]\}?(?:_\{?[\w,]+\}?)?\s*"
            r"(?:\\right\s*)?(?:\\[lr]?vert|\|)",
            " R ",
        ),
        (r"\\([dt]?frac)\s*(\d|[A-Za-z])\s*(\d|[A-Za-z])(?![A-Za-z])", r"\\\1{\2}{\3}"),
        (r"(?<![_^])\{\s*([mkhH])\s*([nkwWm])\s*\}", r"{\1 \2}"),
        (r"\\underset\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*\{\s*\\?(max|mean)\s*\}", r"\\max_{\1}"),
        (r"\\(?:tag|label)\*?\s*\{[^{}]*\}|\\(?:nonumber|notag|displaystyle|left|right)(?![A-Za-z])", " "),
        (r"\\(?:[bB]igg?[lrm]?|qquad|quad)(?![A-Za-z])|\\[,;:!>]|~", " "),
        (rf"\\{_STYLE}\s*\{{\s*(\\?[A-Za-z]+\d*|[^\W\d_])\s*\}}", r" \1"),
        (rf"\\{_STYLE}(?![A-Za-z])\s*(\\[A-Za-z]+|[A-Za-z](?![A-Za-z]))", r" \1"),
        (r"\{\s*(\\[A-Za-z]+|[A-Za-z])\s*\}(?=\s*')", r"\1"),
        (r"^\s*\\boxed\s*\{(.*=.*)\}\s*$", r"\1"),
        (rf"\{{\s*\\{_STYLE}\s+", "{"),
        (r"\\\{", "("),
        (r"\\\}", ")"),
        (r"\\?(?<![A-Za-z])(?:[uU]p-?[sS]ampl(?:e|ing)|unpool|up)\s*(?=\()", "upsample"),
        (
            r"\\?(?<![A-Za-z])(?:(?:[mM]ax|[aA]vg|[mM]ean)?[pP]ool(?:ing)?|[dD]own(?:-?[sS]ampl(?:e|ing))?)\s*(?=\()",
            "pool",
        ),
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
    "z": "z Z y Y O o u U s S v V h H net R r C c x p P",
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
    text = _CASES.sub(_cases, unified(source.translate(_PRODUCTS)))
    text = _CELLS.sub(_cells, text)
    for pattern, new in _PATTERNS:
        text = pattern.sub(new, text)
    return _ALONE.sub(r"\\frac{\\partial J}{\\partial \1}", text)


_CASES = re.compile(
    r"(?:\\left\s*)?(?:\\\{\s*)?\\begin\s*\{\s*(r?cases)\s*\}(.*?)\\end\s*\{\s*\1\s*\}(?:\s*\\right\s*\.)?",
    re.DOTALL,
)
_OTHERWISE = re.compile(
    r"otherwise|else|其他|其它|其余|否则|\\ne(?:q)?(?![A-Za-z])|≠|\bnot\b|不是|不为|非", re.IGNORECASE
)
_LARGEST = re.compile(r"arg\s*\\?\s*max|最大|maximum|\bmax\b(?!\s*[(_{\\])|largest", re.IGNORECASE)


def _cases(match: re.Match[str]) -> str:
    """Cases with marks of their own: ⊤ for "where it is the largest", ⊥ for "otherwise"."""
    rows = []
    for row in filter(str.strip, re.split(r"\\\\(?:\[[^\]]*\])?", match[2])):
        value, _, condition = (
            part.strip()
            for part in re.sub(r"&|\\q?quad|[,，]?\s*(?=\\text)", "&", row, count=1).partition("&")
        )
        if _OTHERWISE.search(condition):
            condition = "⊥"
        elif _LARGEST.search(condition):
            condition = "⊤"
        condition = re.sub(
            r"(?:\\text\s*\{\s*and\s*\}|\band\b|且|,)[~\s]*\([^()]*\)\s*\\in\s.*", " ", condition
        )
        condition = re.sub(r"\\text\s*\{\s*(?:if|when|for|where|当|若|如果)\s*\}|\bif\b|&", " ", condition)
        rows.append(f"{value.strip(' ,，&')}⁏{condition.strip(' ,，.')}")
    return "⦃" + "⁞".join(rows) + "⦄"


def _cells(match: re.Match[str]) -> str:
    """A matrix with marks of its own for cells and rows."""
    return "⟦" + match[2].strip().removesuffix("\\\\").replace("&", "⁏").replace("\\\\", "⁞") + "⟧"


def names_in(text: str) -> dict[str, str]:
    """The letters of a `plain` equation that may stand for a quantity, each with what follows it at once."""
    found: dict[str, str] = {}
    for match in _TOKEN.finditer(text):
        if match["name"] in NAMES:
            power = re.match(r"\^\s*\{?\s*2", text[match.end() :])  # of a size, such as k²
            following = "²" if power else text[match.end() : match.end() + 1]
            found[match["name"]] = found.get(match["name"], "") + following
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
