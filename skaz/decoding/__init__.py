"""Pure functions over an engine: greedy decoding, sampling, constraints, stopping."""
