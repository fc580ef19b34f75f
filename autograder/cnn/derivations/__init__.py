"""Derivations as mathematics: what the lecture writes out by hand, for any size; and what people type of it.

`symbols` names the quantities and `layer` the sizes. `expand` writes z out and differentiates it,
`closed_form` builds the lecture's shortcut to hold against that, `steps` arranges both as the lecture does
(in the records of `page`), and `render` writes them in any notation. A typed equation goes the other way:

1. `documents.find` finds it in a file, `notation.rows` separates it from its neighbours;
2. `notation.spelling` unifies its characters, and `notation.parse` reads it into a tree (`notation.nodes`),
   or `notation.errors` points to where it cannot be read;
3. `documents.settings` tells the layer that it speaks of, `meaning.layer_labels` what in it is of l, what of
   l−1;
4. `meaning.evaluate` makes a sum of products of it (`meaning.terms`): `meaning.indices` fills its indices in,
   `meaning.layer_formulas` knows from `expand` what each quantity is;
5. `checking.faults` compares the terms with the right ones, `checking.slips` names the mistake; both serve
   `checking.answers` for exercises, `checking.lines` for their lines, `documents.check` for whole files;
6. `documents.report` counts, `documents.findings` shows.

The formulas of code that runs are `recovery`'s. Nothing here is imported when a command starts: whoever asks
for a derivation loads SymPy.
"""
