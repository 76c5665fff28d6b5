"""The ranking on simulated payers: estimates come near the true rates, and the worklist's order brings more than plain ones.

Amounts differ moderately here. Where they differ very much, the largest first is hard to beat even for who knows the true rates:
`make bench-rank` prints both, and what perfect knowledge would bring.
"""

from __future__ import annotations

from bench import rank


def test_estimates_converge_to_the_true_rates() -> None:
    distances = [distance for _, distance in rank.convergence(835, (0, 20, 320, 1280))]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.02


def test_the_worklists_order_recovers_more_than_amount_or_age() -> None:
    teams = {team.name: team for team in rank.compare(835, nights=70, capacity=15, arrivals=40, amount_spread=0.5)}
    assert len({len(team.worked) for team in teams.values()}) == 1
    recovered = {name: float(team.recovered) for name, team in teams.items()}
    assert recovered["expected"] >= 1.2 * recovered["amount"]
    assert recovered["expected"] >= 1.2 * recovered["age"]
    assert recovered["untaught"] < recovered["expected"] <= recovered["oracle"]
