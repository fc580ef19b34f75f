# assignment: small

# 中文的变量名、函数名和注释。
import numpy as np

倍数 = 2


def 乘(输入, 几倍=倍数):
    """乘以常数。"""
    return 几倍 * 输入


def double(x):
    return 乘(x)


def add(a, b):
    结果 = a + b  # 逐元素相加
    return 结果


def pick(x):
    return int(np.argmax(x))
