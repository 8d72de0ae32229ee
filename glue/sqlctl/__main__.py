"""Where the process begins. Hardly an import here: Ctrl-C may come while the rest is loaded."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from sqlctl.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("sqlctl: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
