"""`python -m summarize`."""

from __future__ import annotations

try:
    from summarize.cli import main
except KeyboardInterrupt:  # before the first handler stands
    raise SystemExit(130) from None

main()
