"""Which convention a text follows: its letters, where its indices begin, what its stars mean; and statements.

`check` asks for candidates: letters from what the words say and from the forms that equations have, the rest
in an order of likelihood. It tries them on the equations and keeps the one that fits; nothing is judged here.
What states a size (k = 3), a value (a_{11} = 1) or a definition (f(x) = max(0, x)) is never right or wrong.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.cnn.derivations.meaning.convention import Convention
from autograder.cnn.derivations.notation.spelling import KINDS, LECTURES, NAMES, in_letters, names_in

_SAID = {
    "a": r"输入|特征图|input|feature map|activations?",
    "w": r"卷积核|滤波器|权重|权值|filters?|kernels?|weights?",
    "z": r"输出|output|净输入|加权输入|weighted input",
    "b": r"偏置|bias",
    "J": r"损失函数|损失|代价函数|误差函数|loss|cost|error function",
    "δ": r"残差|误差项|敏感度|error term|sensitivity",
}
_INDEXED = frozenset(
    ["i", "o", "k", "f", "s", "u", "v", "r", "c", "h", "g", "x", "y", "d", "H", "F", "I", "R", "C", "p", "P"]
)
"""Letters that name a quantity only where something is written at them: alone they are sizes and indices."""
_UNDER = re.compile(r"(?:\\partial|∂|(?<![A-Za-z\\])d)\s*(\\?[A-Za-z]+)\s*(?![_^\[\w\s(]|\s*[_^])")


def letters_of(equations: Sequence[str], words: str, given: Mapping[str, str]) -> dict[str, str]:
    """What each letter of a text stands for: as given, as said, else as its equations look.

    Parameters
    ----------
    equations : list of str
        As `notation.spelling.plain` makes them.
    """
    behind: dict[str, str] = {}
    for equation in equations:
        for name, following in names_in(equation).items():
            behind[name] = behind.get(name, "") + following
    used = [name for name in behind if name not in _INDEXED or set(behind[name]) & set("_^[(')")]
    if re.search(r"池化|pool", words, re.IGNORECASE) is None:
        used = [name for name in used if name not in ("p", "P")]  # the output of a pooling layer only
    found = {name: LECTURES[name] for name in behind if name in LECTURES} | dict(given)
    losses = {m[1] for each in equations for m in _UNDER.finditer(each)} & set(KINDS["J"].split())
    found |= dict.fromkeys(losses - set(given), "J")
    for name in used:
        if name not in found and name in KINDS["σ"].split() and set(behind[name]) & set("'("):
            found[name] = "σ"
    for role in ("b", "δ"):
        for name in used:
            if name not in found and name in KINDS[role].split() and name not in ("d", "D"):
                found[name] = role
    said = {role: _said(words, pattern) for role, pattern in _SAID.items()}
    lefts = {name for equation in equations for name in names_in(equation.partition("=")[0])}
    options = []
    for role in ("w", "z", "a"):
        named = [name for name in KINDS[role].split() if name in used and found.get(name) in (None, role)]
        known = [name for name in named if found.get(name) == role]
        if role == "z" and lefts.isdisjoint(known):
            known = []  # z of the layer before alone: the text may have O for this layer's
        options.append(known or named or [""])
    best: tuple[int, tuple[str, ...]] | None = None
    for chosen in itertools.islice(itertools.product(*options), 400):
        if len({*chosen} - {""}) < sum(bool(name) for name in chosen):
            continue
        w, z, a = chosen
        score = sum(_form(equation, w, z, a) for equation in equations)
        score += 3 * sum(name in said[role] for role, name in zip("wza", chosen, strict=True))
        if best is None or score > best[0]:
            best = score, chosen
    if best is not None:
        for role, name in zip("wza", best[1], strict=True):
            if name:
                found.setdefault(name, role)
                found.update({twin: role for twin in _twins(name) if twin in used and twin not in found})
    for name in ("x", "X", "A"):
        if name in used:
            found.setdefault(name, "a")
    return {name: role for name, role in found.items() if name in NAMES or name in given}


def said_twice(sections: Sequence[str]) -> set[str]:
    """Letters that one section calls the input and another the output, or the like."""
    found: dict[str, set[str]] = {}
    for words in sections:
        for role, pattern in _SAID.items():
            before = re.compile(
                rf"(?<![A-Za-z\\])([A-Za-z])[`$]*\s*(?:(?:be|is|为|是)\s*(?:the |an? )?|the )(?:{pattern})",
                re.IGNORECASE,
            )
            for name in (_said(words, pattern) | {*before.findall(words)}) - LECTURES.keys():
                found.setdefault(name, set()).add(role)
    return {name for name, roles in found.items() if len(roles) > 1}


def _said(words: str, pattern: str) -> set[str]:
    """The letters that are named right behind one of the words."""
    near = re.compile(
        rf"(?:{pattern})\s*(?:为|是|记为|记作|is|：|:)?\s*[`$(（]*\s*(\\?[A-Za-z]+)", re.IGNORECASE
    )
    return {match[1] for match in near.finditer(words)}


def _twins(name: str) -> tuple[str, ...]:
    return (name.upper(), name.lower()) if len(name) == 1 else ()


def _form(equation: str, w: str, z: str, a: str) -> int:
    """How well an equation looks like a forward pass or a gradient with these letters."""
    left, _, right = equation.partition("=")
    before, after = names_in(left), names_in(right)
    derived = "partial" in left or "∂" in left or re.search(r"\bd\w", left) is not None

    def has(names: Mapping[str, str], name: str) -> bool:
        return bool(name) and (name in names or any(twin in names for twin in _twins(name)))

    if not derived and has(before, z):
        return 4 * (has(after, w) and has(after, a)) + (has(after, w) or has(after, a))
    if derived and has(before, w):
        return 2 * has(after, a) - 2 * has(after, w) * (not has(after, z))
    if derived and has(before, a) and not has(before, z):
        return 2 * has(after, w) - has(after, a) * (not has(after, z))
    return 0


# ---- What else a convention says ---------------------------------------------------------------------------

_NOT = re.compile(
    r"(?:没有|没|不|未|无需|无须|不必|不用|别)(?:再|先|做|作|进行|经过|需要|需|要|是|有|被|对[^，。]{0,8})*(?:翻转|旋转)"
    r"|\b(?:not|no|never|without|n't)\b(?:\s+\w+){0,3}?\s+(?:rotat|flip)\w*|\bun-?(?:rotat|flipp)\w*",
    re.IGNORECASE,
)
_TURNED = re.compile(
    r"(?:翻转|旋转)[^。，；]{0,6}?(?:后|过|的|了)|rotated|flipped|真卷积|数学.{0,4}卷积|true convolution",
    re.IGNORECASE,
)
_NO_BIAS = re.compile(
    r"(?<![A-Za-z])b\s*(?:简化)?(?:=|为|取)\s*0|忽略偏置|不考虑偏置|(?:no|without|ignor\w+)\s+(?:the\s+)?bias",
    re.IGNORECASE,
)


def says_turned(words: str) -> bool:
    """Whether a section says that its w is the rotated kernel; "not rotated" does not."""
    return _TURNED.search(_NOT.sub(" ", words)) is not None


def says_stride(words: str) -> bool:
    """Whether a text says how far a window moves."""
    return re.search(r"步长|步幅|stride|不重叠|non-?overlapping", words, re.IGNORECASE) is not None


def says_no_bias(words: str) -> bool:
    """Whether a text leaves the bias out."""
    return _NO_BIAS.search(words.replace("$", "")) is not None


def candidates(base: Convention, starred: bool, numbered: bool, indexed: bool) -> Iterator[Convention]:
    """Conventions in the order of their likelihood; `base` is the first.

    Parameters
    ----------
    starred, numbered, indexed : bool
        Whether there are stars between maps, several maps, indices at all.
    """
    kernels = [("correlation", False, False), ("convolution", True, False)]
    if indexed:
        kernels += [("correlation", True, True), ("correlation", True, False), ("convolution", True, True)]
    if starred:
        kernels += [("convolution", False, False), ("correlation", True, False)]
    orders = [(False, False, False)]
    if numbered:
        orders += [(True, False, False), (False, True, False), (True, True, False), (False, True, True)]
    first = (base.base, 1 - base.base) if indexed else (base.base,)
    for star, flipped, spread in kernels:
        for begin in first:
            yield replace(base, base=begin, star=star, flipped=flipped, spread=spread)  # type: ignore[arg-type]
    for last, swapped, rows in orders[1:]:
        for begin in first:
            yield replace(base, base=begin, map_last=last, channel_first=swapped, rows=rows)


FLAGS = (
    "flipped",
    "spread",
    "map_last",
    "channel_first",
    "rows",
    "weights_before",
    "bias",
    "slope",
    "sigmoid",
    "copies",
    "mean",
)
"""Fields of a convention that are true or false; each has a sentence for both."""


def _flag(convention: Convention, name: str) -> Text:
    """What a field of a convention says."""
    value = getattr(convention, name)
    if name == "flipped":
        return say("cnn.convention.convolution") if value else say("cnn.convention.correlation")
    id = f"cnn.convention.{name}" if value else f"cnn.convention.no_{name}"
    return say(id)


def described(convention: Convention) -> Text:
    """A convention in words: X = a, F = w, indices from 0, correlation."""
    parts: list[Text] = [Verbatim(f"{name} = {role}") for name, role in convention.letters]
    parts.append(say("cnn.convention.base", base=convention.base))
    usual = Convention()
    changed = [name for name in FLAGS if getattr(convention, name) != getattr(usual, name)]
    flags = [_flag(convention, name) for name in dict.fromkeys(("flipped", *changed))]
    return joined([*parts, *flags], "list.clauses")


def described_change(from_: Convention, to: Convention) -> Text:
    """Under which condition an equation is right: what the other convention says otherwise."""
    parts: list[Text] = []
    if from_.base != to.base:
        parts.append(say("cnn.convention.base", base=to.base))
    if from_.star != to.star:
        id = f"cnn.convention.star_{to.star}"
        parts.append(say(id))
    parts += [_flag(to, name) for name in FLAGS if getattr(from_, name) != getattr(to, name)]
    return say("cnn.document.right_if", condition=joined(parts, "list.clauses"))


# ---- Statements --------------------------------------------------------------------------------------------

_NUMBER = r"[-+]?\s*(?:\d+(?:\.\d+)?(?:\s*/\s*\d+)?|\\frac\s*\{\d+\}\s*\{\d+\})"
_VALUES = re.compile(
    rf"\s*{_NUMBER}(?:\s*(?:,|，|、|\\times|\*|⊛|\\dots|\\cdots|\\ldots|\.\.\.)\s*{_NUMBER}?)*\s*[.,;]?\s*"
)
_DERIVATIVE = re.compile(r"\\partial|∂|\\frac|(?<![A-Za-z])d\w+\s*/\s*d")
_FUNCTION = re.compile(r"\s*σ\s*'?\s*\(\s*\w+\s*\)\s*")
_LOSS = re.compile(r"\s*J(?:\s*\([^()]*\)|[_^]\{?\w+\}?)*\s*")
_MATRIX = re.compile(r"\s*⟦[-\d.\s⁏⁞]*⟧\s*")


def is_value(text: str) -> bool:
    """Whether a `plain` equation gives something its value: k = 3, b = 0, a_{11} = 1."""
    left, equals, right = text.partition("=")
    if not equals or _DERIVATIVE.search(left):
        return False
    return bool(_VALUES.fullmatch(right) or _MATRIX.fullmatch(right))


def is_statement(text: str, letters: Mapping[str, str]) -> bool:
    """Whether a `plain` equation is a size, a value or a definition.

    Parameters
    ----------
    letters : mapping
        The text's letters, as `letters_of` finds them.
    """
    if is_value(text):
        return True
    left, equals, right = text.partition("=")
    if not equals or _DERIVATIVE.search(left) or re.search(r"[^\W\d_]", left) is None:
        return False
    known = in_letters(left, letters)
    if _FUNCTION.fullmatch(known) or _LOSS.fullmatch(known):
        return True
    return not any(name in letters for side in (left, right) for name in names_in(side))
