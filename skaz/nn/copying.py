"""The pointer-generator: a token comes from the vocabulary or is copied from the source (See et al. 2017, section 2.2).

p(w) = (1 - c) softmax(logits)_w + c Σ_{s: w_s = w} attention_s, their equation 9; c is sigmoid of the switch, 1 - p_gen
in theirs. A source's padding has no attention and so is never copied; its <end> may be.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import logsigmoid

_SMALLEST = torch.finfo(torch.float32).tiny


def mixed_scores(
    logits_BTV: Float[Tensor, "B T V"],
    switch_BT: Float[Tensor, "B T"],
    attention_BTS: Float[Tensor, "B T S"],
    ids_BS: Int[Tensor, "B S"],
) -> Float[Tensor, "B T V"]:
    """log p(w) of every token, in fp32, and never below the logarithm of fp32's smallest number."""
    switch_BT1 = switch_BT.float()[..., None]
    written_BTV = (-switch_BT1).sigmoid() * logits_BTV.softmax(dim=-1)  # 1 - sigmoid is 0 in fp32 from about 17 on
    index_BTS = ids_BS[:, None].expand(attention_BTS.shape)
    return written_BTV.scatter_add(-1, index_BTS, switch_BT1.sigmoid() * attention_BTS).clamp_min(_SMALLEST).log()


def mixed_cross_entropy(
    logits_BTV: Float[Tensor, "B T V"],
    switch_BT: Float[Tensor, "B T"],
    attention_BTS: Float[Tensor, "B T S"],
    ids_BS: Int[Tensor, "B S"],
    targets_BT: Int[Tensor, "B T"],
    smoothing: float = 0.0,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Sums over the targets that are not negative of the loss to descend and of -log p(w), in nats.

    Smoothing (ε) concerns what the vocabulary's softmax should be as far as it is what wrote the target: its own target
    is (1 - ε) onehot + ε / V, weighted by its share in p(w), a constant to the gradient. So where nothing is copied
    this is label smoothing (Szegedy et al. 2016, section 7), and copying is never blamed for giving nothing to others.
    """
    real_BT = targets_BT >= 0
    targets_BT1 = targets_BT.clamp_min(0)[..., None]
    vocabulary_BTV = logits_BTV.log_softmax(dim=-1)
    written_BT = vocabulary_BTV.gather(-1, targets_BT1).squeeze(-1)
    attended_BT = (attention_BTS.float() * (ids_BS[:, None] == targets_BT1)).sum(dim=-1).clamp_min(_SMALLEST).log()
    switch_BT = switch_BT.float()
    through_writing_BT = logsigmoid(-switch_BT) + written_BT
    nats_BT = -torch.logaddexp(through_writing_BT, logsigmoid(switch_BT) + attended_BT)
    nats = (nats_BT * real_BT).sum()
    if not smoothing:
        return nats, nats.detach()
    share_BT = (through_writing_BT + nats_BT).exp().detach()
    more_BT = written_BT - vocabulary_BTV.mean(dim=-1)  # what a uniform target costs above the true one
    return nats + smoothing * (share_BT * more_BT * real_BT).sum(), nats.detach()
