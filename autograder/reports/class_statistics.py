"""Statistics of a graded class, as records: points, exercises, misconceptions, students.

`collect` makes them in one pass over the results and keeps a few numbers of each, so that ten thousand
submissions fit into memory. The report's writers read these records; nothing here writes a file.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import NamedTuple

from autograder.base.messages import Text, core
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict, total_earned

BINS = 11
"""Bins of a distribution: [0 %, 10 %), [10 %, 20 %), …, [90 %, 100 %), and full marks."""
EXAMPLES = 5
"""Students that are named with a misconception."""

_NEVER_RAN = (Verdict.NI, Verdict.MISSING, Verdict.FORBIDDEN, Verdict.NR)


class Cell(NamedTuple):
    """One student's exercise in the heat map; no points where it was not graded."""

    points: float | None
    max_points: float
    verdict: Verdict


@dataclass(frozen=True)
class Cause:
    """The most frequent mistake in an exercise.

    Attributes
    ----------
    id : str or None
        The id of the misconception or the symptom; None where only the verdict is counted.
    text : Text or None
        Its most frequent text.
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
    submissions, passed : int
        Submissions that were graded, and those whose every case is accepted. What was not graded for a
        judge error is in no number here.
    mean : float or None
        Mean share of the points, 0 … 1; None where the exercise is worth nothing.
    verdicts : tuple of (Verdict, int)
        Counts of the verdicts, the most frequent first.
    median_seconds : float or None
        Median processor time of all calls of a submission, over those whose function ran.
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
    title: Text
    languages: tuple[str, ...]
    max_points: float
    submissions: int
    mean: float | None
    median: float | None
    histogram: tuple[int, ...]
    exercises: tuple[ExerciseStatistics, ...]


@dataclass(frozen=True)
class Occurrence:
    """A misconception in one exercise, with that exercise's text for it."""

    assignment: str
    exercise: str
    text: Text
    count: int


@dataclass(frozen=True)
class MisconceptionStatistics:
    """All misconceptions of one id: the same mistake in any number of exercises.

    Attributes
    ----------
    count : int
        How often it was found, over students and exercises.
    students : int
        How many students made it.
    examples : tuple of str
        The first few of these students.
    """

    id: str
    text: Text
    count: int
    students: int
    occurrences: tuple[Occurrence, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True)
