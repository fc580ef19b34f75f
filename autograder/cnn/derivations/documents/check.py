"""Check every equation of a file and say what became of it.

The command `check-derivation` calls `check_file`, a notebook `check_text`. Each side of a chain of equalities
is carried out by first principles and compared with the left-hand side; a general formula is checked at every
element. What is not checked is counted and named, never passed as right.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from autograder.base.messages import joined, say
from autograder.cnn.derivations.checking.faults import has_sum
from autograder.cnn.derivations.documents import conventions as said
from autograder.cnn.derivations.documents import settings
from autograder.cnn.derivations.documents.conventions import described_change
from autograder.cnn.derivations.documents.equations import (
    Outcome,
    defines_residual,
    is_forward,
    judge,
    kinds_of,
    names_letter,
    quantities,
    tells_too_little,
    weights_before,
    with_layers,
)
from autograder.cnn.derivations.documents.find import DocumentError, Found, Scan
from autograder.cnn.derivations.documents.report import Checked, Report, Status
from autograder.cnn.derivations.documents.settings import Kind, Options
from autograder.cnn.derivations.layer import AnyLayer, Layer, Size, describe
from autograder.cnn.derivations.meaning.convention import Convention
from autograder.cnn.derivations.meaning.evaluate import MAX_STEPS, Evaluator
from autograder.cnn.derivations.meaning.indices import SizeName, free_variables, require_one_size_each
from autograder.cnn.derivations.meaning.layer_formulas import formulas_of
from autograder.cnn.derivations.meaning.terms import NotCovered
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.notation.errors import NotationError
from autograder.cnn.derivations.notation.nodes import (
    Call,
    Equation,
    Variable,
)
from autograder.cnn.derivations.notation.parse import parse_equation
from autograder.cnn.derivations.notation.spelling import LECTURES, in_letters, names_in, plain
from autograder.submissions.content import decode

MAX_BYTES = 4 * 2**20
MAX_STEPS_EACH = 4 * MAX_STEPS
"""For one equation, such as a general formula at each element of 28×28."""
MAX_STEPS_IN_ALL = 12 * MAX_STEPS
"""For a whole file: some fifteen seconds."""


def check_file(path: Path, options: Options = settings.FROM_THE_TEXT) -> Report:
    """Check every equation of a file.

    Raises
    ------
    DocumentError
        The file cannot be read, is too large, or is no notebook although it is called one.
    LayerError
        The given sizes make no layer.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentError(say("cnn.document.too_large", file=path.name, limit=MAX_BYTES // 2**20))
        decoded = decode(path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise DocumentError(say("cnn.document.unreadable", file=str(path), reason=reason)) from None
    if decoded is None:
        raise DocumentError(say("cnn.document.not_utf8", file=path.name))
    return check_text(decoded[0], path.suffix.lower(), options)


def check_text(text: str, suffix: str = ".md", options: Options = settings.FROM_THE_TEXT) -> Report:
    """Check every equation of a text, whose kind `suffix` tells: .md, .tex, .ipynb, .rst, .html, .txt.

    Raises
    ------
    DocumentError, LayerError
    """
    kernel = options.kernel or (1, 1)  # sizes that make no layer whatever the text says are refused
    Layer(options.input or kernel, kernel, options.stride, options.padding)
    return _Checker(Scan(text, suffix), options).report()


_DENSE = re.compile(r"全连接|fully.connected|dense|feed.?forward|多层感知|MLP|DNN", re.IGNORECASE)
_WORDS = re.compile(
    r"\\(?:text|mbox|mathrm|textbf)\s*\{[^{}]*(?:[\u3400-\u9fff]|[A-Za-z]+\s+[A-Za-z]+)[^{}]*\}|[\u3400-\u9fff]"
)
_FROM_ZERO = re.compile(r"=\s*0\s*[},)]")


@dataclass(frozen=True)
class _Parsed:
    found: Found
    plain: str
    equation: Equation
    kinds: tuple[Kind, ...]
    options: Options

    @property
    def general(self) -> bool:
        """Whether it has index letters, of the left-hand side or of a Σ."""
        return any(free_variables(side) or has_sum(side) for side in self.equation.sides)

    @property
    def forward(self) -> bool:
        """Whether it says what z is."""
        return is_forward(self.equation)

    @property
    def strided(self) -> bool:
        """Whether s, the stride, stands in an index."""
        return any("s" in free_variables(node) for node in quantities(self.equation))


_Settled = list[tuple[_Parsed, Equation | NotCovered]]
"""Equations with a layer at every quantity, where that can be."""
_Tried = dict[Convention, dict[int, Outcome]]
"""The outcome of each equation of a section under each convention."""


class _Checker:
    """The equations of a file. A convention holds for a section; its letters for the whole text."""

    def __init__(self, scan: Scan, options: Options) -> None:
        self.scan = scan
        self.given = options
        self.steps = MAX_STEPS_IN_ALL
        self.plain = [plain(found.source) for found in scan.found]
        words = "\n".join(scan.sections)
        spoken = [text for text in self.plain if not said.is_value(text)]
        self.letters = said.letters_of(spoken, words, dict(options.symbols))
        names = {name for text in spoken for name in names_in(text)}
        roles = {self.letters[name] for name in names if name in self.letters}
        self.sloped = "σ" in roles or re.search(r"dsigma|sigma_prime", words) is not None
        self.says_sigmoid = re.search(r"sigmoid|logistic", words, re.IGNORECASE) is not None
        other = re.search(r"tanh|softmax|双曲正切", words, re.IGNORECASE)
        self.other_activation = other[0] if other else ""
        self.no_bias = said.says_no_bias(words)
        self.strided = False
        own = tuple(sorted((name, role) for name, role in self.letters.items() if LECTURES.get(name) != role))
        self.convention = Convention(
            letters=tuple(pair for pair in own if pair[0] in names),
            base=1 if options.base is None else options.base,
            flipped=options.convolution == "true",
            star="convolution" if options.convolution == "true" else "correlation",
            bias="b" in roles,
            arrays=True,
        )
        self.conventions: dict[Convention, None] = {}
        self.parsed: list[_Parsed] = []
        self.windows: dict[int, Size] = {}
        """Of pooling, by section, as an element of z tells them."""
        self._of_all: dict[tuple[Kind, Options, Convention], Sequence[AnyLayer]] = {}
        self._known: dict[tuple[Equation, AnyLayer, Convention], Outcome] = {}
        self._shown = self._forward = self._counted = False

    def report(self) -> Report:
        """Every equation with its verdict, section by section: what an earlier one showed holds on."""
        read = [self._read(found, text) for found, text in zip(self.scan.found, self.plain, strict=True)]
        self.parsed = [result for result in read if isinstance(result, _Parsed)]
        self.strided = any(each.strided for each in self.parsed if each.kinds[0] not in settings.POOLING)
        sections: dict[int, list[_Parsed]] = {}
        for parsed in self.parsed:
            sections.setdefault(parsed.found.section, []).append(parsed)
        judged: dict[int, Outcome] = {}
        for members in sections.values():
            # Forward passes tell which layer numbers w, else the majority; else what held before goes on.
            votes = [weights_before(each.equation) for each in members if each.forward]
            if {*votes} <= {None}:
                votes = [weights_before(each.equation) for each in members]
            if votes.count(True) != votes.count(False):
                before = votes.count(True) > votes.count(False)
                self.convention = replace(self.convention, weights_before=before)
            self.sizes: frozenset[SizeName] = frozenset()
            tried = self._tried(members)
            self.convention = self._chosen(members, tried)
            self.conventions.setdefault(self.convention)
            for parsed in members:
                judged[id(parsed)] = self._with_sizes(self._settled(parsed, members, tried))
        # Nothing may confirm that the letters mean what was guessed, or the text may say two things of one.
        guessed = self.convention.letters and all(outcome.status != "right" for outcome in judged.values())
        twice = said.said_twice(self.scan.sections) - dict(self.given.symbols).keys()
        for parsed in self.parsed:
            outcome = judged[id(parsed)]
            if outcome.status == "wrong" and (guessed or twice & names_in(parsed.plain).keys()):
                text = joined([say("cnn.document.unconfirmed"), outcome.text], "list.sentences")
                judged[id(parsed)] = Outcome("not_understood", text)
        return Report(
            tuple(dict.fromkeys(layer for outcome in judged.values() for layer in outcome.layers)),
            tuple(
                result
                if isinstance(result, Checked)
                else self._checked(result.found, result.equation, judged[id(result)])
                for result in read
            ),
            tuple(self.conventions),
        )

    def _read(self, found: Found, text: str) -> _Parsed | Checked:
        if _WORDS.search(text):
            return self._checked(found, None, Outcome("not_covered", say("cnn.document.words_in_formula")))
        words = self.scan.sections[found.section]
        pooled = settings.pooling_of(self.scan.sections[found.section :: -1])
        pooled = (self.given.pool,) if self.given.pool else pooled
        if said.is_statement(text, self.letters) and not (pooled and re.match(r"\s*\\?(?:delta|δ)", text)):
            return self._checked(found, None, Outcome("statement", say("cnn.document.statement")))
        try:
            equation = parse_equation(in_letters(text, self.letters))
        except NotationError as error:
            return self._checked(found, None, Outcome("not_understood", error.pointed))
        if equation.continued or not equation.relations:
            text_ = say("cnn.document.left_side_missing")
            return self._checked(found, equation, Outcome("not_understood", text_))
        dense = _DENSE.search(words) is not None
        kinds = kinds_of(equation, dense, pooled, dense or settings.CONVOLUTION.search(words) is not None)
        return _Parsed(found, text, equation, kinds, self._options(found))

    def _options(self, found: Found) -> Options:
        """Given sizes, else those stated last before the equation."""
        if self.given.input and self.given.kernel:
            return self.given
        place = (found.cell, found.line)
        before = [stated for stated in self.scan.stated if (stated.cell, stated.line) <= place]
        given = self.given
        if not before or (given.input, given.kernel, given.stride, given.padding) != (None, None, 1, 0):
            return given
        told = before[-1].options
        sizes = {name: getattr(told, name) for name in ("input", "kernel", "stride", "padding")}
        return replace(given, **sizes)

    # ---- Conventions

    def _tried(self, members: list[_Parsed]) -> _Tried:
        """The equations of a section under every convention that may be, the one that holds so far first."""
        starred = any("⊛" in parsed.plain for parsed in members)
        swapped = any({"numbered", "batch", "dense"} & {*parsed.kinds} for parsed in members)
        indexed = any(re.search(r"[_\[\d₀-₉]", parsed.plain) for parsed in members)
        found: _Tried = {}
        for convention in said.candidates(self.convention, starred, swapped, indexed):
            if self.given.base not in (None, convention.base):
                continue
            if self.given.convolution and (self.given.convolution == "true") != convention.flipped:
                continue
            first = next(iter(found.values()), {})
            open_ones = [each for each in members if not first or first[id(each)].status != "right"]
            found[convention] = self._under(convention, open_ones)
            right = [outcome.status == "right" for outcome in found[convention].values()]
            if any(right) and len(open_ones) < len(members):
                found[convention] = self._under(convention, members)
                right = [outcome.status == "right" for outcome in found[convention].values()]
            if all(right):
                break
        return found

    def _under(self, convention: Convention, members: list[_Parsed]) -> dict[int, Outcome]:
        groups: dict[tuple[tuple[Kind, ...], Options], list[_Parsed]] = {}
        for parsed in members:
            groups.setdefault((parsed.kinds, parsed.options), []).append(parsed)
        found: dict[int, Outcome] = {}
        section = {parsed.found.section for parsed in members}
        dense = any(each.kinds == ("dense",) for each in self.parsed if each.found.section in section)
        for (kinds, options), group in groups.items():
            by_kind = [self._best(group, kind, options, convention) for kind in kinds]
            for place, parsed in enumerate(group):
                outcomes = [results[place] for results in by_kind]
                open_ones = [each for each in outcomes if each.status not in ("right", "wrong")]
                best = next((each for each in outcomes if each.status == "right"), (open_ones or outcomes)[0])
                other = best.status == "right" and best is not outcomes[0] and kinds[0] == "map" and not dense
                if other and not names_letter(parsed.equation, "w"):  # ∂J/∂b = δ: nothing tells the layer
                    best = best.if_(say("cnn.convention.dense"))
                found[id(parsed)] = best
        return found

    def _chosen(self, members: list[_Parsed], tried: _Tried) -> Convention:
        """The convention that fits a section best.

        What holds so far goes on; indices begin elsewhere where that makes more right and contradicts
        nothing; all else changes only where a forward pass or the section's words say so.
        """

        def right(convention: Convention) -> set[int]:
            return {key for key, outcome in tried[convention].items() if outcome.status == "right"}

        forward = {id(parsed) for parsed in members if parsed.forward}
        zero = {id(parsed) for parsed in members if _FROM_ZERO.search(parsed.plain)}
        says_turned = said.says_turned(self.scan.sections[members[0].found.section])
        best = next(iter(tried))
        for convention in tried:
            gained, lost = right(convention) - right(best), right(best) - right(convention)
            if (len(gained & forward), len(gained)) <= (len(lost & forward), len(lost)):
                continue
            moved = replace(convention, base=best.base) != best
            turned = convention.flipped and convention.spread and convention.star == best.star
            if moved and not (gained & forward - lost) and not (turned and says_turned):
                continue
            if convention.base != best.base and not moved:
                everything = len(right(convention)) == len(members)
                pooled = any(each.kinds[0] in settings.POOLING for each in members)
                alone = not self._shown and not pooled
                if lost or not (gained & zero or everything or len(gained) > 1 or alone):
                    continue
            best = convention
        self._shown = self._shown or bool(right(best))
        self._forward = self._forward or bool(right(best) & forward)
        self._counted = self._counted or any(
            id(each) in right(best) and each.general and re.search(r"[-+]\s*1\b", each.plain)
            for each in members
        )
        return best

    def _settled(self, parsed: _Parsed, members: list[_Parsed], tried: _Tried) -> Outcome:
        """The verdict under the convention of the section, and what else would make the equation right."""
        convention, key = self.convention, id(parsed)
        outcome = tried[convention][key]
        if outcome.status == "right":
            turned = convention.flipped and convention.spread and not parsed.forward
            return replace(outcome, text=say("cnn.document.read_as_rotated")) if turned else outcome
        others = [each for each in tried if key in tried[each] and tried[each][key].status == "right"]
        moved = [each for each in others if replace(each, base=convention.base) == convention]
        if moved and _FROM_ZERO.search(parsed.plain):
            return tried[moved[0]][key]
        if outcome.status not in ("wrong", "not_covered"):
            return outcome
        for changed, status in self._changes(parsed, members, tried):
            again = self._under(changed, [parsed])[key]
            if again.status in ("right", "not_carried_out"):
                note = described_change(convention, changed)
                return replace(again, status=status, text=note)
        forward = any(each.forward and tried[convention][id(each)].status == "right" for each in members)
        forward = forward or self._forward
        if self.other_activation and re.search(r"1\s*-", parsed.plain):
            text = say("cnn.uncovered.function", function=self.other_activation)
            return Outcome("not_covered", text)  # 1 − a² may be its σ′
        second = [
            each
            for each in others
            for one in members
            if one.forward and one.general and tried[convention][id(one)].status != "right"
            if id(one) in tried[each] and tried[each][id(one)].status == "right"
        ]
        if second and not moved:  # a section with forward passes of two kinds
            return Outcome("conditional", described_change(convention, second[0]))
        if outcome.status == "not_covered":
            rows = [each for each in others if each.rows and not forward]
            return Outcome("conditional", described_change(convention, rows[0])) if rows else outcome
        if moved and (len(members) == 1 or (parsed.general and not self._counted)):
            return Outcome("conditional", described_change(convention, moved[0]))
        rotated = [each for each in others if each.flipped and not each.channel_first]
        stars = "⊛" in parsed.plain
        if others and not moved and not forward and (stars or not rotated):
            return Outcome("conditional", described_change(convention, others[0]))
        if rotated:
            hint = say("cnn.document.right_if_rotated")
            outcome = outcome.told
            return replace(outcome, text=joined([hint, outcome.text], "list.sentences"))
        return outcome.told

    def _with_sizes(self, outcome: Outcome) -> Outcome:
        """Not right if a bound's letter is the size of something else in another equation of the section."""
        try:
            require_one_size_each(self.sizes | outcome.sizes)
        except NotCovered as error:
            return Outcome("not_covered", error.text, layers=outcome.layers)
        self.sizes |= outcome.sizes
        return outcome

    def _changes(
        self, parsed: _Parsed, members: list[_Parsed], tried: _Tried
    ) -> Iterator[tuple[Convention, Status]]:
        """Conventions under which a single equation may be right: the sigmoid, no bias, no activation."""
        if re.search(r"1\s*-", parsed.plain) and (self.sloped or not self.other_activation):
            sure = self.sloped or self.says_sigmoid
            yield replace(self.convention, sigmoid=True), "right" if sure else "conditional"
        names = {letter: names_letter(parsed.equation, letter) for letter in "zawb"}
        without = names["z"] and names["a"] and names["w"] and not names["b"]
        block = next(block for block in _blocks(members) if any(members[n] is parsed for n in block))
        others = (members[n] for n in block if members[n].forward and names_letter(members[n].equation, "b"))
        if self.no_bias:
            yield replace(self.convention, bias=not self.convention.bias), "right"
        elif without and not any(tried[self.convention][id(each)].status == "right" for each in others):
            yield replace(self.convention, bias=False), "conditional"
        # Pooling may hand on ∂J/∂a and call it δ: its own section tells.
        sloped = self.sloped if parsed.kinds[0] not in settings.POOLING else "dsigma" in _functions(members)
        if "upsample" in _functions([parsed]):
            handed = replace(self.convention, copies=False)
            yield handed, "right" if parsed.kinds == ("max",) else "conditional"
            if not sloped:
                yield replace(handed, slope=False), "conditional"
        if parsed.kinds == ("batch",) and "N" in parsed.plain:
            yield replace(self.convention, mean=True), "conditional"
        if not sloped or defines_residual(parsed.equation):
            yield replace(self.convention, slope=False), "conditional"

    # ---- Layers

    def _best(
        self, members: list[_Parsed], kind: Kind, options: Options, convention: Convention
    ) -> list[Outcome]:
        """Checked in the layer that the largest indices tell; where they contradict each other, in the one
        in which most equations come out right, for a wrong index should cost its own line only. A second
        example of another size is a block of equations that are all right in a layer of their own."""
        settled = [(parsed, with_layers(parsed.equation, convention)) for parsed in members]
        if kind in settings.POOLING:
            return [self._check_pooling(*pair, kind, convention) for pair in settled]
        best, _ = self._in_best_layer(settled, kind, options, convention)
        for block in _blocks(members):
            if len(block) < 2 or len(block) == len(members) or all(best[n].status == "right" for n in block):
                continue
            some = [settled[n] for n in block]
            again, layer = self._in_best_layer(some, kind, options, convention)
            if layer is not None and all(outcome.status == "right" for outcome in again):
                for n, outcome in zip(block, again, strict=True):
                    best[n] = outcome
        return best

    def _in_best_layer(
        self, settled: _Settled, kind: Kind, options: Options, convention: Convention
    ) -> tuple[list[Outcome], AnyLayer | None]:
        found = settings.layers_of((equation for _, equation in settled), kind, options, convention.base)
        everywhere = self._of_the_text(kind, options, convention)
        best: list[Outcome] = []
        chosen: AnyLayer | None = None
        layers: list[AnyLayer | None] = [*dict.fromkeys([*everywhere, *found])]
        for layer in layers or [None]:
            results = [self._check(*pair, layer, kind, convention) for pair in settled]
            if not best or _right(results) > _right(best):
                best, chosen = results, layer
            if _right(best) == len(settled):
                break
        return best, chosen

    def _of_the_text(self, kind: Kind, options: Options, convention: Convention) -> Sequence[AnyLayer]:
        """The sizes that the whole text tells."""
        key = kind, options, convention
        if key not in self._of_all:
            same = (each for each in self.parsed if kind in each.kinds and each.options == options)
            settled = (with_layers(each.equation, convention) for each in same)
            self._of_all[key] = settings.layers_of(settled, kind, options, convention.base)
        return self._of_all[key]

    def _check(
        self,
        parsed: _Parsed,
        equation: Equation | NotCovered,
        layer: AnyLayer | None,
        kind: Kind,
        convention: Convention,
    ) -> Outcome:
        if isinstance(equation, NotCovered):
            return Outcome("not_covered", equation.text)
        options = parsed.options
        given = bool(options.input and options.kernel)
        layers: list[AnyLayer] = [] if layer is None else [layer]
        whole = all(not node.index.entries for node in quantities(equation))
        if (parsed.general or whole) and not given:
            # The text's own sizes come first, so that a mistake is told in them.
            strides = sorted({options.stride, 2} if parsed.strided else {options.stride})
            layers = [*(layers if kind != "dense" else []), *settings.generic_layers(kind, strides, options)]
        if not layers:
            return Outcome("not_covered", say("cnn.document.sizes_unknown"))
        outcomes: list[Outcome] = []
        for size in layers:
            outcomes.append(self._judge(parsed, equation, size, kind, convention))
            if outcomes[-1].status in ("wrong", "not_understood"):
                break
        worst = next((n for n, outcome in enumerate(outcomes) if outcome.status != outcomes[0].status), 0)
        if outcomes[0].status == "not_covered" and len(outcomes) > 1:
            worst = 1  # the text's own sizes may be too small for it
        found = replace(outcomes[worst], layers=tuple(layers))
        if found.status == "right":
            # Where the text has a stride, and this formula none, it may be right for a stride of 1 only.
            strided = settings.generic_layers(kind, [2])[0]
            open_ = parsed.general and self.strided and not parsed.strided
            if open_ and self._judge(parsed, equation, strided, kind, convention).status == "wrong":
                return found.if_(say("cnn.layer.stride", stride=1))
            if layers == [layer] and not given and tells_too_little(layers[0], equation):
                return found.if_(describe(layers[0]))
        if worst and found.status == "wrong":
            return replace(found, place=say("cnn.document.wrong_in_layer", layer=describe(layers[worst])))
        return found

    def _check_pooling(
        self, parsed: _Parsed, equation: Equation | NotCovered, kind: Kind, convention: Convention
    ) -> Outcome:
        """Checked in windows of the size that the text states, else in any; windows may overlap."""
        if isinstance(equation, NotCovered):
            return Outcome("not_covered", equation.text)
        section = parsed.found.section
        before = settings.about_pooling(self.scan.sections[section::-1])
        told = next(filter(None, map(settings.stated_window, before)), None)
        stated = self.given.window or told or self.windows.get(section)
        in_windows = partial(self._in_windows, parsed, equation, kind, convention)
        outcome = in_windows(stated)
        sized = any(isinstance(node, Variable) for node in equation.nodes())
        if sized or outcome.status not in ("wrong", "not_covered"):
            return outcome
        for side in (2, 3, 4) if stated is None else ():
            again = in_windows((side, side))
            if again.status == "right" and parsed.forward and not parsed.general:
                self.windows[section] = side, side
                return again
            if again.status == "right":
                return again.if_(describe(again.layers[0]))
        for window in (stated,) if stated else ((2, 2), (3, 3)):
            for step in range(1, max(window)) if not said.says_stride("\n".join(before)) else ():
                again = in_windows(window, step)
                if again.status in ("right", "conditional"):
                    return again.if_(describe(again.layers[0]))
        if stated is None and not parsed.general and any(node.index.entries for node in quantities(equation)):
            return Outcome("not_covered", say("cnn.document.sizes_unknown"))
        return outcome

    def _in_windows(
        self,
        parsed: _Parsed,
        equation: Equation,
        kind: Kind,
        convention: Convention,
        window: Size | None,
        step: int = 0,
    ) -> Outcome:
        layers = settings.pooling_layers(equation, kind, window, convention.base, step)
        outcomes = [Outcome("not_covered", say("cnn.document.sizes_unknown"))]
        for tried, layer in enumerate(layers):
            outcomes[tried:] = [self._judge(parsed, equation, layer, kind, convention)]
            if outcomes[-1].status != outcomes[0].status:
                place = say("cnn.document.wrong_in_layer", layer=describe(layer))
                return replace(outcomes[-1], layers=tuple(layers), place=place)
        return replace(outcomes[-1], layers=tuple(layers))

    def _judge(
        self, parsed: _Parsed, equation: Equation, layer: AnyLayer, kind: Kind, convention: Convention
    ) -> Outcome:
        """One equation in one layer, at every element that it speaks of."""
        key = equation, layer, _as_far_as_it_matters(parsed, kind, convention)
        if key not in self._known:
            given = min(self.steps, MAX_STEPS_EACH)
            evaluator = Evaluator(formulas_of(layer), convention, given)
            self._known[key] = judge(equation, evaluator)
            self.steps -= given - max(evaluator.steps, 0)
        return self._known[key]

    def _checked(self, found: Found, equation: Equation | None, outcome: Outcome) -> Checked:
        settled = with_layers(equation, self.convention) if equation is not None else None
        shown = settled if isinstance(settled, Equation) else equation
        return Checked(
            *(found.cell, found.line, found.source),
            *("" if shown is None else write.equation(shown), outcome.status, outcome.text),
            *(outcome.elements, outcome.faults, outcome.slips),
            equation,
        )


def _as_far_as_it_matters(parsed: _Parsed, kind: Kind, convention: Convention) -> Convention:
    """The same for two conventions under which an equation says the same."""
    indexed = any(node.index.entries for node in quantities(parsed.equation))
    kernel = names_letter(parsed.equation, "w")
    return replace(
        convention,
        base=convention.base if indexed else 1,
        spread=indexed and convention.spread,
        star=convention.star if "⊛" in parsed.plain else "correlation",
        flipped=kernel and kind != "dense" and convention.flipped,
        channel_first=kernel and kind != "map" and convention.channel_first,
        map_last=kind in ("numbered", "batch") and convention.map_last,
        rows=kind == "dense" and convention.rows,
    )


def _functions(members: list[_Parsed]) -> set[str]:
    """The functions that equations name."""
    return {node.function for each in members for node in each.equation.nodes() if isinstance(node, Call)}


def _blocks(members: list[_Parsed]) -> list[list[int]]:
    """Which equations stand together, with no line between them."""
    found: list[list[int]] = []
    for n, parsed in enumerate(members):
        before = members[n - 1].found if n else None
        near = before and before.cell == parsed.found.cell
        last = before.line + before.source.count("\n") if before else 0
        if near and parsed.found.line - last <= 1:
            found[-1].append(n)
        else:
            found.append([n])
    return found


def _right(results: Iterable[Outcome]) -> int:
    return sum(result.status == "right" for result in results)
