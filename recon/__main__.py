"""`python -m recon`: the commands, where the program `recon` is not on the path."""

from __future__ import annotations

from recon.cli import main

if __name__ == "__main__":
    main()
