"""Files to stories, stories to memory-mapped shards, shards to batches."""
