"""What the laws were tried on, told at the end of the run."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many random conflicts had each feature, and how much was compared on them."""
    features: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", ()):
            if name == "features":
                features.update(value)
            elif isinstance(value, int):
                compared[name] += value
    if number := features.pop("conflicts", 0):
        terminalreporter.section("laws")
        shares = (f"{name} {count / number:.0%}" for name, count in features.most_common())
        terminalreporter.line(f"{number:,} random conflicts: {', '.join(shares)}")
        counts = (f"{name} {count:,}" for name, count in compared.most_common())
        terminalreporter.line(f"compared without a difference: {', '.join(counts)}")
