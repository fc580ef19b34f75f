"""Text that nobody should type as an equation, and text that is nearly one."""

from hypothesis import strategies as st

HOSTILE = [
    "__import__('os').system('touch pwned')", "().__class__.__bases__[0].__subclasses__()",
    "exec('1')", "eval(a11)", "lambda: a11", "open('x')", "{a11.__class__}", "f'{a11}'",
    "a11; import os", "9**9**9**9", "factorial(10**7)", "10**10**10", "2^{99999999}",
    "a11^{9999999999999999999}", "9" * 30, "-" * 20_000 + "a11", "-" * 19_990 + "a11",
    "(" * 20_000 + "a11" + ")" * 20_000, "(" * 5_000, "a11 + " * 400_000, "{" * 9_000 + "}" * 9_000,
    "[" * 9_999, r"\frac{1}{" * 2_000, "Σ_p" * 6_000 + "a11", "a11" + "/2" * 9_000,
    "a11" + "ᵀ" * 15_000, r"\frac{\partial}{\partial a_{11}}" * 600 + "a11", "σ(" * 9_000,
    "a_{" + "(1+" * 60 + "1" + ")" * 60 + "}", "a_{" + "(p+q)" * 30 + ",1}", "a_" * 10_000,
    "_" * 20_000, "\0", "\ud800", "a\u0300₁", "٣", "a₁" * 9_000, "$" * 9_999, "\\" * 9_999, "&" * 9_999,
    "=" * 9_999, "∂" * 9_999, "∂J/" * 5_000, "1/0", "\N{RIGHT-TO-LEFT OVERRIDE}a11",
]  # fmt: skip


PIECES = [
    "a", "w", "z", "b", "δ", r"\delta", "delta", "d", "J", "∂", r"\partial", r"\frac", "σ", "'",
    r"\sigma", "11", "1", "₁₂", "_{12}", "_{p,q}", "^{(l)}", "^{(l-1)}", "⁽ˡ⁻¹⁾", "²", "^2", "^T", "(",
    ")", "{", "}", "[", "]", "+", "-", "*", "/", "·", "=", "∼", r"\sum_p", "Σ_q", r"\max", "upsample(",
    ",", r"\dots", "&", r"\\", " ", "\n", r"\boxed{", r"\text{", "dz11", "dJ/dw11", "σ'(z11)", "s", "m",
    "u", "sum_", "dsigma", "，", "。", "$", "#", "|", r"\begin{aligned}", r"\end{aligned}", "池化",
    "9**9",
]  # fmt: skip
NEARLY = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
