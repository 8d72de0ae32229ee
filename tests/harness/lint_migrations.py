"""Let squawk judge what the migrations do on their way up. The way down drops things, and should.

Each file's down section is blanked in a copy under .build, so that line numbers stay true.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from fetch import BUILD, ROOT

DOWN = "-- migrate:down"


def up_only(text: str) -> str:
    """The file with everything from its down section on left blank."""
    lines = text.splitlines()
    downs = [number for number, line in enumerate(lines) if line.startswith(DOWN)]
    end = downs[0] if downs else len(lines)
    return "\n".join(lines[:end] + [""] * (len(lines) - end)) + "\n"


def main() -> int:
    folder = BUILD / "migrations"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copies = []
    for path in sorted((ROOT / "sql" / "migrations").glob("*.sql")):
        copy = folder / path.name
        copy.write_text(up_only(path.read_text(encoding="utf-8")), encoding="utf-8")
        copies.append(str(copy.relative_to(ROOT)))
    squawk = str(Path(sys.executable).with_name("squawk"))
    done = subprocess.run(
        [squawk, "--config", "squawk.toml", *copies], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout + done.stderr, end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
