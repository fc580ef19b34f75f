"""Derivations as mathematics: what the lecture writes out by hand, for any size.

`symbols` names the quantities, `layer` the sizes; `expand` writes z out and differentiates it, `closed_form`
builds the lecture's shortcut to hold against that, `steps` arranges both as the lecture's pages, `render`
writes them down in any notation, and `recover` reads the formula out of a function that is run.

SymPy is imported in this room alone, and by whoever asks for a derivation: never at the start of a command.
"""
