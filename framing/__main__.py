"""Run the command line as ``python -m framing``."""

from framing.cli.main import main

if __name__ == "__main__":
    main()
