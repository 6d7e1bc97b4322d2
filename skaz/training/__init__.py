"""The training loop and its parts: a generator of events; the caller prints, plots and stops."""
