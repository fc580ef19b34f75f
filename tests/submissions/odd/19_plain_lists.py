# assignment: small

# Loops and lists in place of arrays; a whole number as a float.
def double(x):
    return [2 * float(value) for value in x] if x.ndim == 1 else [[2 * float(v) for v in row] for row in x]


def add(a, b):
    return tuple([float(p) + float(q) for p, q in zip(row, other)] for row, other in zip(a, b))


def pick(x):
    best = 0
    for position in range(len(x)):
        if x[position] > x[best]:
            best = position
    return float(best)
