# %% [markdown] lang="zh"
# # 作业：批归一化
#
# `x` 是一批 N 个样本，每个样本 D 个特征；均值和方差都对这一批样本计算，每个特征各算各的。

# %% [markdown] lang="en"
# # Assignment: batch normalisation
#
# `x` is a batch of N samples with D features each; means and variances are taken over the batch, feature by
# feature.

# %%
import numpy as np

# %% [markdown] lang="zh"
# ## 1 前向 `batch_norm`（20 分）
#
# $$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}},\qquad y = \gamma\,\hat x + \beta$$
#
# $\sigma^2$ 除以 N。**小例子**：一个特征 $x = (1, 3)$，$\gamma = 2$，$\beta = 5$：$\mu = 2$，$\sigma^2 = 1$，
# $y \approx (3, 7)$。

# %% [markdown] lang="en"
# ## 1 Forward pass `batch_norm` (20 points)
#
# $$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}},\qquad y = \gamma\,\hat x + \beta$$
#
# $\sigma^2$ is divided by N. **Small example**: one feature $x = (1, 3)$, $\gamma = 2$, $\beta = 5$:
# $\mu = 2$, $\sigma^2 = 1$, $y \approx (3, 7)$.


# %%
def batch_norm(x, gamma, beta, eps=1e-5):
    """
    zh: 批归一化
    en: Batch normalisation

    Parameters
    ----------
    x : (N, D)
    gamma, beta : (D,)
    eps : float

    Returns
    -------
    (N, D)
    """
    ### BEGIN SOLUTION
    normal = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return gamma * normal + beta
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 2 反向 `batch_norm_backward`（30 分）
#
# $\mu$ 和 $\sigma^2$ 也依赖于 x，所以每个样本的梯度都含有整批的和：
#
# $$\frac{\partial J}{\partial x} = \frac{\gamma}{\sqrt{\sigma^2 + \varepsilon}}
#     \left(\delta - \overline{\delta} - \hat x\ \overline{\delta\,\hat x}\right),\qquad
# \frac{\partial J}{\partial \gamma} = \sum \delta\,\hat x,\qquad
# \frac{\partial J}{\partial \beta} = \sum \delta$$
#
# 横线是对整批取平均，求和也是对整批。

# %% [markdown] lang="en"
# ## 2 Backward pass `batch_norm_backward` (30 points)
#
# $\mu$ and $\sigma^2$ depend on x, too, so each sample's gradient holds sums over the whole batch:
#
# $$\frac{\partial J}{\partial x} = \frac{\gamma}{\sqrt{\sigma^2 + \varepsilon}}
#     \left(\delta - \overline{\delta} - \hat x\ \overline{\delta\,\hat x}\right),\qquad
# \frac{\partial J}{\partial \gamma} = \sum \delta\,\hat x,\qquad
# \frac{\partial J}{\partial \beta} = \sum \delta$$
#
# A bar is a mean over the batch, and the sums are over the batch.


# %%
def batch_norm_backward(delta, x, gamma, eps=1e-5):
    """
    zh: 批归一化的反向传播：J 对 x、γ、β 的梯度
    en: Back through batch normalisation: the gradients of J by x, γ and β

    Parameters
    ----------
    delta : (N, D)
        ∂J/∂y
    x : (N, D)
    gamma : (D,)
    eps : float

    Returns
    -------
    (N, D), (D,), (D,)
    """
    ### BEGIN SOLUTION
    deviation = np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) / deviation
    centred = delta - delta.mean(axis=0) - normal * (delta * normal).mean(axis=0)
    return gamma / deviation * centred, (delta * normal).sum(axis=0), delta.sum(axis=0)
    ### END SOLUTION


# %% [markdown] lang="zh"
# ## 3 滑动平均 `running_mean`（10 分）
#
# 训练时 $m \leftarrow \rho\,m + (1-\rho)\,\mu$；不训练时 $m$ 不变。

# %% [markdown] lang="en"
# ## 3 Running mean `running_mean` (10 points)
#
# In training $m \leftarrow \rho\,m + (1-\rho)\,\mu$; otherwise $m$ stays what it is.


# %%
def running_mean(mean, x, momentum=0.9, training=True):
    """
    zh: 下一个滑动平均
    en: The next running mean

    Parameters
    ----------
    mean : (D,)
    x : (N, D)
    momentum : float
    training : bool

    Returns
    -------
    (D,)
    """
    ### BEGIN SOLUTION
    if not training:
        return mean.copy()
    return momentum * mean + (1 - momentum) * x.mean(axis=0)
    ### END SOLUTION
