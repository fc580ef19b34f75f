r"""What a person typed, read into a formula: the lecture's LaTeX, Unicode and plain text.

`documents` and `compare` call `rows` and `read`. The grammar is `notation.lark`; what comes out are the
frozen records below, which know nothing of sizes: `meaning` gives them a value. What is read here is hostile
until proven otherwise. It is never evaluated, and never handed to SymPy's or Python's own parsers; limits
keep any text, whatever it is, to a fraction of a second; only `NotationError` leaves this module.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, Literal
from unicodedata import east_asian_width

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from autograder.base.messages import Text, say

MAX_CHARACTERS = 20_000
"""Of one equation. The longest of the lecture has 400; a chain for a 5×5 kernel 6,000."""
MAX_DEPTH = 40
MAX_DIGITS = 9
MAX_EXPONENT = 8
MAX_INDEX = 200
"""Characters between the brackets of one index."""


class NotationError(ValueError):
    """Text that cannot be read: why, and at which place.

    Parameters
    ----------
    text : Text
        One sentence.
    source : str
        What was typed.
    at : int
        The place in it, from 0.
    """

    def __init__(self, text: Text, source: str, at: int) -> None:
        super().__init__(text.en)
        self.text = text
        self.source = source
        self.at = at

    def pointed(self, lang: str) -> str:
        """The sentence, below it the line with a caret under the place."""
        return f"{self.text.in_language(lang)}\n{self.shown}"

    @property
    def shown(self) -> str:
        """The line as it was typed, and a caret under the place; of a long line the part around it."""
        place = max(0, min(self.at, len(self.source)))
        start = self.source.rfind("\n", 0, place) + 1
        end = self.source.find("\n", place)
        line = self.source[start : end if end >= 0 else len(self.source)]
        at = place - start
        left, right = max(0, at - 50), at + 25
        before = ("…" if left else "") + _printable(line[left:at])
        after = _printable(line[at:right]) + ("…" if right < len(line) else "")
        return f"    {before}{after}\n    {' ' * _columns(before)}^"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _columns(text: str) -> int:
    """Columns of a terminal: wide characters take two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


# ---- What was read -----------------------------------------------------------------------------------------

Letter = Literal["z", "a", "w", "b", "delta"]
FunctionName = Literal[
    "sigma", "dsigma", "max", "min", "avg", "mean", "sum", "upsample", "rot180", "pad", "insert"
]
Relation = Literal["=", "∼"]


@dataclass(frozen=True, slots=True)
class Place:
    """One index, such as u+p−1: a sum of products of variables.

    Parameters
    ----------
    terms : tuple of (coefficient, variables)
        1 for u, 1 for p and −1 for nothing, in this example.
    """

    terms: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(name for _, names in self.terms for name in names)

    @property
    def bare(self) -> str | None:
        """The variable, where the index is nothing but one."""
        match self.terms:
            case ((1, (name,)),):
                return name
        return None


@dataclass(frozen=True, slots=True)
class Index:
    """The indices of a quantity.

    Parameters
    ----------
    places : tuple of Place
        Those between commas; of 12 and pq, which have none, each character.
    run : str
        12, pq: what was typed without commas, else "". `meaning` knows how many indices a quantity has:
        a₁₂ is in row 1 of a map, but unit 12 of a dense layer.
    """

    places: tuple[Place, ...] = ()
    run: str = ""


@dataclass(frozen=True, slots=True)
class LayerSaid:
    """The layer that was written: l, l−1, l+1 (base "l" and an offset), or a number (base "")."""

    base: Literal["l", ""]
    offset: int


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction


@dataclass(frozen=True, slots=True)
class Variable:
    """A size or an index as a factor: m and n in 1/(m·n)."""

    name: str


@dataclass(frozen=True, slots=True)
class Loss:
    """J."""


