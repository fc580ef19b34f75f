"""A course of one small assignment, written to a folder as an instructor would write it."""

from pathlib import Path

from autograder.authoring import assignment
from autograder.authoring.exercise import collected
from autograder.authoring.mistakes import check_release
from autograder.base.messages import Text
from autograder.judging import answer_key
from tests.draws import draw_hidden

NOTEBOOK = '''\
# %% [markdown] lang="zh"
# ## ReLU 的残差（讲义 4）

# %% [markdown] lang="en"
# ## The residual of a ReLU (lecture 4)

# %%
import numpy as np


# %%
def relu_backward(delta, z):
    """
    zh: 前一层残差
    en: residual of the layer before
    """
    ### BEGIN SOLUTION
    return delta * (z > 0)
    ### END SOLUTION
'''

HIDDEN = """\
import numpy as np
from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import instead
from .notebook import relu_backward

exercise = Exercise(relu_backward, points=10, lecture="4")

@exercise.group("signs", points=8, zh="正负输入", en="positive and negative inputs")
def signs(rng):
    yield rng.normal(size=(3, 4)), rng.permutation(12).reshape(3, 4) - 6.0

@exercise.group("batch", points=2, zh="一批样本", en="a batch", visible=False)
def batch(rng):
    yield rng.normal(size=(2, 3, 4)), rng.permutation(24).reshape(2, 3, 4) - 12.0

exercise.add_misconception("slope_only", instead(lambda delta, z: (z > 0) * 1.0),
    zh="没有乘以上游的残差", en="the residual from above was left out")
"""

RIGHT = "import numpy as np\ndef relu_backward(delta, z):\n    return np.where(z > 0, delta, 0.0)\n"
TYPICAL = "def relu_backward(delta, z):\n    return 1.0 * (z > 0)\n"
PARTLY = "def relu_backward(delta, z):\n    return delta * (z > 0) if z.ndim == 2 else delta\n"
UNTOUCHED = "def relu_backward(delta, z):\n    raise NotImplementedError()\n"
CRASH = "def relu_backward(delta, z):\n    return delta[99]\n"
BROKEN = "def relu_backward(delta, z:\n    return delta\n"
ENDLESS = "def relu_backward(delta, z):\n    while True:\n        pass\n"


def write_course(folder: Path, name: str = "relu", hidden: str = HIDDEN) -> Path:
    """Write the assignment `name` into the course `folder`; the assignment's folder."""
    (folder / name).mkdir(parents=True)
    (folder / name / "notebook.py").write_text(NOTEBOOK, encoding="utf-8")
    (folder / name / "hidden.py").write_text(hidden, encoding="utf-8")
    return folder / name


def draw_keys(folder: Path, keys: Path) -> None:
    """Draw a hidden key for each assignment of a course."""
    for one in assignment.load_all(folder):
        answer_key.save(
            draw_hidden(one.name, one.exercises, domain=one.domain), keys / f"{one.name}.hidden.npz"
        )


def mistakes(course: Path) -> list[Text | str]:
    """What `build` says of a course."""
    found: list[Text | str] = []
    with collected(found):
        check_release(assignment.load_all(course))
    return found
