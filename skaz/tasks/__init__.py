"""What a person asks for: train, write, evaluate."""
