"""What the ranking is worth: dollars recovered by teams that work the same items in another order.

    python -m bench.rank [--nights 120] [--capacity 15] [--worlds 6] [--seed 835]

Payers are simulated: each has a true rate of success for each family of denials, and a price level, that nobody is told. Every
night brings new denials; each team works the same number of items a night, in its own order, and an item that it does not reach
in time is lost. Whether an item can be won is drawn once, so that all teams meet the same luck. Answers come a month after.

  expected   this project's ranking: the SQL models expected_recovery and ranking, which know only mappings/prior.csv, the
             payers' past payments and the outcomes of what this team itself has worked
  untaught   the same without the outcomes: the assumptions of mappings/prior.csv alone
  oracle     knows the true rates and prices: what no team can
  amount     the largest denied amount first
  age        the oldest denial first

Two mixes of denials: one in which each can be won, and one in which a quarter cannot and the codes say so (a claim sent too late,
to be written off). In a survey of 2020 a quarter of the avoidable denials could not be recovered; 37% of all in one of 2016.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import duckdb
import pyarrow as pa

from pipeline import mappings, models, tables

ROOT = Path(__file__).parents[1]
FIRST_NIGHT = date(2026, 1, 1)
ANSWER_NIGHTS = 30
LIMIT_DAYS = (45, 60, 90, 120, 180)
# What a team does first with a denial of the family.
STEPS = {
    "medical_necessity": "appeal",
    "documentation": "send_records",
    "authorization": "authorization_appeal",
    "missing_or_invalid_data": "corrected_claim",
    "duplicate": "frequency_check",
    "eligibility": "eligibility_fix",
}
# What no step wins: the payer's limit for the claim itself had passed.
LOST_FAMILY, LOST_STEP = "timely_filing", "write_off_candidate"
LOST_SHARES = (0.0, 0.25)
PAYERS = 8
AMOUNT_SPREADS = (0.5, 0.8, 1.1)
# True rates spread around the assumptions as a beta distribution that weighs as this many outcomes: wide, as payers are.
SPREAD = 4


@dataclass(frozen=True)
class Item:
    """One simulated denial. `luck` below the true rate wins."""

    item_id: str
    payer: str
    family: str
    denied_amount: Decimal
    allowed_amount: Decimal
    denied_night: int
    last_night: int
    luck: float


@dataclass
class World:
    """What is true, and what no team is told."""

    rates: dict[tuple[str, str], float]
    price: dict[str, float]
    items: list[Item]

    def wins(self, item: Item) -> bool:
        return item.luck < self.rate(item)

    def rate(self, item: Item) -> float:
        return self.rates.get((item.payer, item.family), 0.0)


@dataclass
class Team:
    """One order of work, and what came of it."""

    name: str
    order: Callable[[list[Item], int, Counter, Counter], Sequence[str]]
    recovered: Decimal = Decimal(0)
    won: int = 0
    worked: dict[str, int] = field(default_factory=dict)


def world_of(seed: int, nights: int, arrivals: int, amount_spread: float, lost_share: float = 0.0) -> World:
    """Payers and the denials of all nights. Amounts are lognormal with a median of 180 dollars; `amount_spread` is the standard
    deviation of their logarithm: at 0.5 nine of ten lie between 80 and 410 dollars, at 1.1 between 30 and 1,100."""
    draw = random.Random(seed)
    shipped = mappings.load(ROOT / "mappings")
    assumed = {row.next_step: float(row.default_success_rate) for row in shipped.rows["step"]}
    payers = [f"payer{number}" for number in range(PAYERS)]
    rates = {}
    for payer in payers:
        for family, step in STEPS.items():
            rates[payer, family] = draw.betavariate(assumed[step] * SPREAD, (1 - assumed[step]) * SPREAD)
    price = {payer: draw.uniform(0.3, 0.9) for payer in payers}
    items = []
    for night in range(nights):
        for number in range(arrivals):
            payer, family = draw.choice(payers), draw.choice(list(STEPS))
            if lost_share and draw.random() < lost_share:
                family = LOST_FAMILY
            amount = Decimal(str(round(draw.lognormvariate(5.19, amount_spread), 2)))
            allowed = (amount * Decimal(str(round(price[payer] * draw.uniform(0.8, 1.2), 4)))).quantize(Decimal("0.01"))
            last = night + draw.choice(LIMIT_DAYS)
            items.append(
                Item(f"{night:04d}-{number:04d}", payer, family, amount, min(allowed, amount), night, last, draw.random())
            )
    return World(rates, price, items)


# --------------------------------------------------------------------------------------------------------------------
# The project's own ranking
# --------------------------------------------------------------------------------------------------------------------
class Ranking:
    """The SQL models expected_recovery and ranking, over simulated tables."""

    def __init__(self, world: World, seed: int) -> None:
        self.mappings = mappings.load(ROOT / "mappings")
        loaded = models.load(ROOT / "sql")
        self.models = [model for model in loaded if model.name in ("expected_recovery", "ranking")]
        self.prices = _prices(world, seed)

    def rates(
        self, items: list[Item], night: int, tried: Counter, won: Counter
    ) -> tuple[list[str], dict[tuple[str, str], float]]:
        """Items in their order, and the estimated rate of each payer and family."""
        contents = {table.name: table.schema.empty_table() for kind in ("facts", "mapping") for table in tables.tables_of(kind)}
        contents |= self.mappings.tables | self._tables(items, night, tried, won)
        with duckdb.connect() as connection:
            models.provide(connection, contents)
            models.run(connection, self.models)
            ranked = connection.sql("SELECT item_id FROM ranking ORDER BY rank").fetchall()
            found = connection.sql("SELECT item_id, success_rate FROM expected_recovery").fetchall()
        kinds = {item.item_id: (item.payer, item.family) for item in items}
        return [item_id for (item_id,) in ranked], {kinds[item_id]: float(rate) for item_id, rate in found}

    def _tables(self, items: list[Item], night: int, tried: Counter, won: Counter) -> dict[str, pa.Table]:
        as_of = FIRST_NIGHT + timedelta(days=night)
        parameter = {
            "as_of_date": as_of, "lookback_months": 24, "minimum_balance_amount": Decimal(0), "mail_days": 7,
            "default_deadline_days": 60, "client_labels_on": True,
        }  # fmt: skip
        open_items, decisions = [], []
        for item in items:
            one = {
                "item_id": item.item_id, "payer_key": item.payer, "payer_family": "commercial", "family": item.family,
                "denied_amount": item.denied_amount, "charge_amount": item.denied_amount, "paid_amount": Decimal(0),
            }  # fmt: skip
            open_items.append(one)
            days_left = item.last_night - night
            decisions.append(
                {"item_id": item.item_id, "next_step": _step(item.family), "days_left": days_left, "item_status": "open"}
            )
        success = [
            {"payer_key": payer, "family": family, "next_step": _step(family), "tried_count": count,
             "success_count": won[payer, family]}
            for (payer, family), count in tried.items()
        ]  # fmt: skip
        rows = {
            "run_parameter": [parameter],
            "open_item": open_items,
            "decision": decisions,
            "denied_service": [{"item_id": item.item_id, "billed_procedure_code": "99213"} for item in items],
            "precedent": [],
            "payer_price": self.prices,
            "step_success": success,
        }
        return {name: _table(name, content) for name, content in rows.items()}


def _step(family: str) -> str:
    return STEPS.get(family, LOST_STEP)


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = pa.schema([column.with_nullable(True) for column in tables.schema_of(name)])
    return pa.Table.from_pylist(rows, schema)


def _prices(world: World, seed: int) -> list[dict[str, Any]]:
    """What fifty past payments of each payer say of its price level."""
    draw = random.Random(seed + 1)
    rows = []
    for payer, price in world.price.items():
        allowed = sum(int(10_000 * price * draw.uniform(0.8, 1.2)) for _ in range(50)) // 50
        row = {"payer_key": payer, "paid_line_count": 50, "allowed_per_ten_thousand": min(allowed, 10_000)}
        rows += [row | {"billed_procedure_code": code} for code in ("99213", "any")]
    return rows


# --------------------------------------------------------------------------------------------------------------------
# The comparison
# --------------------------------------------------------------------------------------------------------------------
def play(world: World, team: Team, nights: int, capacity: int) -> None:
    """All nights of one team: it works the first `capacity` items of its order each night, and learns a month later."""
    waiting: dict[int, list[Item]] = {}
    tried, won = Counter(), Counter()
    by_id = {item.item_id: item for item in world.items}
    for night in range(nights):
        for item in waiting.pop(night, []):
            tried[item.payer, item.family] += 1
            won[item.payer, item.family] += world.wins(item)
        open_items = [
            item for item in world.items if item.denied_night <= night <= item.last_night and item.item_id not in team.worked
        ]
        for item_id in team.order(open_items, night, tried, won)[:capacity]:
            item = by_id[item_id]
            team.worked[item_id] = night
            waiting.setdefault(night + ANSWER_NIGHTS, []).append(item)
            if world.wins(item):
                team.won += 1
                team.recovered += item.allowed_amount


def compare(seed: int, nights: int, capacity: int, arrivals: int, amount_spread: float, lost_share: float = 0.0) -> list[Team]:
    """The teams on the same world. `oracle` knows the true rates and prices: no order by worth can know more."""
    world = world_of(seed, nights, arrivals, amount_spread, lost_share)
    ranking = Ranking(world, seed)
    teams = [
        Team("expected", lambda items, night, tried, won: ranking.rates(items, night, tried, won)[0]),
        Team("untaught", lambda items, night, tried, won: ranking.rates(items, night, Counter(), Counter())[0]),
        Team("oracle", lambda items, *_: _best_first(world, items)),
        Team("amount", lambda items, *_: [i.item_id for i in sorted(items, key=lambda i: (-i.denied_amount, i.item_id))]),
        Team("age", lambda items, *_: [i.item_id for i in sorted(items, key=lambda i: (i.denied_night, i.item_id))]),
    ]
    for team in teams:
        play(world, team, nights, capacity)
    return teams


def _best_first(world: World, items: list[Item]) -> list[str]:
    worth = {item.item_id: float(item.allowed_amount) * world.rate(item) for item in items}
    return sorted(worth, key=lambda item_id: (-worth[item_id], item_id))


def convergence(seed: int, counts: Sequence[int] = (0, 5, 20, 80, 320, 1280)) -> list[tuple[int, float]]:
    """Mean distance of the estimated from the true rates, after so many outcomes of each payer and family."""
    world = world_of(seed, 2, 400, AMOUNT_SPREADS[0])
    ranking = Ranking(world, seed)
    draw = random.Random(seed + 2)
    found = []
    for count in counts:
        tried = Counter(dict.fromkeys(world.rates, count)) if count else Counter()
        won = Counter({kind: sum(draw.random() < rate for _ in range(count)) for kind, rate in world.rates.items()})
        estimated = ranking.rates(world.items, 1, tried, won)[1]
        found.append((count, sum(abs(estimated[kind] - world.rates[kind]) for kind in estimated) / len(estimated)))
    return found


@click.command()
@click.option("--nights", default=120, show_default=True)
@click.option("--capacity", default=15, show_default=True, help="Items that a team works a night.")
@click.option("--arrivals", default=60, show_default=True, help="New denials a night.")
@click.option("--worlds", default=1, show_default=True, help="Draws of payers and denials, added up: one alone can be lucky.")
@click.option("--seed", default=835, show_default=True)
def main(nights: int, capacity: int, arrivals: int, worlds: int, seed: int) -> None:
    """Print the comparison, for amounts that differ little, more and much."""
    click.echo(
        f"{nights} nights, {arrivals} new denials and {capacity} worked items a night, {PAYERS} payers x {len(STEPS)} families"
    )
    click.echo(f"{'lost':<8}{'amounts spread':<16}{'team':<10}{'worked':>8}{'won':>8}{'recovered':>16}{'expected gets':>16}")
    for lost_share, (number, spread) in itertools.product(LOST_SHARES, enumerate(AMOUNT_SPREADS)):
        seeds = range(seed + number, seed + number + worlds * len(AMOUNT_SPREADS), len(AMOUNT_SPREADS))
        played = [compare(one, nights, capacity, arrivals, spread, lost_share) for one in seeds]
        expected = sum(teams[0].recovered for teams in played)
        for of_team in zip(*played, strict=True):
            name, won, recovered = of_team[0].name, sum(team.won for team in of_team), sum(team.recovered for team in of_team)
            worked = sum(len(team.worked) for team in of_team)
            more = f"{(expected / recovered - 1) * 100:+.0f}%" if name != "expected" else ""
            click.echo(f"{lost_share:<8.0%}{spread:<16}{name:<10}{worked:>8,}{won:>8,}{recovered:>16,.2f}{more:>16}")
    click.echo("\nestimated rates against the true ones, mean distance after outcomes of each payer and family")
    for count, distance in convergence(seed):
        click.echo(f"{count:>8,}  {distance:.3f}")


if __name__ == "__main__":
    main()
