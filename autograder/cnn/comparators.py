"""Comparators of this subject: `Shares` for max-pooling ties, `Derivation` for typed derivations.

`cnn.domain` lists them; the assignments' `hidden.py` use them. SymPy must be imported only when a derivation
is read, because most checks need none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from autograder.base.messages import Text, joined, say
from autograder.judging.comparison import AGREE, Close, Comparator, Difference, type_name

if TYPE_CHECKING:
    from autograder.cnn.derivations.checking.answers import LineResult


@dataclass(frozen=True)
class Shares(Comparator):
    """Accept any valid subgradient of max pooling.

    Each window's residual goes to the maxima of that window, in shares of one sign that sum to it.

    Parameters
    ----------
    labels : integer array, the shape of the answer
        k > 0 at the maxima of window k, 0 everywhere else. Windows must not overlap.
    totals : array (number of windows + 1,)
        totals[k] is the residual of window k; totals[0] is unused.
    scale : array, the shape of the answer
        The factor of the answer after the routing (σ′, or ones), not zero at a maximum.
    """

    unique: ClassVar[bool] = False

    labels: Any
    totals: Any
    scale: Any

    @property
    def like(self) -> Comparator:
        return Close()

    def wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Non-zero elements at no maximum, invalid shares, and all maxima of a window with a wrong sum."""
        labels, totals, scale = self.labels, self.totals, self.scale
        if not labels.shape == scale.shape == got.shape or labels.max(initial=0) >= len(totals):
            return np.ones(got.shape, bool)
        try:
            got = got.astype(np.float64, copy=False)
        except OverflowError:
            return np.ones(got.shape, bool)
        tolerance = 1e-5 * max(float(np.abs(totals).max(initial=0.0)), 1e-3)
        wrong = ~(np.abs(got) <= tolerance)
        at_maximum = labels > 0
        window = labels[at_maximum]
        part = got[at_maximum] / scale[at_maximum]
        whole = totals[window]
        sums = np.bincount(window, weights=part, minlength=len(totals))
        within = (part * np.sign(whole) >= -tolerance) & (np.abs(part) <= np.abs(whole) + tolerance)
        wrong[at_maximum] = ~(within & (np.abs(sums - totals)[window] <= tolerance))
        return np.asarray(wrong)


@dataclass(frozen=True)
class Derivation(Comparator):
    """Accept a typed derivation of which one line is right, in any notation.

    An answer key holds the meaning of that line (`derivations.checking.answers`), not a text.

    Parameters
    ----------
    input, kernel : (height, width)
        Sizes of the convolution.
    of : tuple of {"z", "delta", "w", "b"}
        What the text has to derive: z, δ of the previous layer, ∂J/∂w, ∂J/∂b.
    line : str
        The line that is compared: one of `derivations.checking.answers.Question.lines()`.
    general : bool
        The text has to give one formula with index letters in place of a line for each element.
    stride, padding : int
    """

    drawable: ClassVar[bool] = False  # the key holds no text to show beside an answer

    input: tuple[int, int]
    kernel: tuple[int, int]
    of: tuple[str, ...]
    line: str
    general: bool = False
    stride: int = 1
    padding: int = 0

    def difference(self, got: Any, expected: Any) -> Difference:
        """Compare the line's meaning in the text `got` with `expected`, the `essence` of another text.

        The difference "line" holds a `LineResult` of `checking.answers`.
        """
        if not isinstance(got, str):
            return Difference("type", got=type_name(got), expected="str")
        said = self._said(got)
        return AGREE if said.says and said.says == expected else Difference("line", got=said)

    def differing(self, got: Any, expected: Any) -> None:
        return None

    def essence(self, value: Any) -> Any:
        """The meaning of the line in a text."""
        return self._said(value).says if isinstance(value, str) else value

    def acceptable(self, kept: Any) -> bool:
        """Whether the reference's own line is right by first principles."""
        from autograder.cnn.derivations.checking.answers import RIGHT

        return bool(kept == RIGHT)

    def same_kept(self, kept: Any, expected: Any) -> bool:
        return bool(kept and kept == expected)

    def explained(self, cases: Sequence[tuple[Self, Difference]], *, visible: bool) -> Text | None:
        """What is wrong with each line; in a hidden key only which lines are wrong."""
        from autograder.cnn.derivations.checking.answers import title

        results = {accept.line: how.got for accept, how in cases if how.kind == "line"}
        if not results:
            return None
        if not visible:
            return say("cnn.symptom.lines_wrong", lines=joined(map(title, results)))
        missing = {line: result for line, result in results.items() if result.verdict == "missing"}
        wrong = [line for line in results if line not in missing]
        texts: list[Text] = [
            say("cnn.symptom.line_wrong_because", line=title(line), why=results[line].text)
            for line in wrong[:_LINES]
        ]
        if len(wrong) > _LINES:
            texts.append(say("cnn.symptom.lines_more_wrong", count=len(wrong) - _LINES))
        if missing:
            texts.append(say("cnn.symptom.lines_missing", lines=joined(map(title, missing))))
            texts += [result.text for result in list(missing.values())[:1] if result.typed]
        return joined(texts, "list.lines")

    def _said(self, text: str) -> "LineResult":
        from autograder.cnn.derivations.checking.answers import Question, answer
        from autograder.cnn.derivations.layer import Layer

        layer = Layer(self.input, self.kernel, self.stride, self.padding)
        return answer(Question(layer, self.of, self.general), self.line, text)


_LINES = 4
"""The most lines of a derivation that are explained; of further ones only the number is given."""
