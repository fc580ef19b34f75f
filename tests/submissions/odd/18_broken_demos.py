# assignment: small

# Between right functions: demos, plots and checks that fail.
import matplotlib.pyplot as plt
import numpy as np
from mymodule import helper

demo = 1 / 0
figure = plt.figure()


def double(x):
    return 2 * x


image = np.load("image.npy")
assert double(1) == 3
check("double")


def add(a, b):
    return a + b


result = add(1)
print(undefined)


def pick(x):
    return int(np.argmax(x))


plt.show()
