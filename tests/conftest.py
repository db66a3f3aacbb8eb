"""What the laws were tried on, told at the end of the run."""

from collections import Counter

import pytest

KINDS = {
    "features": "random conflicts",
    "plan features": "random conflicts with a plan",
    "solver features": "random conflicts put to the solver",
    "symbolic features": "random conflicts put to diagrams",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many random conflicts had each feature, and how much was compared on them."""
    _quotes(terminalreporter)
    features: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    compared: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", ()):
            if name in features:
                features[name].update(value)
            elif isinstance(value, int):
                compared[name] += value
    numbers = {kind: counts.pop("conflicts", 0) for kind, counts in features.items()}
    if not any(numbers.values()):
        return
    terminalreporter.section("laws")
    for kind, number in numbers.items():
        if number:
            counts = features[kind].most_common()
            shares = (f"{name} {count / number:.0%}" for name, count in counts)
            terminalreporter.line(f"{number:,} {KINDS[kind]}: {', '.join(shares)}")
    told = (f"{name} {count:,}" for name, count in compared.most_common())
    terminalreporter.line(f"compared without a difference: {', '.join(told)}")


def _quotes(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many quotes of each kind came to which verdict."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", ()):
            if name == "quotes":
                kind, texts, verdicts = value
                found.setdefault((texts, kind), Counter()).update(verdicts)
    if not found:
        return
    terminalreporter.section("quotes")
    verdicts = ("exact", "normalised", "joined", "altered", "ambiguous", "missing")
    rows: list[tuple[str, ...]] = [("texts", "kind of quote", "quotes", *verdicts)]
    for (texts, kind), counts in sorted(found.items()):
        rows.append((texts, kind, f"{counts.total():,}", *(f"{counts[v]:,}" for v in verdicts)))
    for texts, kind, *numbers in rows:
        terminalreporter.line(f"{texts:12}{kind:26}" + "".join(f"{n:>12}" for n in numbers))
