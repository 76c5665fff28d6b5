// The worklist: filters, sorts and opens rows. Rows are made in chunks, so that thousands of items stay quick.
"use strict";
(() => {
  const CHUNK = 50;
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = Object.fromEntries(data.columns.map((name, position) => [name, position]));
  const table = document.getElementById("items");
  const body = table.tBodies[0];
  const more = document.getElementById("more");
  const count = document.getElementById("count");
  const text = document.getElementById("filter-text");
  const due = document.getElementById("filter-due");
  // Fields whose choices are the values of a column.
  const fields = [["step", "next_step"], ["payer", "payer_name"], ["family", "family"], ["status", "status"]].map(
    ([name, column]) => ({ select: document.getElementById(`filter-${name}`), position: at[column] }));
  const form = document.getElementById("filters");
  const NUMBERS = new Set(["money", "number", "count", "index"]);
  const haystacks = data.items.map((item) => item.filter((value) => value !== null).join(" ").toLowerCase());
  let sorted = { column: at.rank, direction: 1 };
  let shown = [];
  let made = 0;

  const words = (code) => String(code).replaceAll("_", " ");
  const isNumber = (position) => NUMBERS.has(data.types[position]);

  // Money is text with two decimals: grouped for reading, never counted with.
  function grouped(amount) {
    const [, sign, whole, cents] = /^(-?)(\d+)(\.\d+)?$/.exec(amount) || [];
    return whole === undefined ? amount : `${sign}$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${cents || ""}`;
  }

  function written(position, value) {
    if (value === null || value === "") return "";
    if (data.types[position] === "money") return grouped(value);
    if (data.types[position] === "flag") return value ? "yes" : "no";
    if (data.columns[position] === "success_rate") return `${Math.round(Number(value) * 100)}%`;
    if (data.columns[position] === "next_step" || data.columns[position] === "family") return words(value);
    return String(value);
  }

  function element(name, content, attributes = {}) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (content !== undefined) made.append(content);
    return made;
  }

  // --- rows ---------------------------------------------------------------------------------------------------------
  function cell(item, position) {
    const name = data.columns[position];
    const made = element("td", written(position, item[position]));
    if (isNumber(position)) made.classList.add("number");
    if (data.types[position] === "date") made.classList.add("date");
    if (name === "payer_name" || name === "patient_name") made.classList.add("name");
    if (name === "days_left" && item[position] !== null) {
      if (item[position] < 0) made.classList.add("late");
      else if (item[position] <= 7) made.classList.add("soon");
    }
    if (name === "next_step") {
      made.title = data.codes.next_step[item[position]] || "";
      made.classList.add("step");
    }
    if (name === "reason_codes") made.title = wording(position, item[position]);
    return made;
  }

  function row(number) {
    const item = data.items[number];
    const made = element("tr", undefined, { id: `item-${item[at.item_id]}` });
    const opener = element("button", String(item[at.rank]), {
      type: "button", "aria-expanded": "false", "aria-label": `Item of rank ${item[at.rank]}, ${item[at.patient_name] || "no name"}: details`,
    });
    // The button's click reaches the row too; selecting text is no click.
    made.addEventListener("click", () => { if (String(getSelection()) === "") toggle(made, number); });
    made.append(element("td", opener));
    for (let position = 1; position < data.headings.length; position += 1) made.append(cell(item, position));
    return made;
  }

  function toggle(line, number) {
    const opener = line.querySelector("button");
    const isOpen = opener.getAttribute("aria-expanded") === "true";
    opener.setAttribute("aria-expanded", String(!isOpen));
    line.classList.toggle("open", !isOpen);
    if (isOpen) line.nextElementSibling.remove();
    else line.after(details(number));
  }

  function details(number) {
    const item = data.items[number];
    const parts = element("div", undefined, { class: "parts" });
    for (const [title, positions] of data.parts) {
      const list = element("dl");
      for (const position of positions) {
        if (item[position] === null || item[position] === "") continue;
        list.append(element("dt", data.titles[position], { title: data.meanings[position] }), meaning(position, item[position]));
      }
      if (list.childElementCount) {
        const part = element("div", element("h3", title));
        part.append(list);
        parts.append(part);
      }
    }
    const made = element("tr", undefined, { class: "open" });
    made.append(element("td", parts, { colspan: data.headings.length }));
    return made;
  }

  function wording(position, value) {
    const wordings = data.codes[data.columns[position]];
    return String(value || "").split(" ").filter(Boolean).map((code) => `${code}: ${wordings[code] || ""}`).join("\n");
  }

  // Codes stand with their wording, one a line.
  function meaning(position, value) {
    const wordings = data.codes[data.columns[position]];
    if (!wordings) return element("dd", written(position, value));
    const made = element("dd");
    for (const code of String(value).split(" ")) {
      made.append(element("div", `${words(code)}: ${wordings[code] || ""}`));
    }
    return made;
  }

  function makeMore() {
    const chunk = document.createDocumentFragment();
    for (const number of shown.slice(made, made + CHUNK)) chunk.append(row(number));
    body.append(chunk);
    made = Math.min(made + CHUNK, shown.length);
    more.hidden = made >= shown.length;
    more.textContent = `Show more (${(shown.length - made).toLocaleString("en-US")} left)`;
  }

  // --- filter and sort ----------------------------------------------------------------------------------------------
  function compare(one, other) {
    const [left, right] = [data.items[one][sorted.column], data.items[other][sorted.column]];
    if (left === null || right === null) return (left === null) - (right === null) || one - other; // unknown comes last
    const order = isNumber(sorted.column) ? Number(left) - Number(right) : left < right ? -1 : left > right ? 1 : 0;
    return order * sorted.direction || one - other;
  }

  // The band of the limit, as the chart has it.
  function band(days) {
    if (days === null) return data.bands.at(-1)[1];
    return (data.bands.find(([most]) => most !== null && days <= most) || data.bands.at(-2))[1];
  }

  function show() {
    const chosen = fields.filter(({ select }) => select.value);
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = [];
    let cents = 0;
    data.items.forEach((item, number) => {
      if (chosen.some(({ select, position }) => item[position] !== select.value)) return;
      if (due.value && band(item[at.days_left]) !== due.value) return;
      if (!wanted.every((word) => haystacks[number].includes(word))) return;
      shown.push(number);
      cents += Math.round(Number(item[at.denied_amount]) * 100);
    });
    shown.sort(compare);
    body.replaceChildren();
    made = 0;
    makeMore();
    const dollars = grouped((cents / 100).toFixed(2));
    count.textContent = `${shown.length.toLocaleString("en-US")} of ${data.items.length.toLocaleString("en-US")} items, ${dollars} denied`;
  }

  function head() {
    const line = table.tHead.rows[0];
    for (let position = 0; position < data.headings.length; position += 1) {
      const sorter = element("button", data.headings[position], { type: "button", title: data.meanings[position] });
      const made = element("th", sorter, { scope: "col" });
      if (isNumber(position)) made.classList.add("number");
      sorter.addEventListener("click", () => {
        sorted = { column: position, direction: sorted.column === position ? -sorted.direction : 1 };
        mark();
        show();
      });
      line.append(made);
    }
    mark();
  }

  function mark() {
    [...table.tHead.rows[0].cells].forEach((made, position) => {
      if (position === sorted.column) made.setAttribute("aria-sort", sorted.direction === 1 ? "ascending" : "descending");
      else made.removeAttribute("aria-sort");
    });
  }

  function choices() {
    for (const { select, position } of fields) {
      const values = [...new Set(data.items.map((item) => item[position]).filter((value) => value !== null))].sort();
      for (const value of values) select.append(element("option", written(position, value), { value }));
      select.addEventListener("change", show);
    }
    const there = new Set(data.items.map((item) => band(item[at.days_left])));
    for (const [, name] of data.bands) if (there.has(name)) due.append(element("option", name, { value: name }));
    due.addEventListener("change", show);
  }

  // Up and down go from row to row, Escape closes the row, a slash searches.
  function onKey(event) {
    const row = event.target.closest("#items tbody tr");
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      text.focus();
    } else if (event.key === "Escape" && row) {
      const line = row.id ? row : row.previousElementSibling;
      const opener = line.querySelector("button");
      if (opener.getAttribute("aria-expanded") === "true") opener.click();
      opener.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && row) {
      event.preventDefault();
      const rows = [...body.querySelectorAll(":scope > tr[id]")];
      const next = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) next.querySelector("button").focus();
    }
  }

  // A link to an item shows it, whatever is filtered.
  function openLinked() {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id.startsWith("item-")) return;
    const number = data.items.findIndex((item) => `item-${item[at.item_id]}` === id);
    if (number === -1) {
      count.textContent = "This item is not on the worklist.";
      document.getElementById("worklist").scrollIntoView();
      return;
    }
    if (!shown.includes(number)) {
      form.reset();
      show();
    }
    while (!document.getElementById(id)) makeMore();
    const line = document.getElementById(id);
    if (line.querySelector("button").getAttribute("aria-expanded") === "false") toggle(line, number);
    line.scrollIntoView({ block: "start" });
    line.querySelector("button").focus({ preventScroll: true });
  }

  head();
  choices();
  text.addEventListener("input", show);
  document.addEventListener("keydown", onKey);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  more.addEventListener("click", makeMore);
  addEventListener("hashchange", openLinked);
  addEventListener("beforeprint", () => { while (made < shown.length && made < 500) makeMore(); });
  show();
  openLinked();
})();
