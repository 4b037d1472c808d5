"""Write the captures of ``tests/pcaps`` anew: ``python -m tests.simulator [FOLDER]``."""

import sys
from pathlib import Path

from .cases import write_all

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "pcaps"
for path in write_all(folder):
    print(f"{path.stat().st_size:>8}  {path.name}")
