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
from tests.conftest import AS_OF, INBOX, ROOT

VOID = {"meta", "input", "br", "link", "hr", "img", "rect", "line"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECTIONS = (
    "tonight", "worklist", "reprocess", "trend", "recovery", "reasons", "payers", "underpayments", "measures", "files",
)  # fmt: skip
STYLE = ROOT / "mappings" / "report" / "report.css"


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


def section(page: str, name: str) -> str:
    return page.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def test_an_underpayment_stands_with_the_payment_that_it_is_held_against(page):
    said = section(page, "underpayments")
    for part in ("$150.00", "$180.00", "$30.00", "19 of 19 lines", "MMH2621200189", "no contract"):
        assert part in said


def test_what_cannot_be_computed_says_so(page):
    said = section(page, "measures")
    assert said.count("not computable from 835 and 837") == 2
    assert re.search(r"2\. Primary denial rate</th><td class=\"number\">80\.0%", said)


def test_each_payer_says_how_far_its_files_can_be_trusted(page):
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", section(page, "files").partition("Data quality")[2])
    shares = {name: re.findall(r">([^<]+)</td>", cells) for name, cells in rows}
    assert shares["Meridian Mutual Health"][-2:] == ["5.5%", "5.5%"]
    assert any(name.startswith("outside remittances") for name in shares)


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
# Contrast, by the formula of WCAG 2
# --------------------------------------------------------------------------------------------------------------------
TEXT_RATIO, GRAPHIC_RATIO = 4.5, 3.0
TEXT_ON = {
    "text": ("page", "card", "head", "open"), "quiet": ("page", "card", "open"), "accent": ("page", "card"),
    "late": ("card", "open"), "soon": ("card", "open"), "lead-text": ("lead",),
}  # fmt: skip
GRAPHICS = ("bar", "late-bar", "soon-bar", "near-bar", "good-bar", "unknown-bar", "mark")
GRAPHIC_ON = dict.fromkeys(GRAPHICS, ("track", "card"))


def themes() -> dict[str, dict[str, str]]:
    """The colours of both themes by name; the dark one stands second in the style."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE.read_text(encoding="utf-8"), re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks[:2])
    return {"light": light, "dark": dark}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_is_that_of_wcag():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_and_bars_stand_out(theme):
    colours = themes()[theme]
    weak = [
        (name, ground, round(contrast(colours[name], colours[ground]), 2))
        for on, least in ((TEXT_ON, TEXT_RATIO), (GRAPHIC_ON, GRAPHIC_RATIO))
        for name, grounds in on.items()
        for ground in grounds
        if contrast(colours[name], colours[ground]) < least
    ]
    assert weak == []


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
  set("filter-payer", "Sample State Medicaid", "change");
  set("filter-family", "eligibility", "change");
  set("filter-due", "31 to 60 days", "change");
  set("filter-status", "open", "change");
  found.combined = count();
  for (const name of ["payer", "family", "due", "status"]) set(`filter-${name}`, "", "change");
  set("filter-text", "zz9", "input");
  found.searched = count();
  set("filter-text", "", "input");
  const pressed = (key) => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  const press = (key) => document.activeElement.dispatchEvent(pressed(key));
  press("/");
  found.slash = document.activeElement.id;
  rows()[0].querySelector("button").focus();
  press("ArrowDown");
  found.down = document.activeElement.closest("tr").id === rows()[1].id;
  rows()[1].cells[4].click();
  found.clicked = document.activeElement.getAttribute("aria-expanded");
  press("Escape");
  found.escaped = document.activeElement.getAttribute("aria-expanded");
  found.named = [...document.querySelectorAll("input, select")].every((field) => field.labels.length > 0);
  found.titled = [...document.querySelectorAll("table")].every((one) => one.caption && one.caption.textContent.trim());
  document.body.append(Object.assign(document.createElement("pre"), { id: "found", textContent: JSON.stringify(found) }));
})();
</script>
</body>"""


def in_browser(page: str, probe: str, folder: Path, *options: str) -> dict:
    """What the probe found in a browser that has no network. The console stays silent."""
    probed = folder / "probed.html"
    probed.write_text(page.replace("</body>", probe), encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000", *options, "--dump-dom", probed.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "CONSOLE" not in done.stderr, done.stderr
    text = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert text, done.stderr
    return json.loads(text[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: install chromium, so that the page is tried in one")


@needs_browser
def test_in_a_browser_it_filters_sorts_and_opens(page, items, tmp_path):
    found = in_browser(page, PROBE, tmp_path)
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
    eligible = [item for item in items if (item["payer_name"], item["family"]) == ("Sample State Medicaid", "eligibility")]
    assert found["combined"].startswith(f"{len(eligible)} of ")
    assert eligible
    assert (found["slash"], found["down"], found["clicked"], found["escaped"]) == ("filter-text", True, "true", "false")
    assert (found["named"], found["titled"]) == (True, True)


MANY_PROBE = """
<script>
(() => {
  const count = () => document.getElementById("count").textContent;
  const rows = () => document.querySelectorAll("#items tbody > tr[id]").length;
  const found = { count: count(), rows: rows() };
  document.querySelectorAll("#items thead button")[5].click();
  document.querySelectorAll("#items thead button")[5].click();
  found.first = document.querySelector("#items tbody > tr").cells[5].textContent;
  document.getElementById("more").click();
  found.more = rows();
  document.getElementById("filter-text").value = "claim4999";
  document.getElementById("filter-text").dispatchEvent(new Event("input"));
  found.searched = count();
  document.body.append(Object.assign(document.createElement("pre"), { id: "found", textContent: JSON.stringify(found) }));
})();
</script>
</body>"""


def with_many(page: str, count: int) -> str:
    """The page with `count` items, made of those that it has; each has a number of its own."""
    data = data_of(page)
    place = {name: position for position, name in enumerate(data["columns"])}
    made = []
    for number in range(count):
        item = list(data["items"][number % len(data["items"])])
        item[place["item_id"]], item[place["rank"]] = f"{number:032x}", number + 1
        item[place["patient_control_number"]] = f"CLAIM{number}"
        item[place["denied_amount"]] = f"{number}.00"
        made.append(item)
    return re.sub(
        r'(<script type="application/json" id="data">).*?(</script>)',
        lambda match: f"{match[1]}{embedded(data | {'items': made})}{match[2]}",
        page,
        flags=re.DOTALL,
    )


@needs_browser
def test_five_thousand_items_are_shown_in_parts(page, tmp_path):
    found = in_browser(with_many(page, 5_000), MANY_PROBE, tmp_path)
    assert found["count"].startswith("5,000 of 5,000 items, $12,497,500.00")
    assert (found["rows"], found["more"]) == (50, 100)
    assert found["first"] == "$4,999.00"
    assert found["searched"].startswith("1 of 5,000 items")


@needs_browser
def test_in_the_dark_the_page_is_dark(page, tmp_path):
    probe = """<script>document.body.append(Object.assign(document.createElement("pre"), { id: "found",
      textContent: JSON.stringify({ ground: getComputedStyle(document.body).backgroundColor }) }));</script></body>"""
    found = in_browser(page, probe, tmp_path, "--blink-settings=preferredColorScheme=0")
    dark = themes()["dark"]["page"]
    assert found["ground"] == f"rgb({', '.join(str(int(dark[place : place + 2], 16)) for place in (1, 3, 5))})"
