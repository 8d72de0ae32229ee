"""The formats of a report: what Nagios and Prometheus can parse, whatever a name or message holds."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from sqlctl.checkformats import format_human, format_json, format_nagios, format_prometheus
from sqlctl.errors import ConnectError, SqlctlError
from sqlctl.findings import Finding, Report, report_failure, report_findings

AT = datetime(2026, 11, 21, 4, 0, tzinfo=timezone.utc)
SAMPLE = re.compile(
    r'^[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? \S+$'
)
HOSTILE = "a=b'c\"d|e\\f\ng\x1b[31mh"


def report(*findings: Finding) -> Report:
    return report_findings(findings, AT, "build-1")


def human(found: Report, width: int = 80) -> str:
    return format_human(found, width=width, paint=lambda text, _: text)


def test_worst_first_and_critical_above_unknown() -> None:
    found = report(*(Finding("x", status, status) for status in ("ok", "warning", "unknown", "critical")))
    assert [finding.status for finding in found.findings] == ["critical", "unknown", "warning", "ok"]
    assert found.status == "critical"
    assert found.summary == "1 critical, 1 unknown, 1 warning, 1 ok; x critical: "


@pytest.mark.parametrize(
    "statuses, level, code",
    [
        (["ok"], "warning", 0),
        (["warning", "ok"], "warning", 1),
        (["critical", "unknown"], "warning", 2),
        (["unknown", "warning"], "warning", 3),
        (["warning"], "unknown", 0),
        (["unknown"], "unknown", 3),
        (["critical"], "unknown", 2),
        (["unknown"], "critical", 3),
        (["critical"], "critical", 2),
        ([], "critical", 3),
        ([], "warning", 3),
    ],
)
def test_exit_codes(statuses: list[str], level: str, code: int) -> None:
    assert report(*(Finding("x", None, status) for status in statuses)).exit_code(level) == code


@pytest.mark.parametrize("error, code", [(SqlctlError("bug"), 3), (ConnectError("gone"), 2)])
def test_a_failure_is_never_let_off(error: SqlctlError, code: int) -> None:
    assert report_failure(error, AT, "h").exit_code("critical") == code


def test_nagios_first_line() -> None:
    found = report(
        Finding("spawn", "p/t", "warning", Decimal("90.500"), "s", Decimal(60), Decimal(1800), "silent"),
        Finding("partitions", "t", "ok", Decimal(10), "s", Decimal(5), Decimal(0), "fine"),
        Finding("count", None, "ok", Decimal("NaN"), "spawns"),
        Finding("none", None, "ok"),
    )
    assert format_nagios(found) == (
        "SQLCTL WARNING: 1 warning, 3 ok; spawn p/t: silent"
        " | 'spawn p/t'=90.5s;60;1800 'count'=U 'partitions t'=10s;5:;0:\n"
        "WARNING: spawn p/t: silent\n"
    )


def test_nagios_survives_hostile_names() -> None:
    first = format_nagios(
        report(Finding("x", HOSTILE, "critical", Decimal(1), message=HOSTILE))
    ).splitlines()[0]
    text, performance = first.split("|")
    assert performance == " 'x a_b''c\"d/e\\f gh'=1"
    assert text == "SQLCTL CRITICAL: 1 critical; x a=b'c\"d/e\\f gh: a=b'c\"d/e\\f gh "


def test_nagios_stays_below_its_buffer_and_cuts_no_item() -> None:
    found = report(*(Finding("spawn", f"project/{n:05}", "ok", Decimal(n), "s") for n in range(5000)))
    output = format_nagios(found)
    assert len(output.encode()) < 8192
    items = output.split(" | ")[1].split(" '")
    assert all(re.fullmatch(r"'?spawn project/\d{5}'=\d+s\n?", item) for item in items)


@pytest.mark.parametrize("width", [30, 40, 80])
def test_human_fits_the_terminal(width: int) -> None:
    found = report(Finding("spawn", "project/task", "critical", message="a long story " * 20))
    lines = human(found, width).splitlines()
    assert lines[0].startswith("SQLCTL CRITICAL: 1 critical; spawn project/task: a long story")
    assert len(lines) > 3
    assert all(len(line) <= width for line in lines[1:])


def test_human_failure_is_one_line() -> None:
    failure = report_failure(SqlctlError("not there", next_command="sqlctl migrate"), AT, "h")
    assert human(failure) == "SQLCTL UNKNOWN: not there; run: sqlctl migrate\n"


def test_prometheus() -> None:
    found = report(
        Finding("spawn", "p/t", "critical", Decimal("1.5"), "s", message="x"),
        Finding("spawn", None, "ok", Decimal("Infinity")),
        Finding("handoff", "p", "unknown"),
    )
    assert format_prometheus(found).splitlines() == [
        "# HELP sqlctl_check_status Result of a check: 0 ok, 1 warning, 2 critical, 3 unknown.",
        "# TYPE sqlctl_check_status gauge",
        'sqlctl_check_status{check="spawn",subject="p/t"} 2',
        'sqlctl_check_status{check="handoff",subject="p"} 3',
        'sqlctl_check_status{check="spawn",subject=""} 0',
        "# HELP sqlctl_check_value What a check measured, in its unit.",
        "# TYPE sqlctl_check_value gauge",
        'sqlctl_check_value{check="spawn",subject="p/t",unit="s"} 1.5',
        'sqlctl_check_value{check="spawn",subject="",unit=""} +Inf',
        "# HELP sqlctl_check_run_timestamp_seconds When the checks ran, in Unix time.",
        "# TYPE sqlctl_check_run_timestamp_seconds gauge",
        f"sqlctl_check_run_timestamp_seconds {AT.timestamp():.3f}",
    ]


def test_prometheus_escapes_and_has_no_sample_twice() -> None:
    found = report(
        Finding("x", HOSTILE, "ok", Decimal(1)),
        Finding("x", HOSTILE, "critical", Decimal(2)),
    )
    samples = [line for line in format_prometheus(found).splitlines() if not line.startswith("#")]
    assert all(SAMPLE.match(sample) for sample in samples)
    assert len(samples) == 3
    assert samples[0].endswith(" 2")


def test_json() -> None:
    found = report(Finding("x", None, "warning", Decimal("0.5"), "s", Decimal(1), None, HOSTILE, {"k": [1]}))
    document = json.loads(format_json(found, 1))
    assert document["exit_code"] == 1 and document["status"] == "warning"
    assert document["findings"][0]["message"] == HOSTILE
    assert document["findings"][0]["detail"] == {"k": [1]}
    assert document["checked_at"] == "2026-11-21T04:00:00+00:00"
