"""The page for people: whole, self-contained, the same for the same night, and alive in a browser where there is one."""

from __future__ import annotations

import csv
import json
import re
import shutil
import stat
import subprocess
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.report import counted, embedded, money, percent
from tests.conftest import AS_OF, INBOX

VOID = {"meta", "input", "br", "link", "hr", "img", "rect", "line"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECTIONS = ("tonight", "worklist", "reprocess", "trend", "reasons", "payers", "files")


class Shape(HTMLParser):
    """Every element that is opened is closed, in order; ids are unique; what the page asks a browser to fetch is noted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.heads: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"]] if given.get("id") else []
        self.addresses += [given[name] for name in ("href", "src", "action", "data") if given.get(name)]
        self.heads += [given] if tag == "th" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, remit835) -> Path:
    folder = tmp_path_factory.mktemp("report") / "warehouse"
    done = remit835("run", INBOX, "--warehouse", folder, "--as-of", AS_OF)
    assert done.returncode == 3, done.stderr
    return folder


@pytest.fixture(scope="module")
def page(warehouse) -> str:
    return (warehouse / "report" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def items(warehouse) -> list[dict[str, str]]:
    with (warehouse / "worklist" / "worklist.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def data_of(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_every_item_of_the_worklist_is_there_in_its_order(page, items):
    data = data_of(page)
    place = data["columns"].index("item_id")
    assert [row[place] for row in data["items"]] == [item["item_id"] for item in items]
    assert all(len(row) == len(data["columns"]) for row in data["items"])


def test_an_item_has_the_wording_of_its_codes(page, items):
    codes = data_of(page)["codes"]
    for item in items:
        for column in ("reason_codes", "remark_codes", "next_step", "family"):
            assert all(codes[column][code] for code in item[column].split())
    assert "Medical necessity not established" in codes["remark_codes"]["M1"]  # the client's label beside our own wording
    assert codes["reason_codes"]["ZZ9"] == "in no list of ours"


def test_money_is_text_as_it_stands_in_the_worklist(page, items):
    data = data_of(page)
    place = data["columns"].index("denied_amount")
    assert [row[place] for row in data["items"]] == [item["denied_amount"] for item in items]


def test_the_page_needs_nothing_but_itself(page):
    shape = Shape()
    shape.feed(page)
    assert all(address.startswith("#") for address in shape.addresses)
    assert "://" not in page
    assert not re.search(r"@import|url\(|<link|<img|<iframe", page)
    assert "default-src 'none'" in page


def test_the_page_is_well_formed_and_its_tables_have_heads(page):
    shape = Shape()
    shape.feed(page)
    assert (shape.faults, shape.open) == ([], [])
    assert len(shape.ids) == len(set(shape.ids))
    assert set(SECTIONS) <= set(shape.ids)
    assert all(head.get("scope") for head in shape.heads)


def test_what_is_wrong_with_the_night_stands_on_the_page(page):
    for said in ("empty.835", "zipped.835", "line_out_of_balance", "duplicate body", "EFTMMH012611190197"):
        assert said in page


def test_a_candidate_stands_with_its_earlier_payment(page, items):
    candidates = [item for item in items if item["next_step"] == "reprocess_request"]
    section = page.partition('<section id="reprocess"')[2].partition("</section>")[0]
    assert candidates
    for item in candidates:
        assert f"#item-{item['item_id']}" in section
        assert item["precedent_claim_number"] in section
        assert item["precedent_trace_number"] in section


def test_only_the_owner_can_read_it(warehouse):
    target = warehouse / "report" / "index.html"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o700
    assert [path.name for path in target.parent.iterdir()] == ["index.html"]


def test_the_same_night_makes_the_same_bytes(warehouse, remit835):
    target = warehouse / "report" / "index.html"
    before = target.read_bytes()
    target.unlink()
    done = remit835("report", "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == before
    assert remit835("run", INBOX, "--warehouse", warehouse, "--as-of", AS_OF).returncode == 3
    assert target.read_bytes() == before


def test_without_a_worklist_there_is_no_page(tmp_path, remit835):
    done = remit835("report", "--warehouse", tmp_path / "nothing")
    assert done.returncode == 2
    assert "remit835 run" in done.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_night_without_anything_has_a_page_too(tmp_path, remit835):
    done = remit835("run", INBOX / "empty.835", "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF)
    assert done.returncode == 3, done.stderr
    said = (tmp_path / "warehouse" / "report" / "index.html").read_text(encoding="utf-8")
    shape = Shape()
    shape.feed(said)
    assert (shape.faults, shape.open) == ([], [])
    assert data_of(said)["items"] == []
    assert "empty.835" in said


def test_nothing_embedded_ends_its_script():
    text = "</script><!-- & \u2028"
    assert not set("<>&\u2028") & set(embedded({"name": text}))
    assert json.loads(embedded({"name": text})) == {"name": text}


def test_amounts_and_shares_as_people_read_them():
    assert [money(Decimal(one)) for one in ("1234567.5", "-3", "0")] == ["$1,234,567.50", "-$3.00", "$0.00"]
    assert (money(None), percent(None)) == ("", "")
    assert [percent(one) for one in (0, 5, 1234, 10000)] == ["0.0%", "0.0%", "12.3%", "100.0%"]
    assert [counted(one, "item") for one in (0, 1, 2000)] == ["0 items", "1 item", "2,000 items"]


# --------------------------------------------------------------------------------------------------------------------
# In a browser
# --------------------------------------------------------------------------------------------------------------------
PROBE = """
<script>
(() => {
  const rows = () => [...document.querySelectorAll("#items tbody > tr[id]")];
  const count = () => document.getElementById("count").textContent;
  const sort = (position) => document.querySelectorAll("#items thead button")[position].click();
  const cells = (position) => rows().map((row) => row.cells[position].textContent);
  const set = (id, value, event) => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event(event));
  };
  const found = { all: rows().map((row) => row.id), count: count() };
  rows()[0].querySelector("button").click();
  found.opened = document.querySelector(".parts").textContent;
  rows()[0].querySelector("button").click();
  found.closed = document.querySelector(".parts") === null;
  sort(5);
  found.ascending = cells(5);
  sort(5);
  found.descending = cells(5);
  found.marked = document.querySelectorAll("#items thead th")[5].getAttribute("aria-sort");
  set("filter-step", "reprocess_request", "change");
  found.candidates = rows().map((row) => row.id);
  set("filter-step", "", "change");
  set("filter-text", "zz9", "input");
  found.searched = count();
  document.body.append(Object.assign(document.createElement("pre"), { id: "found", textContent: JSON.stringify(found) }));
})();
</script>
</body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_in_a_browser_it_filters_sorts_and_opens(page, items, tmp_path):
    probed = tmp_path / "probed.html"
    probed.write_text(page.replace("</body>", PROBE), encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
        "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", probed.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "CONSOLE" not in done.stderr, done.stderr
    text = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert text, done.stderr
    found = json.loads(text[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    amounts = sorted(float(item["denied_amount"]) for item in items)
    as_numbers = [float(amount.replace("$", "").replace(",", "")) for amount in found["ascending"]]
    assert found["all"] == [f"item-{item['item_id']}" for item in items]
    assert found["count"].startswith(f"{len(items)} of {len(items)} items")
    assert items[0]["deadline_basis"] in found["opened"]
    assert found["closed"]
    assert as_numbers == amounts
    assert sorted(found["descending"]) == sorted(found["ascending"])
    assert found["descending"][0] == found["ascending"][-1]
    assert found["marked"] == "descending"
    assert found["candidates"] == [
        f"item-{item['item_id']}"
        for item in sorted(items, key=lambda item: (-float(item["denied_amount"]), int(item["rank"])))
        if item["next_step"] == "reprocess_request"
    ]
    assert found["searched"].startswith(f"{sum('ZZ9' in item['reason_codes'] for item in items)} of ")
