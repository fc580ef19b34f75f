r"""Every equation of a file, checked: Markdown, LaTeX, notebooks, plain text.

The command `check-derivation` calls `check_file`. Equations are found in $…$, $$…$$, \[…\], \(…\), LaTeX's
environments, and on lines of text that begin with one of the lecture's quantities; code is left alone. Each
side of a chain of equalities is carried out by first principles and compared with the left-hand side; a
general formula is checked at every element. What is not checked is counted and named, never passed as right.
"""

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from autograder.base.messages import Authored, Text, say
from autograder.cnn.derivations.checking import lines as compare
from autograder.cnn.derivations.checking.lines import TermFault
from autograder.cnn.derivations.checking.slips import Slip
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, LayerError, Size, describe
from autograder.cnn.derivations.meaning.evaluate import (
    MAX_STEPS,
    Known,
    Meaningless,
    NotCovered,
    Reader,
    Terms,
    instances,
    require_covered,
    settled,
    variables,
)
from autograder.cnn.derivations.notation import parse as notation
from autograder.cnn.derivations.notation import write as notation_write
from autograder.cnn.derivations.notation.parse import Equation, Named, NotationError, Summation, walk
from autograder.cnn.derivations.symbols import BEFORE, Atom, Derivative

MAX_BYTES = 4 * 2**20
MAX_EQUATIONS = 2_000
MAX_STEPS_EACH = 4 * MAX_STEPS
"""For one equation, such as a general formula at each element of 28×28."""
MAX_STEPS_IN_ALL = 12 * MAX_STEPS
"""For a whole file: some fifteen seconds."""

Status = Literal["right", "wrong", "not carried out", "not covered", "not understood"]
STATUSES: tuple[Status, ...] = get_args(Status)