class StudentStatistics:
    """One student: points of each assignment and a cell of each exercise, None where nothing was graded.

    `points` is None where a submission was not graded for a judge error.

    `files` are the graded files, "" where nothing gradable was handed in.
    """

    name: str
    points: float | None
    by_assignment: tuple[float | None, ...]
    cells: tuple[Cell | None, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Noted:
    """A submission that a person should look at: it has notes or a judge error."""

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
        Of the graded submissions' shares of the points.
    isolations : tuple of str
        The isolations used; any other than bubblewrap needs a warning.
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
        return tuple(exercise for assignment in self.assignments for exercise in assignment.exercises)


def share_of(points: float, max_points: float) -> float | None:
    """The share of the points that was earned, 0 … 1; None where there are none to earn."""
    return points / max_points if max_points else None


def bin_of(share: float) -> int:
    """The index of the bin that a share of the points falls into."""
    return BINS - 1 if share >= 1 else int(share * (BINS - 1) + 1e-9)


def collect(results: Iterable[SubmissionResult]) -> ClassStatistics:
    """Compute the statistics in one pass over the results."""
    assignments: dict[str, _Assignment] = {}
    mistakes: dict[str, _Mistake] = {}
    rows: dict[str, _Row] = {}
    isolations: Counter[str] = Counter()
    noted = []
    for result in results:
        assignments.setdefault(result.assignment, _Assignment(result)).add(result)
        rows.setdefault(result.student, _Row()).add(result)
        isolations[result.isolation] += 1
        if result.notes or result.has_judge_error:
            about = (result.student, result.assignment, result.file, result.notes, result.has_judge_error)
            noted.append(Noted(*about))
        for exercise in result.exercises:
            for id, text in exercise.ideas.items():
                mistakes.setdefault(id, _Mistake()).add(text, exercise, result)
    in_order = sorted(assignments.items(), key=lambda item: (item[1].first.about.position, item[0]))
    counted = tuple(assignment.statistics(name) for name, assignment in in_order)
    names = [assignment.name for assignment in counted]
    columns = [(exercise.assignment, exercise.name) for each in counted for exercise in each.exercises]
    shares = [share for assignment in assignments.values() for share in assignment.shares]
    return ClassStatistics(
        submissions=isolations.total(),
        mean=fmean(shares) if shares else None,
        median=median(shares) if shares else None,
        full_marks=sum(share >= 1 for share in shares),
        judge_errors=sum(entry.judge_error for entry in noted),
        isolations=tuple(sorted(isolations)),
        assignments=counted,
        misconceptions=tuple(
            sorted(
                (mistake.statistics(id) for id, mistake in mistakes.items()),
                key=lambda mistake: (-mistake.students, -mistake.count, mistake.id),
            )
        ),
        students=tuple(row.statistics(name, names, columns) for name, row in rows.items()),
        noted=tuple(noted),
    )


# ---- Counters, one for each record -------------------------------------------------------------------------


@dataclass
class _Row:
    points: dict[str, float | None] = field(default_factory=dict)
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def add(self, result: SubmissionResult) -> None:
        self.points[result.assignment] = result.earned
        self.files.append(result.file)
        for exercise in result.exercises:
            cell = Cell(exercise.earned, exercise.max_points, exercise.verdict)
            self.cells[result.assignment, exercise.name] = cell

    def statistics(
        self, name: str, assignments: list[str], columns: list[tuple[str, str]]
    ) -> StudentStatistics:
        by_assignment, cells = tuple(map(self.points.get, assignments)), tuple(map(self.cells.get, columns))
        return StudentStatistics(
            name, total_earned(self.points.values()), by_assignment, cells, tuple(self.files)
        )


@dataclass
class _Exercise:
    max_points: float
    shares: "array[float]" = field(default_factory=lambda: array("d"))
    seconds: "array[float]" = field(default_factory=lambda: array("d"))
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    causes: dict[tuple[Verdict, str | None], Counter[Text | None]] = field(default_factory=dict)

    def add(self, result: ExerciseResult) -> None:
        if result.earned is None:
            return
        self.verdicts[result.verdict] += 1
        share = share_of(result.points, result.max_points)
        if share is not None:
            self.shares.append(share)
        if result.verdict not in _NEVER_RAN:
            self.seconds.append(sum(case.seconds for group in result.groups for case in group.cases))
        if result.verdict is not Verdict.AC:
            id, text = _cause(result)
            self.causes.setdefault((result.verdict, id), Counter())[text] += 1

    def statistics(self, assignment: str, name: str) -> ExerciseStatistics:
        counts, verdicts = (self.verdicts.total(), self.verdicts[Verdict.AC]), self.verdicts.most_common()
        mean = fmean(self.shares) if self.shares else None
        seconds = median(self.seconds) if self.seconds else None
        about = (assignment, name, self.max_points)
        return ExerciseStatistics(*about, *counts, mean, tuple(verdicts), self._typical(), seconds)

    def _typical(self) -> Cause | None:
        """The most frequent mistake; one with an id wins a tie, "not written" comes last."""
        if not self.causes:
            return None

        def weight(cause: tuple[tuple[Verdict, str | None], Counter[Text | None]]) -> tuple[bool, int, bool]:
            (verdict, id), texts = cause
            return verdict is not Verdict.NI, texts.total(), id is not None

        (verdict, id), texts = max(self.causes.items(), key=weight)
        return Cause(verdict, id, texts.most_common(1)[0][0], texts.total())


def _cause(result: ExerciseResult) -> tuple[str | None, Text | None]:
    """The id to count a wrong result under, and its text; none for errors, whose lines differ by student."""
    if result.misconception:
        return result.misconception, result.hint
    seen = core(result.symptom) if result.verdict is Verdict.WA else None
    return (seen.id, result.symptom) if seen else (None, None)


@dataclass
class _Assignment:
    first: SubmissionResult
    shares: "array[float]" = field(default_factory=lambda: array("d"))
    submissions: int = 0
    exercises: dict[str, _Exercise] = field(default_factory=dict)

    def add(self, result: SubmissionResult) -> None:
        if result.earned is not None:
            self.submissions += 1
            share = share_of(result.earned, result.max_points)
            if share is not None:
                self.shares.append(share)
        for exercise in result.exercises:
            self.exercises.setdefault(exercise.name, _Exercise(exercise.max_points)).add(exercise)

    def statistics(self, name: str) -> AssignmentStatistics:
        bins = Counter(map(bin_of, self.shares))
        about = (name, self.first.title, self.first.about.languages, self.first.max_points, self.submissions)
        mean, middle = (fmean(self.shares), median(self.shares)) if self.shares else (None, None)
        exercises = tuple(counter.statistics(name, exercise) for exercise, counter in self.exercises.items())
        histogram = tuple(bins[index] for index in range(BINS))
        return AssignmentStatistics(*about, mean, middle, histogram, exercises)


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
                Occurrence(*exercise, texts.most_common(1)[0][0], texts.total())
                for exercise, texts in self.texts.items()
            ),
            key=lambda found: (-found.count, found.assignment, found.exercise),
        )
        return MisconceptionStatistics(
            id,
            occurrences[0].text,
            sum(occurrence.count for occurrence in occurrences),
            len(self.students),
            tuple(occurrences),
            tuple(self.students)[:EXAMPLES],
        )
