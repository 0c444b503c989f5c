"""Train the shipped model: ``python train.py`` is ``framing train`` with its defaults."""

import sys

from framing.cli.main import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
