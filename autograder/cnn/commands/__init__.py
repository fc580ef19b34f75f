"""The commands about the course's subject: derivations, classic networks, the explorer.

The command line reads this table and imports a command's module when it is called; this module must import
nothing.
"""

TITLE = (
    "An auto-graded course on back-propagation in convolutional networks. "
    "卷积神经网络反向传播课程的自动评分。"
)
"""What `autograder --help` begins with."""

COMMANDS = {
    "derive": (
        "formulas:derive",
        "Write out z, residuals and gradients of a layer of any size, as the lecture derives them.",
    ),
    "formula": (
        "formulas:formula",
        "Show the formula that a function computes, beside the lecture's: 0 when equal, 1 when not.",
    ),
    "check-derivation": (
        "formulas:check_derivation",
        "Check every equation of a text: 0 nothing is wrong, 1 something is, 3 nothing was understood.",
    ),
    "models": (
        "models:models",
        "Count AlexNet, GoogLeNet and the ResNets: parameters, multiply-adds, output sizes.",
    ),
    "explore": (
        "explore:explore",
        "Write a page on which a convolution's maps, equations and steps light up together.",
    ),
}
"""Name ↦ module and attribute, and the help text."""
