"""What each student of the example class must earn, whatever hidden keys are drawn.

The class holds right answers in many styles, common mistakes, unfinished and broken files, and three
attackers. The table below is the claim.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.judging import answer_key
from tests.course_keys import CourseKey

ROOT = Path(__file__).parent.parent
SUBMITTED = ROOT / "examples" / "submitted"

# student · assignment · points · every exercise that is not right: its verdict, the mistake that is named
CLASS = """
zhang_wei  convolution       100
zhang_wei  pooling           100
zhang_wei  conv_residual     100
zhang_wei  kernel_gradients  100
zhang_wei  training          90
zhang_wei  models            100

anna       convolution       100
anna       pooling           100
anna       conv_residual     100
anna       kernel_gradients  100
anna       training          90
anna       models            100

li_na      convolution       100
li_na      pooling           100
li_na      conv_residual     100
li_na      kernel_gradients  100
li_na      training          90
li_na      models            100

ben        convolution       100
ben        pooling           98.75   max_pool_residual       WA  whole_residual_to_every_tie
                                     max_pool2d_backward     WA  whole_residual_to_every_tie
ben        conv_residual     100
ben        kernel_gradients  100
ben        training          88.5    cnn_gradients           WA  whole_residual_to_every_tie
ben        models            77      layer_macs              WA  multiply_and_add_apart
                                     model_totals            WA  multiply_and_add_apart

wang_fang  convolution       87.5    conv2d                  WA  stride_ignored
wang_fang  pooling           97.5    max_pool2d_backward     WA  remainder_dropped
wang_fang  conv_residual     87.5    residual_formula        WA  stride_ignored
                                     conv2d_input_grad       WA  remainder_dropped
wang_fang  kernel_gradients  91.5    conv2d_weight_grad      WA  remainder_kept
wang_fang  training          87.5    softmax_cross_entropy   WA  scores_not_shifted
wang_fang  models            72      layer_parameters        WA  biases_always_counted
                                     model_totals            WA
                                     resnet_layers           WA  conv2_halves_too

lukas      convolution       88.5    convolution_counts      WA  parameters_for_connections
                                     conv2d                  RTE bias_along_the_width
lukas      pooling           98.25   max_pool_residual       WA  stored_as_integers
                                     avg_pool2d              WA  stored_as_integers
                                     max_pool2d_backward     WA  stored_as_integers
lukas      conv_residual     70      dense_residual          WA  sigma_prime_missing
                                     derive_residuals        WA  sigma_prime_missing
                                     conv_residual           WA  kernel_not_rotated
                                     residual_formula        WA  kernel_not_rotated
lukas      kernel_gradients  69.5    derive_gradients        WA  bias_averaged
                                     bias_gradient           WA  averaged_over_the_positions
                                     conv2d_weight_grad      WA  divided_by_the_batch
                                     conv2d_bias_grad        WA  averaged_over_everything
lukas      training          15      squared_error           WA  factor_two_missing
                                     fit_kernel              WA  gradient_rotated
                                     cnn_gradients           WA  sigma_prime_missing
lukas      models            68      dropout_forward         WA  not_rescaled
                                     dropout_backward        WA  not_rescaled
                                     inception_backward      WA  branches_averaged
                                     residual_backward       WA  paths_averaged
                                     layer_parameters        WA  groups_ignored
                                     layer_macs              WA  groups_ignored

chen_jie   convolution       46      convolution_parameters  NI
                                     conv2d                  NI
chen_jie   pooling           91.5    max_pool2d_backward     WA  overwritten_at_the_maximum
chen_jie   conv_residual     65.5    derive_residuals        WA  first_neighbour_only
                                     conv2d_input_grad       WA  empty_crop_without_padding
chen_jie   kernel_gradients  90      numerical_gradient      WA  forward_difference
chen_jie   training          50      cnn_gradients           NI
chen_jie   models            50      output_shape            NI
                                     layer_macs              NI
                                     model_totals            NI
                                     bottleneck_layers       NI
                                     resnet_layers           NI

