"""What benchmarks/training_speed.py tells each toolkit to train, and how it reads what that says; one file each."""
