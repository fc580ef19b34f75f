"""When a residual that may be shared out, or a typed derivation, counts as right.

`cnn.domain` registers both with the engine; the assignments' `hidden.py` name them. SymPy is loaded only when
a derivation is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from autograder.base.messages import Text, joined, say
from autograder.judging.comparison import AGREE, Close, Comparator, Difference, type_name

if TYPE_CHECKING:
    from autograder.cnn.derivations.checking.answers import Answer


@dataclass(frozen=True)
class Shares(Comparator):
    """Max-pooling ties: any valid subgradient.

    Each window's residual lands on maxima of that window, in shares between none and all of it
    that sum to it.

    Parameters
    ----------
    labels : integer array, the shape of the answer
        k > 0 where a maximum of window k stands, 0 everywhere else. Windows must not overlap.
    totals : array (number of windows + 1,)
        totals[k] is the residual of window k; totals[0] is not used.
    scale : array, the shape of the answer
        What the answer is multiplied by after the routing (σ′, or ones). Not zero at a maximum.
    """

    unique: ClassVar[bool] = False

    labels: Any
    totals: Any
    scale: Any

    @property
    def like(self) -> Comparator:
        return Close()

    def wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """The elements that no valid routing allows; all maxima of a window whose shares do not sum to it."""
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
    """A typed derivation says the right thing in one line, in any notation (`derivations.checking.answers`).

    An answer key holds what a text says in the line, not the text.

    Parameters
    ----------
    input, kernel : (height, width)
        Of the convolution that is spoken of.
    of : tuple of {"z", "delta", "w", "b"}
        Whose lines the text is asked for: z, δ of the layer before, ∂J/∂w, ∂J/∂b.
    line : str
        Which of these lines counts here: one of `derivations.checking.answers.Question.lines()`.
    general : bool
        One formula with index letters is asked for in place of a line for each element.
    stride, padding : int
    """

    drawable: ClassVar[bool] = False  # the key holds no text to put beside an answer

    input: tuple[int, int]
    kernel: tuple[int, int]
    of: tuple[str, ...]
    line: str
    general: bool = False
    stride: int = 1
    padding: int = 0

    def difference(self, got: Any, expected: Any) -> Difference:
        """Whether a text says in one line what `expected`, the `essence` of another, does.

        What became of a line that does not is in the difference "line" (a `LineResult` of `checking.lines`).
        """
        if not isinstance(got, str):
            return Difference("type", got=type_name(got), expected="str")
        said = self._said(got)
        return AGREE if said.says and said.says == expected else Difference("line", got=said.result)

    def differing(self, got: Any, expected: Any) -> None:
        return None

    def essence(self, value: Any) -> Any:
        """Of a text what it says in the line."""
        return self._said(value).says if isinstance(value, str) else value

    def acceptable(self, kept: Any) -> bool:
        """A derivation must be right by first principles."""
        from autograder.cnn.derivations.checking.answers import RIGHT

        return bool(kept == RIGHT)

    def same_kept(self, kept: Any, expected: Any) -> bool:
        return bool(kept and kept == expected)

    def explained(self, cases: Sequence[tuple[Self, Difference]], *, visible: bool) -> Text | None:
        """What is wrong with a typed derivation, line by line; of a hidden one only which lines."""
        from autograder.cnn.derivations.checking.answers import title

        results = {accept.line: how.got for accept, how in cases if how.kind == "line"}
        if not results:
            return None
        if not visible:
            return say("cnn.symptom.lines_wrong", lines=joined(map(title, results)))
        missing = {line: result for line, result in results.items() if result.verdict == "missing"}
        wrong = [line for line in results if line not in missing]
        told: list[Text] = [
            say("cnn.symptom.line_wrong_because", line=title(line), why=results[line].text)
            for line in wrong[:_LINES]
        ]
        if len(wrong) > _LINES:
            told.append(say("cnn.symptom.lines_more_wrong", count=len(wrong) - _LINES))
        if missing:
            told.append(say("cnn.symptom.lines_missing", lines=joined(map(title, missing))))
            told += [result.text for result in list(missing.values())[:1] if result.typed]
        return joined(told, "list.lines")

    def _said(self, text: str) -> "Answer":
        from autograder.cnn.derivations.checking.answers import Question, answer
        from autograder.cnn.derivations.layer import Layer

        layer = Layer(self.input, self.kernel, self.stride, self.padding)
        return answer(Question(layer, self.of, self.general), self.line, text)


_LINES = 4
"""Lines of a derivation that are explained at once; of more, only the number is told."""