sofia      convolution       36      correlate               FORBIDDEN
                                     sobel                   FORBIDDEN
                                     prewitt                 FORBIDDEN
                                     conv2d                  FORBIDDEN
sofia      pooling           73.75   max_pool                WA
                                     upsample                WA  upsampled_rows_only
                                     avg_pool2d              WA  divided_by_square_of_stride
                                     avg_pool2d_backward     WA  replaced_not_added
sofia      kernel_gradients  82      derive_gradients        WA
                                     kernel_gradient         MISSING
sofia      training          40.5    fit_kernel              WA  kernel_changed_first
                                     softmax_cross_entropy   WA  every_label_subtracted
                                     cnn_gradients           WA  every_label_subtracted
sofia      models            72.5    relu_backward           WA  relu_of_the_residual
                                     output_shape            WA  rounded_up
                                     layer_macs              WA  macs_rounded_up
                                     model_totals            WA

liu_yang   convolution       0       *                       NI
liu_yang   pooling           40      max_pool2d              NI
                                     avg_pool2d              NI
                                     max_pool2d_backward     NI
                                     avg_pool2d_backward     NI
liu_yang   conv_residual     78      derive_residuals        WA
                                     conv_residual           RTE
                                     residual_formula        NI
liu_yang   training          0       *                       NI
liu_yang   models            58      inception_backward      NI
                                     model_totals            NI
                                     bottleneck_layers       NI
                                     resnet_layers           NI

marek      convolution       76      correlate               WA  kernel_flipped
                                     sobel                   WA  kernel_flipped
                                     prewitt                 WA  kernel_flipped
marek      pooling           40      max_pool_residual       RTE
                                     avg_pool2d              MISSING
                                     max_pool2d_backward     MISSING
                                     avg_pool2d_backward     MISSING
marek      kernel_gradients  81.5    gradient_formulas       WA
                                     conv2d_weight_grad      RTE
marek      training          31      fit_kernel              WA  kernel_rotated_forward
                                     cnn_gradients           WA  kernel_rotated_forward
marek      models            61.5    relu_pool_backward      WA  replaced_not_added
                                     inception_backward      WA  always_the_first_channels
                                     model_totals            WA  main_branch_only
                                     bottleneck_layers       WA  projected_with_stride_only
                                     resnet_layers           WA

zhao_min   pooling           98.25   max_pool2d              TLE
zhao_min   conv_residual     100
zhao_min   kernel_gradients  90      numerical_gradient      MLE
zhao_min   training          88      fit_kernel              TLE
zhao_min   models            74      relu_pool_backward      RTE
                                     model_totals            WA  branches_one_behind_the_other
                                     resnet_layers           WA  net_convention_ignored

mallory    convolution       4       correlate               WA
                                     sobel                   WA
                                     prewitt                 WA
                                     conv_matrix             WA
                                     locally_connected_counts RTE
                                     convolution_counts      RTE
                                     convolution_parameters  FORBIDDEN
                                     conv2d                  RTE
mallory    conv_residual     10      derive_residuals        WA
                                     pad_residual            RTE
                                     insert_zeros            RTE
                                     conv_residual           RTE
                                     residual_formula        WA
                                     conv2d_input_grad       RTE
mallory    models            0       *                       WA

trudy      convolution       0       *                       WA
trudy      pooling           12      max_pool                WA
                                     avg_pool                WA
                                     upsample                WA
                                     max_pool_residual       WA
                                     avg_pool_residual       WA
                                     avg_pool2d              WA
                                     max_pool2d_backward     WA
                                     avg_pool2d_backward     WA
trudy      training          0       *                       WA

eve        pooling           10      max_pool                OLE
                                     avg_pool                RTE
                                     upsample                RTE
                                     max_pool_residual       RTE
                                     max_pool2d              MLE
                                     avg_pool2d              RTE
                                     max_pool2d_backward     RTE
                                     avg_pool2d_backward     RTE
eve        kernel_gradients  6       derive_gradients        WA
                                     kernel_gradient         WA
                                     numerical_gradient      RTE
                                     relative_error          RTE
                                     gradient_formulas       WA
                                     conv2d_weight_grad      RTE
                                     conv2d_bias_grad        RTE
