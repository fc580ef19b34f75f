"""What a graded class comes to: points, exercises, misconceptions, students, as records.

`collect` makes them in one pass over the results and keeps a few numbers of each, so that ten thousand
submissions fit into memory easily. The pages of a report are written from these records; nothing here
writes anything.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import NamedTuple

from autograder.base.messages import Text, core
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict, total

BINS = 11
"""Of a distribution: [0 %, 10 %), [10 %, 20 %), …, [90 %, 100 %), and full marks."""
EXAMPLES = 5
"""Students that are named for a misconception."""

_NEVER_RAN = (Verdict.NI, Verdict.MISSING, Verdict.FORBIDDEN, Verdict.JE)


class Cell(NamedTuple):
    """One student's exercise in the heat map."""

    points: float
    max_points: float
    verdict: Verdict


@dataclass(frozen=True)
class Cause:
    """What most often goes wrong in an exercise.

    Attributes
    ----------
    id : str or None
        Of the misconception, or of the symptom; None where only the verdict is counted.
    text : Text or None
        What it most often says.
    """

    verdict: Verdict
    id: str | None
    text: Text | None
    count: int


@dataclass(frozen=True)
class ExerciseStatistics:
    """One exercise over the class.

    Attributes
    ----------
    passed : int
        Submissions whose every case is accepted.
    mean : float or None
        Mean share of the points, 0 … 1; None where the exercise is worth nothing.
    verdicts : tuple of (Verdict, int)
        How often each verdict came, the most frequent first.
    median_seconds : float or None
        Of the processor time of all calls, over the submissions whose function ran.
    """

    assignment: str
    name: str
    max_points: float
    submissions: int
    passed: int
    mean: float | None
    verdicts: tuple[tuple[Verdict, int], ...]
    typical: Cause | None
    median_seconds: float | None


@dataclass(frozen=True)
class AssignmentStatistics:
    """One assignment over the class; `mean`, `median` and the `histogram` are of shares of the points."""

    name: str
    max_points: float
    submissions: int
    mean: float | None
    median: float | None
    histogram: tuple[int, ...]
    exercises: tuple[ExerciseStatistics, ...]


@dataclass(frozen=True)
class Occurrence:
    """A misconception in one exercise, in the words of that exercise."""

    assignment: str
    exercise: str
    text: Text
    count: int


@dataclass(frozen=True)
class MisconceptionStatistics:
    """The misconceptions of one id: the same mistake, in however many exercises it was made.

    Attributes
    ----------
    count : int
        Exercises of students in which it was found.
    students : int
        How many students made it.
    examples : tuple of str
        The first few of them, in the order of the class.
    """

    id: str
    text: Text
    count: int
    students: int
    occurrences: tuple[Occurrence, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True)
