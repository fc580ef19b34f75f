"""The classic models of lecture 4 as layer tables, counted: parameters, multiply-adds, output sizes.

`layers` says what a layer is and how it is counted, `networks` holds the tables of AlexNet, GoogLeNet and the
ResNets. The command `autograder models` prints them; students count the same tables in the assignment
`models` with functions of their own. Nothing here knows the course or the grader.
"""
