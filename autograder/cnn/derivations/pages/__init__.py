"""The lecture's pages: a derivation with every step, in text, LaTeX, Markdown, HTML or JSON.

`steps.derive` arranges z, the chain rule and the results of `expand` as the lecture does, with the shortcuts
of `closed_form` beside them, in `records` that know no notation; `render` writes these in each notation.
Commands and notebooks call it, and `recovery` fills the same records. A page must never show a formula that
`expand` did not derive.
"""