class DocumentError(ValueError):
    """A file that cannot be checked at all: why, in one sentence."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True)
class Options:
    """Sizes that were given; what is None is read from the text."""

    input: Size | None = None
    kernel: Size | None = None
    stride: int = 1
    padding: int = 0


@dataclass(frozen=True)
class Checked:
    """One equation of a file.

    Parameters
    ----------
    cell : int
        Of a notebook, counted from 1; 0 in other files.
    line : int
        Of the file or cell, counted from 1.
    source : str
        As it stands there.
    read_as : str
        What was understood; "" where nothing was.
    status : str
        "right"; "wrong"; "not carried out": true, but it repeats its left-hand side or ends in derivatives
        that are left to be formed; "not covered": read, but outside of what is checked, as max(…) is;
        "not understood".
    text : Text
        Why, or what is remarkable.
    elements : int
        How many elements a general formula was checked at; 1 for an equation between elements.
    faults, slips
        As in `compare.LineResult`, for "wrong".
    """

    cell: int
    line: int
    source: str
    read_as: str
    status: Status
    text: Text
    elements: int = 1
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()


@dataclass(frozen=True)
class Report:
    """All equations of a file, in its order, and the sizes that they were checked with."""

    layers: tuple[AnyLayer, ...]
    equations: tuple[Checked, ...]

    @property
    def counts(self) -> dict[Status, int]:
        """How many equations there are of each status."""
        found = Counter(one.status for one in self.equations)
        return {status: found[status] for status in STATUSES}

    def to_data(self, lang: str) -> dict[str, Any]:
        """As plain data, for `--json`."""
        return {
            "layers": [describe(layer).in_language(lang) for layer in self.layers],
            "counts": self.counts,
            "equations": [
                {
                    **({"cell": one.cell} if one.cell else {}),
                    "line": one.line,
                    "source": one.source,
                    "read_as": one.read_as,
                    "status": one.status,
                    "text": one.text.in_language(lang),
                    "elements": one.elements,
                    "faults": [compare.fault_data(fault, lang) for fault in one.faults],
                    "slips": [slip.id for slip in one.slips],
                }
                for one in self.equations
            ],
        }


def check_file(path: Path, options: Options = Options()) -> Report:
    """Check every equation of a file.

    Raises
    ------
    DocumentError
        The file cannot be read, is too large, or is no notebook although it is called one.
    LayerError
        The given sizes make no layer.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DocumentError(say("cnn.document.too_large", file=path.name, limit=MAX_BYTES // 2**20))
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(say("cnn.document.not_utf8", file=path.name)) from None
    except OSError as error:
        raise DocumentError(
            say("cnn.document.unreadable", file=str(path), reason=error.strerror or str(error))
        ) from None
    return check_text(text, path.suffix.lower(), options)


def check_text(text: str, suffix: str = ".md", options: Options = Options()) -> Report:
    """Check every equation of a text, which is of the kind that `suffix` tells: .md, .tex, .ipynb, .txt.

    Raises
    ------
    DocumentError, LayerError
    """
    _refuse_impossible(options)
    return _Checker(_Scan(text, suffix), options).report()


def _refuse_impossible(options: Options) -> None:
    """Sizes that make no layer whatever the text says."""
    kernel = options.kernel or (1, 1)
    Layer(options.input or kernel, kernel, options.stride, options.padding)


# ---- Finding -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """One equation of a file, not yet read. `section` is the number of the part between two headings."""

    cell: int
    line: int
    source: str
    section: int


@dataclass(frozen=True)
class Stated:
    """Sizes that the text itself names, such as 4×4 ∗ 3×3: they hold from there to the next such line."""

    cell: int
    line: int
    options: Options


_POOLING = re.compile(r"池化|pool|upsample|上采样", re.IGNORECASE)
_CONVOLUTION = re.compile(r"卷积|convol|kernel", re.IGNORECASE)
_ROTATION = re.compile(r"翻转|旋转|rot180|rotat|flip", re.IGNORECASE)
_DELIMITER = re.compile(
    r"(?P<fence>^[ \t]*(?:```+|~~~+)[^\n]*$)"
    r"|(?P<heading>^[ \t]{0,3}\#{1,6}[ \t][^\n]*$|\\(?:sub)*section\*?\{)"
    r"|(?P<escaped>\\\$)|\$\$|\$|\\\[(?![\d.]+(?:em|ex|pt|mm)\])|\\\]|\\\(|\\\)"
    r"|\\(?:begin|end)\s*\{(?P<name>[a-z]{1,12})\*?\}|(?P<blank>\n[ \t]*\n)",
    re.MULTILINE,
)
_ENVIRONMENTS = (
    *("equation", "align", "aligned", "alignat", "flalign", "gather", "gathered", "multline", "eqnarray"),
    *("split", "math", "displaymath", "cases"),
)
_CLOSING = {"$": "$", "$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_PLAIN_FENCES = re.compile(r"[ \t]*(?:```+|~~~+)[ \t]*(text|txt|math|latex|tex)?[ \t]*$")
_MATRIX = re.compile(r"\\begin\s*\{\s*([pbBvV]?matrix|smallmatrix|array|r?cases)\*?\s*\}")
_RELATION = re.compile(r"[=＝∼]|\\sim(?![A-Za-z])")
_LEFT = re.compile(
    r"\s*(&\s*)?(\\boxed\s*\{\s*)?(\\?partial|\\[dt]?frac|∂|\\?delta|δ|d(?=[\d_\[₀-₉])"
    r"|d(?=[Jzaw]|\(?\\?delta)|\(?[zawb](?![A-Za-z]))"
)
_BULLET = re.compile(r"^([ \t>]*(?:[-*+•]|\d{1,3}[.)、])[ \t]+|[ \t]*>[ \t>]*)", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*[=\-─═*_|:]{3,}[ \t]*$", re.MULTILINE)


class _Scan:
    """One pass over a file: its equations, the words of its sections, and the sizes that it states."""

    def __init__(self, text: str, suffix: str) -> None:
        self.found: list[Found] = []
        self.sections: list[str] = []
        self.stated: list[Stated] = []
        if suffix == ".ipynb":
            for number, cell in _text_cells(text):
                self._read(cell, number)
        elif suffix == ".tex":
            self._read(re.sub(r"(?<!\\)%[^\n]*", lambda match: " " * len(match[0]), text), 0)
        else:
            self._read(text, 0)

    def _read(self, text: str, cell: int) -> None:
        """Formulas and lines in their order: between delimiters stand formulas, the rest is text."""
        self.cell, self.text = cell, text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        section_from = plain_from = start = 0
        closing, code = "", False
        for match in _DELIMITER.finditer(text):
            token = match[0]
            if match["fence"]:
                if closing:
                    continue
                if not code:
                    self._lines(plain_from, match.start())
                # Inside of code nothing is read, unless it says that it is text.
                code = not code and not _PLAIN_FENCES.fullmatch(token)
                plain_from = match.end()
            elif code or match["escaped"]:
                continue
            elif match["heading"] and not closing.startswith("\\"):
                # A heading within dollars: one of them was no formula, after all.
                self._lines(start if closing else plain_from, match.start())
                self.sections.append(text[section_from : match.start()])
                section_from, plain_from, closing = match.start(), match.end(), ""
            elif match["blank"]:
                if closing == "$":
                    closing, plain_from = "", start
            elif closing:
                if token.replace(" ", "") == closing:
                    self._formula(start, match.start())
                    closing, plain_from = "", match.end()
            elif token in _CLOSING or (token.startswith("\\begin") and match["name"] in _ENVIRONMENTS):
                self._lines(plain_from, match.start())
                closing = _CLOSING.get(token) or token.replace("begin", "end").replace(" ", "")
                start = match.end()
        if not code:
            self._lines(start if closing else plain_from, len(text))
        self.sections.append(text[section_from:])
        for number, line in enumerate(text.splitlines(), 1):
            if (options := _stated(line)) is not None:
                self.stated.append(Stated(cell, number, options))

    def _formula(self, start: int, end: int) -> None:
        """The rows of a formula that are equations; one with a matrix stays in one piece."""
        formula = self.text[start:end]
        if _MATRIX.search(formula):
            if _RELATION.search(formula):
                self._enter(start + len(formula) - len(formula.lstrip()), formula.strip())
            return
        for row in notation.rows(self.text[start:end], newline_separates=False):
            if _RELATION.search(row.text):
                self._enter(start + row.at, row.text)

    def _lines(self, start: int, end: int) -> None:
        """The lines of text that are equations: an equals sign, one of the lecture's quantities before it."""
        if not _RELATION.search(self.text, start, end):
            return
        for paragraph in re.finditer(r"(?:[^\n]+\n?)+", self.text[start:end]):
            lines = _RULE.sub(lambda match: " " * len(match[0]), paragraph[0])
            lines = _BULLET.sub(_without_bullet, lines).replace("`", " ")
            for row in notation.rows(lines):
                if _RELATION.search(row.text) and _LEFT.match(row.text):
                    self._enter(start + paragraph.start() + row.at, row.text)

    def _enter(self, at: int, source: str) -> None:
        if len(self.found) >= MAX_EQUATIONS:
            raise DocumentError(say("cnn.document.too_many_equations", limit=f"{MAX_EQUATIONS:,}"))
        line = bisect_right(self.starts, at)
        self.found.append(Found(self.cell, line, source, len(self.sections)))


def _text_cells(text: str) -> Iterator[tuple[int, str]]:
    """A notebook's text cells with their numbers."""
    try:
        for number, cell in enumerate(json.loads(text)["cells"], 1):
            if cell["cell_type"] in ("markdown", "raw"):
                source = cell["source"]
                yield number, source if isinstance(source, str) else "".join(source)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DocumentError(say("cnn.document.notebook_unreadable")) from None


_SIZE = r"(\d{1,3})\s*(?:×|x|\\times)\s*(\d{1,3})"
_STATED = (
    re.compile(rf"{_SIZE}\s*\$?\s*(?:∗|\*|⊛|\\ast|\\\*)\s*\$?\s*{_SIZE}"),
    re.compile(
        rf"(?:输入|input)[^\d|]{{0,12}}{_SIZE}.*?(?:卷积核|kernel)[^\d|]{{0,12}}{_SIZE}", re.IGNORECASE
    ),
)
_STRIDE = re.compile(r"(?:步长|stride)[^\d|]{0,6}(\d{1,2})(?!\d)", re.IGNORECASE)
_PADDING = re.compile(r"(?:填充|padding)[^\d|]{0,6}(\d{1,2})(?!\d)", re.IGNORECASE)


def _stated(line: str) -> Options | None:
    """The sizes that a line of text names: both of them, or it names none."""
    if "|" in line or len(line) > 500:
        return None
    for pattern in _STATED:
        if match := pattern.search(line):
            height, width, kh, kw = map(int, match.groups())
            stride, padding = _STRIDE.search(line), _PADDING.search(line)
            return Options(
                (height, width), (kh, kw), int(stride[1]) if stride else 1, int(padding[1]) if padding else 0
            )
    return None


def _without_bullet(match: re.Match[str]) -> str:
    """A bullet goes where an equation follows; a sign before a term that goes on with a sum stays."""
    rest = match.string[match.end() :].partition("\n")[0]
    return " " * len(match[0]) if _RELATION.search(rest) or match[0].strip()[0] not in "-+*" else match[0]


# ---- Sizes -------------------------------------------------------------------------------------------------

Kind = Literal["map", "numbered", "dense"]
GENERIC = Options((5, 4), (3, 2))
"""A general formula is checked here too: all sides differ, so no mix-up of rows and columns goes unseen."""


def _kind(equation: Equation) -> Kind:
    """A map, several maps with numbers, or a dense layer: by how many indices z, a and δ have."""
    named = [node for side in equation.sides for node in walk(side) if isinstance(node, Named)]
    counts = {len(node.index.places) for node in named if node.letter in ("z", "a", "delta")}
    weights = {len(node.index.places) for node in named if node.letter == "w"}
    if 3 in counts or 4 in weights:
        return "numbered"
    return "dense" if counts == {1} else "map"


@dataclass
class _Largest:
    """The largest indices that a text writes as numbers, of one kind of equations."""

    rows: dict[str, list[tuple[int, ...]]] = field(
        default_factory=lambda: {"input": [], "kernel": [], "output": []}
    )
    bias: int = 0

    def take(self, equation: Equation) -> None:
        """Note the indices of every element in an equation."""
        for side in equation.sides:
            for node in walk(side):
                if isinstance(node, Named) and all(not place.variables for place in node.index.places):
                    assert node.layer is not None
                    index = tuple(sum(value for value, _ in place.terms) for place in node.index.places)
                    if node.letter == "b":
                        self.bias = max(self.bias, *index, 0)
                    elif index:
                        before = node.layer.offset < 0
                        role = "kernel" if node.letter == "w" else "input" if before else "output"
                        self.rows[role].append(index)

    def largest(self, role: str, places: slice, count: int) -> tuple[int, ...] | None:
        """Of the last places, or of one before them; None where none was written."""
        found = [index[places] for index in self.rows[role] if len(index[places]) == count]
        return tuple(map(max, zip(*found, strict=True))) if found else None

    def layers(self, kind: Kind, options: Options) -> list[AnyLayer]:
        """The layers that these may be indices of, the likeliest first."""
        if kind == "dense":
            return self._dense()
        pair = slice(-2, None)
        given = [self._size(self.largest(role, pair, 2)) for role in ("input", "kernel", "output")]
        size, kernel, out = options.input or given[0], options.kernel or given[1], given[2]
        s, p = options.stride, options.padding
        guesses: list[tuple[Size, Size]] = []
        if kernel and out and not options.input:
            guesses.append((_each(kernel, out, lambda k, o: (o - 1) * s + k - 2 * p), kernel))
        if size and kernel:
            guesses.append((size, kernel))
        if size and out and s == 1 and not options.kernel:
            guesses.append((size, _each(size, out, lambda i, o: i + 2 * p - o + 1)))
        channels, kernels = self._maps() if kind == "numbered" else (1, 1)
        found: list[Layer] = []
        for guess in dict.fromkeys(guesses):
            try:
                found.append(Layer(*guess, s, p, channels, kernels))
            except LayerError:
                continue
        fitting = [
            layer for layer in found if (layer.input, layer.kernel, layer.output) == (size, kernel, out)
        ]
        return [*(fitting or found)]

    @staticmethod
    def _size(found: tuple[int, ...] | None) -> Size | None:
        return (found[0], found[1]) if found else None

    def _maps(self) -> tuple[int, int]:
        """Channels and kernels."""
        channels = [self.largest("input", slice(-3, -2), 1), self.largest("kernel", slice(-3, -2), 1)]
        kernels = [
            self.largest("output", slice(-3, -2), 1),
            self.largest("kernel", slice(-4, -3), 1),
            (self.bias,),
        ]
        return tuple(max((one[0] for one in some if one), default=1) for some in (channels, kernels))  # type: ignore[return-value]

    def _dense(self) -> list[AnyLayer]:
        kernel = self.largest("kernel", slice(-2, None), 2) or (1, 1)
        out = self.largest("output", slice(-1, None), 1) or (1,)
        into = self.largest("input", slice(-1, None), 1) or (1,)
        try:
            return [Dense(max(kernel[0], out[0], self.bias), max(kernel[1], into[0]))]
        except LayerError:
            return []


def _each(first: Size, second: Size, of: Callable[[int, int], int]) -> Size:
    return of(first[0], second[0]), of(first[1], second[1])


# ---- Checking ----------------------------------------------------------------------------------------------

_WORDS = re.compile(
    r"\\(?:text|mbox|mathrm|textbf)\s*\{[^{}]*(?:[\u3400-\u9fff]|[A-Za-z]+\s+[A-Za-z]+)[^{}]*\}|[\u3400-\u9fff]"
)


@dataclass(frozen=True)
class _Parsed:
    found: Found
    equation: Equation
    kind: Kind
    options: Options


@dataclass(frozen=True)
class _Outcome:
    status: Status
    text: Text
    elements: int = 1
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()


class _Checker:
    """The equations of one file. Those that share given or stated sizes are checked in one layer."""

    def __init__(self, scan: _Scan, options: Options) -> None:
        self.scan = scan
        self.given = options
        self.known: dict[AnyLayer, Known] = {}
        self.used: dict[AnyLayer, None] = {}
        self.steps = MAX_STEPS_IN_ALL

    def report(self) -> Report:
        read = [self._read(found) for found in self.scan.found]
        parsed = [one for one in read if isinstance(one, _Parsed)]
        checked: dict[int, Checked] = {}
        groups: dict[tuple[Kind, Options], list[_Parsed]] = {}
        for one in parsed:
            groups.setdefault((one.kind, one.options), []).append(one)
        for (kind, options), members in groups.items():
            largest = _Largest()
            for one in members:
                largest.take(one.equation)
            results = self._best(members, largest.layers(kind, options), kind, options)
            checked |= {id(one): result for one, result in zip(members, results, strict=True)}
        equations = [one if isinstance(one, Checked) else checked[id(one)] for one in read]
        return Report(tuple(self.used), tuple(equations))

    def _read(self, found: Found) -> _Parsed | Checked:
        if _MATRIX.search(found.source):
            text = say("cnn.uncovered.vectors")
            return self._checked(found, None, _Outcome("not covered", text))
        if _WORDS.search(found.source):
            return self._checked(found, None, _Outcome("not covered", say("cnn.document.words_in_formula")))
        try:
            equation = notation.read(found.source)
        except NotationError as error:
            text = Authored(error.pointed("zh"), error.pointed("en"))
            return self._checked(found, None, _Outcome("not understood", text))
        if equation.continued:
            text = say("cnn.document.left_side_missing")
            return self._checked(found, equation, _Outcome("not understood", text))
        try:
            equation = settled(equation)
        except NotCovered as error:
            return self._checked(found, equation, _Outcome("not covered", error.text))
        return _Parsed(found, equation, _kind(equation), self._options(found))

    def _options(self, found: Found) -> Options:
        """Given sizes, else those stated last before the equation."""
        if self.given.input and self.given.kernel:
            return self.given
        before = [one for one in self.scan.stated if (one.cell, one.line) <= (found.cell, found.line)]
        return before[-1].options if before and self.given == Options() else self.given

    def _best(
        self, members: list[_Parsed], layers: list[AnyLayer], kind: Kind, options: Options
    ) -> list[Checked]:
        """Checked in the layer that the largest indices tell; where they contradict each other, in the one
        in which most equations come out right, for a wrong index should cost its own line only."""
        best: list[Checked] = []
        chosen: AnyLayer | None = None
        candidates: list[AnyLayer | None] = [*layers] or [None]
        for layer in candidates:
            results = [self._check(one, layer, kind, options) for one in members]
            if not best or _count(results, "right") > _count(best, "right"):
                best, chosen = results, layer
        if chosen is not None:
            self.used.setdefault(chosen)
        return best

    def _check(self, one: _Parsed, layer: AnyLayer | None, kind: Kind, options: Options) -> Checked:
        general = _is_general(one.equation)
        layers = [] if layer is None else [layer]
        if general and kind == "map" and not (options.input and options.kernel):
            # Its own sizes come second, so that a mistake is told in the sizes of the text.
            layers.append(
                Layer(GENERIC.input or (1, 1), GENERIC.kernel or (1, 1), options.stride, options.padding)
            )
            self.used.setdefault(layers[-1])
        if not layers:
            text = say("cnn.document.sizes_unknown")
            return self._checked(one.found, one.equation, _Outcome("not covered", text))
        outcomes = [self._in_layer(one, size) for size in layers]
        worst = next((outcome for outcome in outcomes if outcome.status != outcomes[0].status), outcomes[0])
        if worst is not outcomes[0]:
            place = say("cnn.document.wrong_in_layer", layer=describe(layers[1]))
            worst = replace(worst, text=compare.joined([place, worst.text]))
        return self._checked(one.found, one.equation, worst)

    def _in_layer(self, one: _Parsed, layer: AnyLayer) -> _Outcome:
        outcome = self._judge(one.equation, self._reader(layer))
        section = self.scan.sections[one.found.section]
        if outcome.status == "wrong" and _is_general(one.equation):
            again = self._judge(one.equation, self._reader(layer, rotated=True))
            if again.status == "right" and _ROTATION.search(section):
                note = say("cnn.document.read_as_rotated")
                return replace(again, text=note)
            if again.status == "right":
                hint = say("cnn.document.right_if_rotated")
                outcome = replace(outcome, text=compare.joined([hint, outcome.text]))
        if outcome.status == "wrong" and not _names(one.equation, "w") and self._is_about_pooling(one.found):
            return _Outcome("not covered", say("cnn.uncovered.pooling"))
        return outcome

    def _is_about_pooling(self, found: Found) -> bool:
        """Whether the section, or the nearest before it that names either, is about pooling."""
        for section in reversed(self.scan.sections[: found.section + 1]):
            if _POOLING.search(section):
                return True
            if _CONVOLUTION.search(section):
                return False
        return False

    def _reader(self, layer: AnyLayer, rotated: bool = False) -> Reader:
        known = self.known.setdefault(layer, Known(layer))
        return Reader(known, rotated, min(self.steps, MAX_STEPS_EACH))

    def _judge(self, equation: Equation, reader: Reader) -> _Outcome:
        """One equation in one layer, at every element that it speaks of."""
        given = reader.steps
        outcome = self._judged(equation, reader)
        self.steps -= given - max(reader.steps, 0)
        return outcome

    def _judged(self, equation: Equation, reader: Reader) -> _Outcome:
        count, unfinished = 0, compare.is_undone(equation.sides[-1])
        wrong: _Outcome | None = None
        try:
            require_covered(equation)
            for values in instances(equation, reader):
                count += 1
                read = [reader.raw(side, values) for side in equation.sides]
                done = [reader.carried_out(side) for side in read]
                repeated = equation.sides[-1] == equation.sides[0] or (
                    read[-1] != read[0]
                    and compare.asked_for(read[0]) is not None
                    and compare.repeats(read[-1], read[0])
                )
                unfinished = unfinished or repeated
                wrong = wrong or self._wrong(equation, reader.known, read, done)
        except NotCovered as error:
            return _Outcome("not covered", error.text)
        except Meaningless as error:
            return _Outcome("not understood", error.text)
        if not count:
            return _Outcome("not covered", say("cnn.document.no_element"))
        if wrong is not None:
            return replace(wrong, elements=count)
        if unfinished:
            text = say("cnn.document.not_carried_out")
            return _Outcome("not carried out", text, count)
        return _Outcome("right", Authored("", ""), count)

    def _wrong(
        self, equation: Equation, known: Known, read: list[Terms], done: list[Terms]
    ) -> _Outcome | None:
        """The first side that is not what the left-hand side is."""
        left = compare.asked_for(read[0])
        for place, relation in enumerate(equation.relations, 1):
            expected = done[0]
            if relation == "∼":
                expected = _without_slope(left, known)
            if done[place] == expected:
                continue
            typed = compare.as_typed(read[place], done[place])
            text, faults, slips = compare.explain(typed, expected, left, known)
            notes = []
            if variables(equation.sides[0]):
                notes.append(say("cnn.equation.at_element", element=compare.written(read[0])))
            if len(equation.relations) > 1:
                shown = notation_write.formula(equation.sides[place])
                notes.append(
                    say("cnn.document.side_wrong", side=shown if len(shown) < 80 else shown[:79] + "…")
                )
            return _Outcome("wrong", compare.joined([*notes, text]), 1, faults, slips)
        return None

    def _checked(self, found: Found, equation: Equation | None, outcome: _Outcome) -> Checked:
        read_as = "" if equation is None else notation_write.equation(equation)
        return Checked(
            found.cell,
            found.line,
            found.source,
            read_as,
            outcome.status,
            outcome.text,
            outcome.elements,
            outcome.faults,
            outcome.slips,
        )


def _is_general(equation: Equation) -> bool:
    """Whether it has index variables, of the left-hand side or of a Σ."""
    return any(
        variables(side) or any(isinstance(node, Summation) for node in walk(side)) for side in equation.sides
    )


def _names(equation: Equation, letter: str) -> bool:
    return any(
        isinstance(node, Named) and node.letter == letter for side in equation.sides for node in walk(side)
    )


def _count(results: Iterable[Checked], status: Status) -> int:
    return sum(one.status == status for one in results)


def _without_slope(left: Atom | None, known: Known) -> Terms:
    """What δ^(l−1) is proportional to, element by element: ∂J/∂a, without σ′ (lecture 3.2, 全连接)."""
    if left is None or left.letter != "delta" or left.layer != BEFORE:
        raise NotCovered(say("cnn.uncovered.proportional"))
    return known.value(Derivative("J", Atom("a", left.index, BEFORE)))
