"""The classic models of lecture 4 as layer tables, counted: parameters, multiply-adds, output sizes.

`layers` says what a layer is and how it is counted, `networks` holds the tables of AlexNet, GoogLeNet and the
ResNets, and `table` prints them for the command `autograder models`. In the assignment `models` students
count the same tables with functions of their own. Nothing here may depend on the course or the grader.
"""