"""

ATTACKERS = {"mallory", "trudy", "eve"}

Mistakes = dict[str, tuple[str, str | None]]
"""Exercise → verdict and misconception."""

Expected = dict[tuple[str, str], tuple[str, Mistakes]]
"""(student, assignment) → points, and what is not right."""


def expected() -> Expected:
    """The table, read. An exercise called * stands for all of them."""
    table: Expected = {}
    for line in filter(None, CLASS.splitlines()):
        words = line.split()
        if not line.startswith(" "):
            student, name, points, *words = words
            mistakes: Mistakes = {}
            table[student, name] = points, mistakes
        if words:
            exercise, verdict, *misconception = words
            mistakes[exercise] = verdict, misconception[0] if misconception else None
    return table


def mistakes_of(result: dict[str, Any]) -> Mistakes:
    """What is not right in one entry of `results.json`."""
    wrong = {
        e["name"]: (e["verdict"], e["misconception"]) for e in result["exercises"] if e["verdict"] != "AC"
    }
    if len(wrong) == len(result["exercises"]) and len(set(wrong.values())) == 1:
        return {"*": next(iter(wrong.values()))}
    return wrong


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_every_student_earns_what_the_table_says(course_key: CourseKey, tmp_path: Path) -> None:
    for folder in (ROOT / "solutions").glob("*/hidden.py"):
        name = folder.parent.name
        answer_key.save(course_key(name), tmp_path / "keys" / f"{name}.hidden.npz")
    keys = sorted(path.name for path in (tmp_path / "keys").iterdir())

    command = [sys.executable, "-m", "autograder", "grade", str(SUBMITTED), "--lang", "en"]
    command += ["--cpu-seconds", "2"]  # what never ends need not be waited for as long as by default
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr

    results = json.loads((tmp_path / "grades" / "results.json").read_text(encoding="utf-8"))["submissions"]
    table = expected()
    found = {(result["student"], result["assignment"]): mistakes_of(result) for result in results}
    assert found == {entry: mistakes for entry, (_, mistakes) in table.items()}
    for result in results:
        entry = result["student"], result["assignment"]
        assert result["points"] == float(table[entry][0]), entry
        for exercise in result["exercises"]:
            if exercise["verdict"] == "AC":
                assert exercise["points"] == exercise["max_points"], (*entry, exercise["name"])
            else:
                assert exercise["diagnosis"], (*entry, exercise["name"])
                assert entry[0] not in ATTACKERS or exercise["points"] == 0, (*entry, exercise["name"])

    # Nothing forged, nothing left behind, nothing left running.
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == keys
    assert {path.name for path in tmp_path.iterdir()} == {"keys", "grades"}
    assert {"grades.csv", "results.json"} <= {path.name for path in (tmp_path / "grades").iterdir()}
    assert not running("sleep\x0086413")


def running(command: str) -> list[Path]:
    """Processes of this machine with `command` in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if command.encode() in path.read_bytes():
                found.append(path)
        except OSError:
            continue  # it has ended meanwhile
    return found


def test_the_class_is_as_varied_as_it_should_be() -> None:
    table = expected()
    assert len({student for student, _ in table}) == 14
    assert min(Counter(name for _, name in table).values()) >= 8
    assert sum(count == 6 for count in Counter(student for student, _ in table).values()) >= 6
    files = [path for path in SUBMITTED.glob("*/*/*") if path.stem == path.parent.name]
    endings = Counter(path.suffix for path in files)
    assert endings.total() == len(table)
    assert abs(endings[".py"] - endings[".ipynb"]) <= len(table) / 4
    languages = Counter(bool(re.search(r"讲义|作业", text(path))) for path in files)
    assert min(languages.values()) >= len(table) / 4


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted(SUBMITTED.glob("*/*/*.ipynb")), ids=lambda path: f"{path.parts[-3]}-{path.stem}"
)
def test_notebooks_are_valid(path: Path) -> None:
    nbformat.validate(nbformat.reads(text(path), as_version=4))
    assert path.stat().st_size < 100_000
