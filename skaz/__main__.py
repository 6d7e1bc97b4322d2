"""`python -m skaz`."""

from skaz.cli import main

if __name__ == "__main__":
    main()