@dataclass(frozen=True, slots=True)
class Named:
    """One of the lecture's quantities. `layer` is None where none was written."""

    letter: Letter
    index: Index = Index()
    layer: LayerSaid | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """A function of something: σ(z₁₂), σ′(z₁₂), max(a₁₁, …), upsample(δ₁₁), or an element rot180(w)₁₁.

    `dots` tells whether the arguments go on with "…".
    """

    function: FunctionName
    arguments: tuple["Node", ...]
    index: Index | None = None
    layer: LayerSaid | None = None
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """∂of/∂by, not carried out."""

    of: "Node"
    by: "Node"


@dataclass(frozen=True, slots=True)
class Power:
    base: "Node"
    exponent: int


@dataclass(frozen=True, slots=True)
class Transposed:
    base: "Node"


@dataclass(frozen=True, slots=True)
class Quotient:
    above: "Node"
    below: "Node"


@dataclass(frozen=True, slots=True)
class Product:
    factors: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Total:
    """A sum: its terms, each with 1 or −1."""

    terms: tuple[tuple[int, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A variable of a Σ, and from where to where it runs, as far as that was written."""

    variable: str
    low: int | None = None
    high: int | str | None = None


@dataclass(frozen=True, slots=True)
class Summation:
    ranges: tuple[Range, ...]
    body: "Node"


Node = (
    Number
    | Variable
    | Loss
    | Named
    | Applied
    | Derived
    | Power
    | Transposed
    | Quotient
    | Product
    | Total
    | Summation
)


@dataclass(frozen=True, slots=True)
class Equation:
    """A chain of equalities, side = side = …; a formula alone has one side and no relation.

    `continued` tells that it begins with "=" and goes on from the row before.
    """

    sides: tuple[Node, ...]
    relations: tuple[Relation, ...]
    continued: bool = False


def children(node: Node) -> tuple[Node, ...]:
    """The formulas that a formula is made of."""
    match node:
        case Applied(arguments=parts) | Product(factors=parts):
            return parts
        case Total(terms=terms):
            return tuple(term for _, term in terms)
        case Derived(of=first, by=second) | Quotient(above=first, below=second):
            return (first, second)
        case Power(base=part) | Transposed(base=part) | Summation(body=part):
            return (part,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """A formula and everything in it."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(children(top))


# ---- Reading -----------------------------------------------------------------------------------------------

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
    "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡ",
    "0123456789+-()aehijklmnoprstuvx0123456789+-()l",
)

_NAMES = {
    "z": "z", "a": "a", "w": "w", "b": "b", "J": "J", "δ": "δ", "delta": "δ", "\\delta": "δ",
    "σ": "σ", "sigma": "σ", "\\sigma": "σ", "σ'": "σ′", "dsigma": "σ′", "sigma'": "σ′", "sigma_prime": "σ′",
    "relu": "σ", "sigmoid": "σ", "f": "σ", "f'": "σ′", "dsig": "σ′", "sig": "σ",
    "dz": "∂z", "da": "∂a", "dw": "∂w", "db": "∂b", "dJ": "∂J", "\\partial": "∂", "partial": "∂",
    "L": "J", "Loss": "J", "loss": "J", "E": "J", "C": "J", "x": "a", "k": "w", "W": "w", "A": "a", "Z": "z",
    "B": "b", "K": "w", "X": "a", "D": "δ", "Delta": "δ", "\\Delta": "δ", "d": "δ",
    "\\frac": "\\frac", "\\sum": "Σ", "sum": "Σ", "\\cdot": "·", "\\boxed": "\\boxed", "upsample": "upsample",
    "max": "max", "avg": "avg",
}  # fmt: skip
"""What a misspelt name may have meant: the name as people write it, and as the answer shows it."""


def read(text: str) -> Equation:
    """One equation, or a formula alone.

    Raises
    ------
    NotationError
        The text is no formula, or beyond the limits; it tells the place.
    """
    same = text.translate(_SAME)
    _check_limits(same, text)
    try:
        result = _parser().parse(same, start="equation")
    except UnexpectedInput as error:
        raise _explained(error, same, text) from None
    except NotationError as error:
        raise NotationError(error.text, text, error.at) from None
    assert isinstance(result, Equation)
    if _depth(result) > 4 * MAX_DEPTH:
        raise NotationError(say("cnn.notation.nested_too_deep"), text, 0)
    return result


def _depth(equation: Equation) -> int:
    """How deep the records are nested: quotients of quotients and the like need no brackets."""
    deepest, stack = 0, [(side, 1) for side in equation.sides]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((part, depth + 1) for part in children(node))
    return deepest


_STRAY_MARK = re.compile(r"(?!^)(?<![=+\-*&∼\s])\s*&(?!\s*(?:[=:∼+\-*/&]|\\sim|\\cdot|\\times|\\q?quad|$))")


def _check_limits(same: str, typed: str) -> None:
    if len(same) > MAX_CHARACTERS:
        raise NotationError(
            say(
                "cnn.notation.too_long",
                count=f"{len(same):,}",
                limit=f"{MAX_CHARACTERS:,}",
            ),
            typed,
            MAX_CHARACTERS,
        )
    for mark in _STRAY_MARK.finditer(same):
        # Left alone it would read as a product of what stands in two columns.
        raise NotationError(say("cnn.notation.character_unexpected", character="&"), typed, mark.end() - 1)
    depth = 0
    for bracket in re.finditer(r"[(\[{)\]}]", same):
        depth += 1 if bracket[0] in "([{" else -1
        if depth > MAX_DEPTH:
            raise NotationError(
                say("cnn.notation.brackets_too_deep", limit=MAX_DEPTH),
                typed,
                bracket.start(),
            )


def _explained(error: UnexpectedInput, same: str, typed: str) -> NotationError:
    """Lark's complaint as a sentence: the character that does not fit, and the name that may be meant."""
    at = error.pos_in_stream if error.pos_in_stream is not None else len(same)
    if _at_end(error) or at >= len(same):
        at = len(same.rstrip())
        unclosed = _unclosed(same)
        if unclosed is not None:
            return _never_closed(same, typed, unclosed)
        return NotationError(say("cnn.notation.ends_early"), typed, at)
    word = re.compile(r"\\?[^\W\d_]+'?|\\.").match(same, at)
    if word is not None and word[0].lstrip("\\").isascii() | word[0].isalpha() and not _is_known(word[0]):
        return _unknown(word[0], typed, at)
    if same[at] in ")]}":
        return NotationError(
            say("cnn.notation.closing_unexpected",
                character=typed[at]), typed, at)  # fmt: skip
    if same[at] in "_^":
        unclosed = _unclosed(same)
        if unclosed is not None and not same[at + 1 : unclosed].strip():
            return _never_closed(same, typed, unclosed)
        return NotationError(
            say("cnn.notation.script_unexpected", character=typed[at]), typed, at)  # fmt: skip
    return NotationError(say("cnn.notation.character_unexpected", character=_printable(typed[at])), typed, at)


def _at_end(error: UnexpectedInput) -> bool:
    token = getattr(error, "token", None)
    return isinstance(token, Token) and token.type == "$END"


def _never_closed(same: str, typed: str, at: int) -> NotationError:
    sentence = say("cnn.notation.bracket_unclosed", bracket=same[at])
    return NotationError(sentence, typed, at)


_KNOWN_WORDS = (
    *("z", "a", "w", "b", "J", "δ", "delta", "σ", "sigma", "∂", "partial"),
    *("frac", "sum", "cdot", "boxed"),
)


def _is_known(word: str) -> bool:
    """Spelt right, although it stands at the wrong place."""
    return word.lstrip("\\") in _KNOWN_WORDS


def _unknown(word: str, typed: str, at: int) -> NotationError:
    shown = typed[at : at + min(len(word), 30)]
    meant = _NAMES.get(word) or next(
        iter(_NAMES[near] for near in get_close_matches(word[:30], _NAMES, 1, 0.7)), None
    )
    if meant is None:
        sentence = say("cnn.notation.word_unknown", word=_printable(shown))
    else:
        sentence = say("cnn.notation.word_misspelt", word=_printable(shown), name=meant)
    return NotationError(sentence, typed, at)


def _unclosed(same: str) -> int | None:
    """Where the bracket was opened that is still open at the end."""
    open_ones = []
    for bracket in re.finditer(r"[(\[{)\]}]", same):
        if bracket[0] in "([{":
            open_ones.append(bracket.start())
        elif open_ones:
            open_ones.pop()
    return open_ones[-1] if open_ones else None


@cache
def _parser() -> Lark:
    """Built once, when first asked for."""
    return Lark.open_from_package(
        __package__,
        "grammar.lark",
        parser="lalr",
        start=["equation", "index"],
        maybe_placeholders=False,
        transformer=_Builder(),
    )


@lru_cache(maxsize=2048)
def _index(content: str) -> Index:
    """What stands between the brackets of an index; positions in errors count from its beginning."""
    flat = content.translate(_FLAT)
    run = re.sub(r"[\s{}]|\\[,;:! ]", "", flat)
    if re.fullmatch(r"[A-Za-z0-9]+", run):
        if len(run) > MAX_DIGITS:
            raise NotationError(say("cnn.notation.index_too_long", limit=MAX_DIGITS), content, 0)
        parts = re.findall(r"[A-Za-z0-9]+", flat)
        places = parts if len(parts) > 1 else list(run)
        return Index(tuple(map(_single, places)), run if len(parts) == 1 else "")
    if len(flat) > MAX_INDEX:
        raise NotationError(say("cnn.notation.index_too_long", limit=MAX_INDEX), content, 0)
    try:
        result = _parser().parse(flat, start="index")
    except UnexpectedInput as error:
        at = error.pos_in_stream if error.pos_in_stream is not None else len(flat)
        if _at_end(error):
            at = len(flat)
        shown = _printable(flat[at : at + 1])
        raise NotationError(
            say("cnn.notation.index_character_unexpected", character=shown)
            if shown.strip()
            else say("cnn.notation.index_ends_early"),
            content,
            at,
        ) from None
    assert isinstance(result, Index)
    return result


def _single(text: str) -> Place:
    return Place(((int(text), ()),)) if text.isdigit() else Place(((1, (text,)),))


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """From the grammar's rules to the records; called while parsing, so no tree is ever walked."""

    # ---- Formulas

    def equation(self, first: Node, *rest: Any) -> Equation:
        return Equation((first, *rest[1::2]), tuple(map(_relation, rest[::2])))

    def continuation(self, *parts: Any) -> Equation:
        return Equation(parts[1::2], tuple(map(_relation, parts[::2])), continued=True)

    def sum(self, *parts: Any) -> Node:
        terms, sign = [], 1
        for part in parts:
            if isinstance(part, Token):
                sign = -sign if part == "-" else sign
            else:
                terms.append((sign, part))
                sign = 1
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Total(tuple(terms))

    def term(self, *parts: Any) -> Node:
        """Factors from left to right; a Σ takes all that follows it."""
        factors: list[Node] = []
        sign, divides, ranges = 1, False, None
        for part in parts:
            if not isinstance(part, Token):
                if ranges is not None:
                    part = Summation(ranges, part)
                if divides:
                    above = factors[0] if len(factors) == 1 else Product(tuple(factors))
                    factors, divides = [Quotient(above, part)], False
                else:
                    factors.append(part)
            elif part.type == "SUM":
                ranges = _ranges(part)
            elif part.type == "DIV":
                divides = True
            elif part == "-":
                sign = -sign
        product = factors[0] if len(factors) == 1 else Product(tuple(factors))
        return product if sign == 1 else Total(((-1, product),))

    def power(self, base: Node, exponent: Token) -> Node:
        digits = re.sub(r"\D", "", exponent.translate(_FLAT))
        before = base.exponent if isinstance(base, Power) else 1
        if len(digits) > 2 or int(digits) * before > MAX_EXPONENT:
            raise NotationError(
                say("cnn.notation.exponent_too_large", limit=MAX_EXPONENT), "", exponent.start_pos or 0
            )
        return Power(base.base if isinstance(base, Power) else base, int(digits) * before)

    def transposed(self, base: Node, _: Token) -> Node:
        return Transposed(base)

    def number(self, digits: Token) -> Node:
        if len(digits) > MAX_DIGITS:
            raise NotationError(
                say("cnn.notation.number_too_long", limit=MAX_DIGITS), "", digits.start_pos or 0
            )
        return Number(Fraction(digits))

    def size(self, name: Token) -> Node:
        return Variable(str(name))

    def loss(self, _: Token) -> Node:
        return Loss()

    def group(self, *parts: Any) -> Node:
        node: Node = parts[-1]
        return node

    def quantity(self, letter: Token, *place: Token) -> Node:
        name = letter.lstrip("\\")
        index, layer = _place(place)
        return Named(_LETTERS[name], index or Index(), layer)

    def sigma(self, _: Token, argument: Node) -> Node:
        return Applied("sigma", (argument,))

    def dsigma(self, *parts: Any) -> Node:
        return Applied("dsigma", (parts[-1],))

    def dsigma_placed(self, *parts: Token) -> Node:
        """σ′₁₂ is short for σ′(z₁₂)."""
        index, layer = _place(parts[1 + (parts[0].type == "SIGMA") :])
        return Applied("dsigma", (Named("z", index or Index(), layer),))

    def call(self, function: Token, arguments: tuple[Any, ...], *place: Token) -> Node:
        name = re.sub(r".*[{\\\s]", "", function.rstrip(" }"))
        index, layer = _place(place)
        nodes = tuple(one for one in arguments if not isinstance(one, Token))
        return Applied(name, nodes, index, layer, dots=len(nodes) < len(arguments))  # type: ignore[arg-type]

    def arguments(self, *parts: Any) -> tuple[Any, ...]:
        return parts

    def fraction(self, _: Token, above: Node, below: Node) -> Node:
        return Quotient(above, below)

    def derivative(self, *parts: Any) -> Node:
        of, by = (part for part in parts if not isinstance(part, Token))
        return Derived(of, by)

    def operator(self, *parts: Any) -> Node:
        by, of = (part for part in parts if not isinstance(part, Token))
        return Derived(of, by)

    # ---- Indices

    def index(self, *places: Place) -> Index:
        return Index(places)

    def place(self, *parts: Any) -> Place:
        terms: list[tuple[int, tuple[str, ...]]] = []
        sign = 1
        for part in parts:
            if isinstance(part, Token):
                sign = -sign if part == "-" else sign
            else:
                terms += [(sign * value, names) for value, names in part.terms]
                sign = 1
        return _collected(terms)

    def product(self, *factors: Any) -> Place:
        result: list[tuple[int, tuple[str, ...]]] = [(1, ())]
        for factor in factors:
            if not isinstance(factor, Token):
                result = [(m * n, (*some, *more)) for m, some in result for n, more in factor.terms]
            if len(result) > 50 or any(abs(value) >= 10**MAX_DIGITS for value, _ in result):
                raise NotationError(say("cnn.notation.index_too_complicated"), "", 0)
        return _collected(result)

    def whole(self, digits: Token) -> Place:
        if len(digits) > MAX_DIGITS:
            raise NotationError(
                say("cnn.notation.number_too_long", limit=MAX_DIGITS), "", digits.start_pos or 0
            )
        return Place(((int(digits), ()),))

    def variable(self, name: Token) -> Place:
        return Place(((1, (str(name),)),))

    def bracket(self, place: Place) -> Place:
        return place


_LETTERS: dict[str, Letter] = {
    "z": "z", "a": "a", "w": "w", "b": "b", "delta": "delta", "δ": "delta", "d": "delta"
}  # fmt: skip


def _relation(token: Token) -> Relation:
    return "∼" if "sim" in token or token == "∼" else "="


def _collected(terms: list[tuple[int, tuple[str, ...]]]) -> Place:
    """Like terms added up; 0 is the empty product with 0."""
    sums: dict[tuple[str, ...], int] = {}
    for value, names in terms:
        key = tuple(sorted(names))
        sums[key] = sums.get(key, 0) + value
    kept = tuple((value, names) for names, value in sums.items() if value)
    return Place(kept or ((0, ()),))


def _place(tokens: tuple[Token, ...]) -> tuple[Index | None, LayerSaid | None]:
    """The index and the layer of a quantity, each at most once."""
    index: Index | None = None
    layer: LayerSaid | None = None
    for token in tokens:
        at = token.start_pos or 0
        if token.type == "INDEX":
            if index is not None:
                raise NotationError(say("cnn.notation.index_twice"), "", at)
            opening = re.match(r"_?\s*[({\[]?\s*", token)
            start = opening.end() if opening else 0
            content = token[start:].rstrip()
            content = content[:-1] if token.rstrip()[-1:] in ")}]" else content
            try:
                index = _index(content)
            except NotationError as error:
                raise NotationError(error.text, "", at + start + error.at) from None
        else:
            if layer is not None:
                raise NotationError(say("cnn.notation.layer_twice"), "", at)
            layer = _layer(token)
    return index, layer


def _layer(token: Token) -> LayerSaid:
    inside = re.sub(r"[\s^{}()\[\]⁽⁾\\]", "", token).replace("ell", "l").replace("L", "l").translate(_FLAT)
    if inside.startswith("l"):
        return LayerSaid("l", int(inside[1:] or 0))
    return LayerSaid("", int(inside))


def _ranges(token: Token) -> tuple[Range, ...]:
    r"""The variables of Σ_p, Σ_{p,q}, \sum_{p=1}^{k}, with their bounds."""

    def refuse() -> NotationError:
        return NotationError(
            say("cnn.notation.sum_form"),
            "",
            token.start_pos or 0,
        )

    text = re.sub(r"^(\\sum|Σ|sum)|\\(no)?limits", "", token)
    above = re.search(r"\^\s*(\{[^{}]*\}|[A-Za-z]|\d+)", text)
    below = (text[: above.start()] + text[above.end() :] if above else text).translate(_FLAT)
    high_text = re.sub(r"[\s{}^]", "", above[1]) if above else None
    names = re.sub(r"[\s_{}()]", "", below)
    match = re.fullmatch(r"([A-Za-z](?:,?[A-Za-z])*)(?:=(\d{1,4}))?", names)
    if match is None or (
        high_text is not None and not re.fullmatch(r"\d{1,4}|[A-Za-z_0-9+-]{1,20}", high_text)
    ):
        raise refuse()
    low = int(match[2]) if match[2] else None
    high: int | str | None = int(high_text) if high_text and high_text.isdigit() else high_text
    return tuple(Range(name, low, high) for name in match[1].replace(",", ""))


# ---- What stands around an equation ------------------------------------------------------------------------

_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))(?:#|//|%).*$")
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
_INDEX_IN_BRACKETS = re.compile(r"(?:(?:(?<![A-Za-z\\])|(?<=/d))[zawdZAW]|[δΔ]|[dD]elta)(?=\()")


def without_comments(text: str) -> str:
    """An answer without what follows #, // or %; all else keeps its place."""
    return _COMMENT.sub(lambda comment: " " * len(comment[0]), text)


def bare(row: str) -> str:
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


# ---- Rows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One equation of a longer text, and where it begins there."""

    text: str
    at: int


_ENVIRONMENT = re.compile(
    r"\\(begin|end)\s*\{(equation|displaymath|math|split|multline|eqnarray|(fl)?align(ed|at)?|gather(ed)?)\*?\}"
    r"(\s*\{\d\})?|\\tag\*?\{[^{}]*\}|\\label\{[^{}]*\}|\$\$?|\\[\[\]()]"
)
_SEPARATORS = r"\\\\(?:\[[^\]]{0,9}\])?|(?<!(?<!\\)\\)[;；]|[,，]\s|\\q?quad(?![A-Za-z])"
_FACTOR = re.compile(r"\\,?\\?(?:sigma|left|big)|\\[dt]?frac\s*\{\s*\\partial\s*[za]|σ|d?sigma(?![a-z])")
"""What begins a line that can only be a further factor of the line before: no left-hand side begins so."""
_RELATION = re.compile(r"[=＝∼]|\\sim(?![A-Za-z])")


def rows(text: str, newline_separates: bool = True) -> list[Row]:
    r"""The equations of a text: rows of `aligned`, lines, and what `;`, `,` or `\quad` keep apart.

    A row that begins with "=" or an operator, or follows a row that ends in one, goes on with that row; a
    comma or a `\quad` separates only where an "=" stands on both sides.

    Parameters
    ----------
    newline_separates : bool
        False in LaTeX's display formulas, where a line break means nothing.
    """
    bare = _ENVIRONMENT.sub(lambda match: " " * len(match[0]), text)
    separators = re.compile(_SEPARATORS + (r"|\r?\n" if newline_separates else ""))
    cuts = _outside_brackets(bare.translate(_SAME), list(separators.finditer(bare)))
    found: list[Row] = []
    start, before = 0, "\n"
    for end, following, separator in [
        *((c.start(), c.end(), c[0]) for c in cuts),
        (len(bare), len(bare), ""),
    ]:
        piece = bare[start:end]
        if found and _goes_on(found[-1].text, piece, before):
            # What separated the two is blanked out, so that places stay.
            gap = start - found[-1].at - len(found[-1].text)
            found[-1] = Row(found[-1].text + _blank(bare[start - gap : start]) + piece, found[-1].at)
        elif piece.strip():
            found.append(Row(piece.lstrip(), start + len(piece) - len(piece.lstrip())))
        start, before = following, separator
    return [Row(text, row.at) for row in found if (text := row.text.rstrip(" \t\r\n.,;。，；\\"))]


def _blank(separator: str) -> str:
    return "".join(c if c in "\r\n," else " " for c in separator)


def _goes_on(before: str, piece: str, separator: str) -> bool:
    start, end = piece.translate(_SAME).strip(), before.translate(_SAME).rstrip(" \t\r\n&\\")
    if not start:
        return False
    first = start.lstrip("& ")
    if separator[:1] in (";", "；"):
        return first[:1] in "=+*·/×∼＝" or (first[:1] in "-−" and not _RELATION.search(piece))
    if separator.strip(" \t\r\n") and not separator.startswith("\\\\"):  # A comma or a \quad.
        return not (_RELATION.search(before) and _RELATION.search(piece))
    if first[:1] in "=+*·/×∼＝" or first.startswith(("\\cdot", "\\times", "\\sim")):
        return True
    if not _RELATION.search(piece) and (first[:1] in "-−" or _FACTOR.match(first)):
        return True
    return end[-1:] in "=+-−*·/×" or end.endswith(("\\cdot", "\\times"))


def _outside_brackets(text: str, cuts: list[re.Match[str]]) -> list[re.Match[str]]:
    """The cuts where no bracket is open. One that is never closed spoils its own line, not those below it."""
    depth, place, found = 0, 0, []
    for cut in cuts:
        for bracket in re.findall(r"[(\[{)\]}]", text[place : cut.start()]):
            depth = max(0, depth + (1 if bracket in "([{" else -1))
        place = cut.start()
        if depth and cut[0].endswith("\n") and _begins_an_equation(text, cut.end()):
            depth = 0
        if not depth:
            found.append(cut)
    return found


def _begins_an_equation(text: str, at: int) -> bool:
    """Whether the line that begins there has a left-hand side of its own."""
    line = text[at : at + 300].partition("\n")[0]
    for _ in range(4):
        line = re.sub(r"\([^(){}\[\]]*\)|\{[^(){}\[\]]*\}|\[[^(){}\[\]]*\]", "", line)
    return re.match(r"[^=(){}\[\]]*[^\W_][^=(){}\[\]]*=", line) is not None
