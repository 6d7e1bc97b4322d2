"""The encoder's two directions."""

from __future__ import annotations

import torch

from skaz.nn.encoder import Encoder, reversal


def test_reversal_turns_the_real_part_and_leaves_the_padding() -> None:
    turned = reversal(torch.tensor([3, 5, 1]), 5)
    assert turned.tolist() == [[2, 1, 0, 3, 4], [4, 3, 2, 1, 0], [0, 1, 2, 3, 4]]


def test_equals_torchs_packed_bidirectional_layer() -> None:
    torch.manual_seed(0)
    encoder = Encoder("lstm", 4, 5, 1, bidirectional=True)
    theirs = torch.nn.LSTM(4, 5, bidirectional=True, batch_first=True)
    ours = (encoder.forwards[0].layers[0], encoder.backwards[0].layers[0])
    for layer, suffix in zip(ours, ("", "_reverse"), strict=True):
        for name, weight in layer.named_parameters():
            getattr(theirs, name + suffix).data.copy_(weight)
    inputs, lengths = torch.randn(3, 6, 4), torch.tensor([6, 2, 4])
    values, context = encoder(inputs, lengths)
    packed = torch.nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    output, (h_n, _) = theirs(packed)
    wanted, _ = torch.nn.utils.rnn.pad_packed_sequence(output, batch_first=True)
    for row, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(values[row, :length], wanted[row, :length], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(context, torch.cat((h_n[0], h_n[1]), dim=-1), rtol=1e-4, atol=1e-5)
