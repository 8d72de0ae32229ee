"""A report as text: for people, for Nagios and its kin, as JSON, for Prometheus."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import asdict
from decimal import Decimal

from sqlctl.findings import EXIT_CODES, Finding, Report
from sqlctl.output import to_jsonable
from sqlctl.textclean import clean, shorten

SUMMARY_CHARACTERS = 300
MESSAGE_CHARACTERS = 1000
# Nagios reads 8 kB of output; beyond that, performance data would be cut in the middle.
PERFORMANCE_CHARACTERS = 4000

# The units that the Nagios plugin guidelines know; any other is left out.
_NAGIOS_UNITS = {"s": "s", "ms": "ms", "us": "us", "percent": "%", "%": "%", "bytes": "B", "B": "B"}


def status_line(status: str, text: str, performance: str = "") -> str:
    """`SQLCTL STATUS: text | performance data`."""
    line = f"SQLCTL {status.upper()}: {_without_bar(shorten(clean(text), SUMMARY_CHARACTERS))}"
    return f"{line} | {performance}" if performance else line


def format_human(
    report: Report, *, width: int | None = None, performance: bool = True, paint: Callable[[str, str], str]
) -> str:
    """The status line, then each finding, wrapped to the terminal. `paint` gets a text and a status."""
    width = max(30, min(width or shutil.get_terminal_size((100, 24)).columns, 120))
    first = status_line(report.status, report.summary, _performance(report.findings) if performance else "")
    lines = [first.replace(report.status.upper(), paint(report.status.upper(), report.status), 1)]
    if report.failure:
        return lines[0] + "\n"
    for finding in report.findings:
        word = f"{finding.status.upper():<9}"
        text = f"{clean(finding.label)}: {shorten(clean(finding.message), MESSAGE_CHARACTERS)}"
        wrapped = textwrap.wrap(text, width - 10, break_on_hyphens=False) or [""]
        lines.append(f"{paint(word, finding.status)} {wrapped[0]}")
        lines += [" " * 10 + line for line in wrapped[1:]]
    return "\n".join(lines) + "\n"


def format_nagios(report: Report) -> str:
    """The status line, then a line for each finding that is not ok."""
    lines = [status_line(report.status, report.summary, _performance(report.findings))]
    lines += [
        f"{finding.status.upper()}: {_without_bar(clean(finding.label))}: "
        + _without_bar(shorten(clean(finding.message), MESSAGE_CHARACTERS))
        for finding in report.findings
        if finding.status != "ok" and not report.failure
    ]
    return "\n".join(lines) + "\n"


def format_json(report: Report, exit_code: int) -> str:
    document = {
        "status": report.status,
        "exit_code": exit_code,
        "summary": report.summary,
        "counts": report.counts,
        "host": report.host,
        "checked_at": report.at,
        "findings": [asdict(finding) for finding in report.findings],
        "error": report.failure.as_dict() if report.failure else None,
    }
    return json.dumps(to_jsonable(document), indent=2, allow_nan=False) + "\n"


def format_prometheus(report: Report) -> str:
    """Text exposition format; one sample per check and subject (of two, the worse)."""
    once = {(finding.name, finding.subject or ""): finding for finding in reversed(report.findings)}
    findings = list(reversed(once.values()))
    lines = [
        *_metric("sqlctl_check_status", "Result of a check: 0 ok, 1 warning, 2 critical, 3 unknown."),
        *(f"sqlctl_check_status{_labels(finding)} {EXIT_CODES[finding.status]}" for finding in findings),
        *_metric("sqlctl_check_value", "What a check measured, in its unit."),
        *(
            f"sqlctl_check_value{_labels(finding, unit=finding.unit or '')} {_number(finding.value)}"
            for finding in findings
            if finding.value is not None
        ),
        *_metric("sqlctl_check_run_timestamp_seconds", "When the checks ran, in Unix time."),
        f"sqlctl_check_run_timestamp_seconds {report.at.timestamp():.3f}",
    ]
    return "\n".join(lines) + "\n"


def _metric(name: str, words: str) -> list[str]:
    return [f"# HELP {name} {words}", f"# TYPE {name} gauge"]


def _labels(finding: Finding, **more: str) -> str:
    pairs = {"check": finding.name, "subject": finding.subject or "", **more}
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in pairs.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: Decimal) -> str:
    if value.is_finite():
        return format(value, "f")
    return "NaN" if value.is_nan() else f"{'+' if value > 0 else '-'}Inf"


def _performance(findings: Iterable[Finding]) -> str:
    """'label'=value[unit];[warn];[crit] for each value, the worst findings' first, as many as fit."""
    items: list[str] = []
    length = 0
    for finding in findings:
        if finding.value is None:
            continue
        item = _performance_item(finding)
        length += len(item.encode()) + 1
        if length > PERFORMANCE_CHARACTERS:
            break
        items.append(item)
    return " ".join(items)


def _performance_item(finding: Finding) -> str:
    label = _without_bar(clean(finding.label)).replace("=", "_").replace("'", "''")
    value = _nagios_number(finding.value) or "U"
    unit = _NAGIOS_UNITS.get(finding.unit or "", "") if value != "U" else ""
    return f"'{label}'={value}{unit};{_nagios_limits(finding)}".rstrip(";")


def _nagios_limits(finding: Finding) -> str:
    """warn;crit. Where less is worse they are written as `10:`, alert below 10."""
    warning, critical = finding.warning_threshold, finding.critical_threshold
    mark = ":" if warning is not None and critical is not None and critical < warning else ""
    return ";".join(
        f"{number}{mark}" if number else "" for number in map(_nagios_number, (warning, critical))
    )


def _nagios_number(value: Decimal | None) -> str:
    if value is None or not value.is_finite():
        return ""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _without_bar(text: str) -> str:
    """A bar begins the performance data."""
    return text.replace("|", "/")
