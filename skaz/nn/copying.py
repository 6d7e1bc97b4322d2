"""The pointer-generator: a token comes from the vocabulary or is copied from the source (See et al. 2017, section 2.2).

p(w) = (1 - c a) softmax(logits)_w + c Σ_{s: w_s = w} attention_s, their equation 9 but for a; c is sigmoid of the
switch, 1 - p_gen in theirs. The sum is over places that hold a token to copy, and a is all the attention that these
have: what goes to a mark of the source's parts (<plan>, <none> …), which no target has, goes to writing, as what goes
to the sentinel of Merity et al. 2017 (section 2.2). So where there is nothing to copy all is written. A pair's source
has no marks; its <end> may be copied. Padding has no attention.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import logsigmoid

from skaz.corpus.sources import FIRST_MARK, LAST_MARK
from skaz.nn.losses import Mixture

_SMALLEST = torch.finfo(torch.float32).tiny


def mixed_scores(
    logits_BTV: Float[Tensor, "B T V"],
    switch_BT: Float[Tensor, "B T"],
    attention_BTS: Float[Tensor, "B T S"],
    ids_BS: Int[Tensor, "B S"],
) -> Float[Tensor, "B T V"]:
    """log p(w) of every token, in fp32, and never below the logarithm of fp32's smallest number."""
    switch_BT1, attention_BTS = switch_BT.float()[..., None], attention_BTS.float()
    marks_BTS = attention_BTS * _is_mark(ids_BS)[:, None]
    copying_BT1 = switch_BT1.sigmoid()
    # 1 - sigmoid is 0 in fp32 from about 17 on
    writing_BT1 = (-switch_BT1).sigmoid() + copying_BT1 * marks_BTS.sum(dim=-1, keepdim=True)
    index_BTS = ids_BS[:, None].expand(attention_BTS.shape)
    written_BTV = writing_BT1 * logits_BTV.softmax(dim=-1)
    copied_BTS = copying_BT1 * (attention_BTS - marks_BTS)
    return written_BTV.scatter_add(-1, index_BTS, copied_BTS).clamp_min(_SMALLEST).log()


def mixture_of(
    switch_BT: Float[Tensor, "B T"],
    attention_BTS: Float[Tensor, "B T S"],
    ids_BS: Int[Tensor, "B S"],
    targets_BT: Int[Tensor, "B T"],
) -> Mixture:
    """The logarithms of the shares that go to writing and, by copying, to each target, position by position."""
    switch_BT, attention_BTS = switch_BT.float(), attention_BTS.float()
    is_mark_BS = _is_mark(ids_BS)
    marks_BT = (attention_BTS * is_mark_BS[:, None]).sum(dim=-1)
    is_target_BTS = (ids_BS[:, None] == targets_BT[..., None]) & ~is_mark_BS[:, None]
    attended_BT = (attention_BTS * is_target_BTS).sum(dim=-1)
    log_copying_BT = logsigmoid(switch_BT)
    log_writing_BT = torch.logaddexp(logsigmoid(-switch_BT), log_copying_BT + marks_BT.clamp_min(_SMALLEST).log())
    log_copied_BT = log_copying_BT + attended_BT.clamp_min(_SMALLEST).log()
    return Mixture(log_writing_BT.flatten(), log_copied_BT.flatten())


def _is_mark(ids_BS: Int[Tensor, "B S"]) -> Bool[Tensor, "B S"]:
    """Which places of the source hold none of its tokens, but what parts them."""
    return (ids_BS >= FIRST_MARK) & (ids_BS <= LAST_MARK)