class StudentStatistics:
    """One student: points of each assignment and a cell of each exercise, None where nothing came.

    `files` are those that were graded, "" where nothing was handed in that can be.
    """

    name: str
    points: float
    by_assignment: tuple[float | None, ...]
    cells: tuple[Cell | None, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Noted:
    """A submission that a person should look at: what the grader noted about it, or could not do."""

    student: str
    assignment: str
    file: str
    notes: tuple[Text, ...]
    judge_error: bool


@dataclass(frozen=True)
class ClassStatistics:
    """A class.

    Attributes
    ----------
    mean, median : float or None
        Of the submissions' shares of the points.
    isolations : tuple of str
        How submissions were run; more than bubblewrap alone is worth a warning.
    """

    submissions: int
    mean: float | None
    median: float | None
    full_marks: int
    judge_errors: int
    isolations: tuple[str, ...]
    assignments: tuple[AssignmentStatistics, ...]
    misconceptions: tuple[MisconceptionStatistics, ...]
    students: tuple[StudentStatistics, ...]
    noted: tuple[Noted, ...]

    @property
    def exercises(self) -> tuple[ExerciseStatistics, ...]:
        """All exercises, in the order of every student's `cells`."""
        return tuple(exercise for one in self.assignments for exercise in one.exercises)


def share_of(points: float, max_points: float) -> float | None:
    """Points as a share, 0 … 1; None where there are none to earn."""
    return points / max_points if max_points else None


def bin_of(share: float) -> int:
    """Which bin of a distribution a share of the points falls into; the last one is for full marks alone."""
    return BINS - 1 if share >= 1 else int(share * (BINS - 1) + 1e-9)


def collect(results: Iterable[SubmissionResult]) -> ClassStatistics:
    """Read every result once and count."""
    assignments: dict[str, _Assignment] = {}
    mistakes: dict[str, _Mistake] = {}
    rows: dict[str, _Row] = {}
    isolations: Counter[str] = Counter()
    noted = []
    for result in results:
        assignments.setdefault(result.assignment, _Assignment(result.max_points)).add(result)
        rows.setdefault(result.student, _Row()).add(result)
        isolations[result.isolation] += 1
        if result.notes or result.has_judge_error:
            about = (result.student, result.assignment, result.file, result.notes, result.has_judge_error)
            noted.append(Noted(*about))
        for exercise in result.exercises:
            for id, text in exercise.ideas.items():
                mistakes.setdefault(id, _Mistake()).add(text, exercise, result)
    counted = tuple(one.statistics(name) for name, one in sorted(assignments.items()))
    columns = [(exercise.assignment, exercise.name) for one in counted for exercise in one.exercises]
    shares = [share for one in assignments.values() for share in one.shares]
    return ClassStatistics(
        submissions=isolations.total(),
        mean=fmean(shares) if shares else None,
        median=median(shares) if shares else None,
        full_marks=sum(share >= 1 for share in shares),
        judge_errors=sum(one.judge_error for one in noted),
        isolations=tuple(sorted(isolations)),
        assignments=counted,
        misconceptions=tuple(
            sorted(
                (mistake.statistics(id) for id, mistake in mistakes.items()),
                key=lambda one: (-one.students, -one.count, one.id),
            )
        ),
        students=tuple(
            row.statistics(name, [one.name for one in counted], columns) for name, row in rows.items()
        ),
        noted=tuple(noted),
    )


# ------------------------------------------------------------------------------------ while counting


@dataclass
class _Row:
    points: dict[str, float] = field(default_factory=dict)
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def add(self, result: SubmissionResult) -> None:
        self.points[result.assignment] = result.points
        self.files.append(result.file)
        for one in result.exercises:
            self.cells[result.assignment, one.name] = Cell(one.points, one.max_points, one.verdict)

    def statistics(
        self, name: str, assignments: list[str], columns: list[tuple[str, str]]
    ) -> StudentStatistics:
        return StudentStatistics(
            name,
            total(self.points.values()),
            tuple(self.points.get(one) for one in assignments),
            tuple(self.cells.get(one) for one in columns),
            tuple(self.files),
        )


@dataclass
class _Exercise:
    max_points: float
    shares: "array[float]" = field(default_factory=lambda: array("d"))
    seconds: "array[float]" = field(default_factory=lambda: array("d"))
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    causes: dict[tuple[Verdict, str | None], Counter[Text | None]] = field(default_factory=dict)

    def add(self, result: ExerciseResult) -> None:
        self.verdicts[result.verdict] += 1
        share = share_of(result.points, result.max_points)
        if share is not None:
            self.shares.append(share)
        if result.verdict not in _NEVER_RAN:
            self.seconds.append(sum(case.seconds for group in result.groups for case in group.cases))
        if result.verdict is not Verdict.AC and result.verdict is not Verdict.JE:
            id, text = _cause(result)
            self.causes.setdefault((result.verdict, id), Counter())[text] += 1

    def statistics(self, assignment: str, name: str) -> ExerciseStatistics:
        return ExerciseStatistics(
            assignment,
            name,
            self.max_points,
            self.verdicts.total(),
            self.verdicts[Verdict.AC],
            fmean(self.shares) if self.shares else None,
            tuple(self.verdicts.most_common()),
            self._typical(),
            median(self.seconds) if self.seconds else None,
        )

    def _typical(self) -> Cause | None:
        """The most frequent mistake, or that most wrote nothing; of two equally frequent, what tells more."""
        if not self.causes:
            return None

        def weight(cause: tuple[tuple[Verdict, str | None], Counter[Text | None]]) -> tuple[bool, int, bool]:
            (verdict, id), texts = cause
            return verdict is not Verdict.NI, texts.total(), id is not None

        (verdict, id), texts = max(self.causes.items(), key=weight)
        return Cause(verdict, id, texts.most_common(1)[0][0], texts.total())


def _cause(result: ExerciseResult) -> tuple[str | None, Text | None]:
    """What can be counted of a wrong result, and how it is told: an error's line is each student's own."""
    if result.misconception:
        return result.misconception, result.hint
    seen = core(result.symptom) if result.verdict is Verdict.WA else None
    return (seen.id, result.symptom) if seen else (None, None)


@dataclass
class _Assignment:
    max_points: float
    shares: "array[float]" = field(default_factory=lambda: array("d"))
    submissions: int = 0
    exercises: dict[str, _Exercise] = field(default_factory=dict)

    def add(self, result: SubmissionResult) -> None:
        self.submissions += 1
        share = share_of(result.points, result.max_points)
        if share is not None:
            self.shares.append(share)
        for one in result.exercises:
            self.exercises.setdefault(one.name, _Exercise(one.max_points)).add(one)

    def statistics(self, name: str) -> AssignmentStatistics:
        bins = Counter(map(bin_of, self.shares))
        return AssignmentStatistics(
            name,
            self.max_points,
            self.submissions,
            fmean(self.shares) if self.shares else None,
            median(self.shares) if self.shares else None,
            tuple(bins[index] for index in range(BINS)),
            tuple(one.statistics(name, exercise) for exercise, one in self.exercises.items()),
        )


@dataclass
class _Mistake:
    texts: dict[tuple[str, str], Counter[Text]] = field(default_factory=dict)
    students: dict[str, None] = field(default_factory=dict)

    def add(self, text: Text, exercise: ExerciseResult, result: SubmissionResult) -> None:
        self.texts.setdefault((result.assignment, exercise.name), Counter())[text] += 1
        self.students.setdefault(result.student)

    def statistics(self, id: str) -> MisconceptionStatistics:
        occurrences = sorted(
            (
                Occurrence(*place, texts.most_common(1)[0][0], texts.total())
                for place, texts in self.texts.items()
            ),
            key=lambda one: (-one.count, one.assignment, one.exercise),
        )
        return MisconceptionStatistics(
            id,
            occurrences[0].text,
            sum(one.count for one in occurrences),
            len(self.students),
            tuple(occurrences),
            tuple(self.students)[:EXAMPLES],
        )
