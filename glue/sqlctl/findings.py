"""What a check found, and how bad that is as a whole."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlctl.errors import ConnectError, SqlctlError

# Worst first. A check that could not look may hide anything, but is no alarm in itself.
ORDER = ("critical", "unknown", "warning", "ok")
EXIT_CODES = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}


@dataclass(frozen=True)
class Finding:
    """One row of fleet.run_checks()."""

    name: str
    subject: str | None
    status: str
    value: Decimal | None = None
    unit: str | None = None
    warning_threshold: Decimal | None = None
    critical_threshold: Decimal | None = None
    message: str = ""
    detail: Mapping[str, Any] | None = None

    @property
    def label(self) -> str:
        return f"{self.name} {self.subject}" if self.subject else self.name


@dataclass(frozen=True)
class Report:
    """All findings, worst first, or the one that says why there are none."""

    findings: Sequence[Finding]
    at: datetime
    host: str
    failure: SqlctlError | None = None

    @property
    def status(self) -> str:
        return min((finding.status for finding in self.findings), key=ORDER.index, default="unknown")

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(finding.status for finding in self.findings)
        return {status: counted[status] for status in ORDER if counted[status]}

    @property
    def summary(self) -> str:
        """In one line: the counts, and the worst finding."""
        if self.failure:
            return self.findings[0].message
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items())
        if self.status == "ok" or not self.findings:
            return counts or "no check answered"
        worst = self.findings[0]
        return f"{counts}; {worst.label}: {worst.message}"

    def exit_code(self, fail_on: str) -> int:
        """The status, if it is at least as bad as `fail_on`; what could not be looked at is never fine."""
        if self.status == "unknown" or ORDER.index(self.status) <= ORDER.index(fail_on):
            return EXIT_CODES[self.status]
        return 0


def report_findings(findings: Sequence[Finding], at: datetime, host: str) -> Report:
    def badness(finding: Finding) -> tuple[int, str, float, str]:
        value = float(finding.value) if finding.value is not None else -math.inf
        return ORDER.index(finding.status), finding.name, -value, finding.subject or ""

    return Report(sorted(findings, key=badness), at, host)


def report_failure(error: SqlctlError, at: datetime, host: str) -> Report:
    """The check itself did not run: an unreachable database is critical, anything else unknown."""
    unreachable = isinstance(error, ConnectError)
    finding = Finding(
        name="database" if unreachable else "sqlctl",
        subject=None,
        status="critical" if unreachable else "unknown",
        message=error.in_one_line(),
    )
    return Report([finding], at, host, error)
