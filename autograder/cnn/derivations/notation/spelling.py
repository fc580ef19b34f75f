"""Different ways to type the same thing, made equal: characters, comments, numbering, habits of lettering.

`parse` and `rows` read characters as `unified` gives them; whoever takes lines from people calls
`without_comments` and `in_lecture_letters` first. Only spelling is changed here, never a formula.
"""

import re

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
