"""The legend of shapes: one letter an axis, the same everywhere, as suffixes of tensors' names.

| letter | axis |
| --- | --- |
| B | batch |
| S | source length |
| T | target length |
| H | hidden units of a recurrent layer |
| M | units of the memory: the encoder's output, both directions side by side |
| C | units of the context that the encoder hands to the decoder |
| E | embedding |
| V | vocabulary |
| L | layers |
| U | 1 where the network keeps such a thing, else 0 |
| K | beams; in attention, the width of keys |
| N | positions counted without padding; rows of a beam search, B × K |
| G | the scores of a cell's gates, side by side |
| A | attention heads |
| J | candidates for a beam's next tokens |
| F | features: the numbers of an example, or of a step of a sequence |
| Y | outputs: classes, targets, or a forecast's variables |
| P | steps of a forecast |
| Q | quantiles |

Time is the axis after the batch: `logits_BTV` is (batch, target length, vocabulary). In jaxtyping's
annotations the same letters stand in the string: `Float[Tensor, "B T V"]`.
"""
