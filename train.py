"""Train the shipped model: ``python train.py`` is ``framing train`` with its defaults."""

from framing.cli.train import train

if __name__ == "__main__":
    train()
