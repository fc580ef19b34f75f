"use strict";
// Sorting, searching, the tooltip of the heat map, and one student's view. Texts reach the page as text, never as HTML.
(() => {
  const $ = (id) => document.getElementById(id);
  const heat = $("student-table");

  // ---- language: also for the browser itself
  const onLanguage = () => { document.documentElement.lang = document.querySelector("[name=lang]:checked")?.value ?? document.documentElement.lang; };
  document.querySelector(".switches").addEventListener("change", onLanguage);

  // ---- sorting
  const valueOf = (row, index) => {
    const cell = row.cells[index];
    const text = cell.dataset.s ?? cell.textContent.trim();
    const number = text === "" ? NaN : Number(text);
    return Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return 1; // numbers after what has none
    if (typeof b === "number") return -1;
    return a.localeCompare(b, undefined, { numeric: true });
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.matches(".number, .tilted") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const order = head.ariaSort === first ? other : first;
        for (const one of heads) one.removeAttribute("aria-sort");
        head.ariaSort = order;
        const sign = order === "ascending" ? 1 : -1;
        const body = table.tBodies[0];
        const keyed = [...body.rows].map((row) => [valueOf(row, index), row]);
        keyed.sort((a, b) => sign * compare(a[0], b[0]));
        body.append(...keyed.map(([, row]) => row));
      });
    });
  }

  // ---- a long table shows its first rows until it is asked for more
  const unfold = (table) => {
    table.classList.remove("folded");
    document.querySelector(`.unfold[data-for="${table.id}"]`)?.remove();
  };
  for (const button of document.querySelectorAll(".unfold")) {
    button.addEventListener("click", () => unfold($(button.dataset.for)));
  }

  // ---- searching
  for (const input of document.querySelectorAll("input[type=search]")) {
    const table = $(input.dataset.for);
    const rows = table.tBodies[0].rows;
    const shown = input.closest(".tools").querySelector("output");
    input.addEventListener("input", () => {
      unfold(table);
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const row of rows) {
        const where = table === heat ? row.cells[0] : row; // a student by name, not by points
        const text = where.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        count += !row.hidden;
      }
      shown.textContent = words.length ? `${count} / ${rows.length}` : "";
    });
  }

  // ---- the heat map's tooltip
  const tip = $("tip");
  heat.addEventListener("mouseover", (event) => {
    const cell = event.target.closest("td.cell");
    tip.hidden = !cell;
    if (!cell) return;
    const head = heat.tHead.rows[0].cells[cell.cellIndex];
    const who = cell.parentNode.cells[0].textContent.trim();
    const verdict = $(`verdict-${cell.dataset.v}`).cloneNode(true);
    verdict.removeAttribute("id");
    tip.replaceChildren(`${who} · ${head.textContent.trim()} · ${cell.textContent} · `, verdict);
    const place = cell.getBoundingClientRect();
    tip.style.left = `${Math.min(place.left, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${place.bottom + 4}px`;
  });
  heat.addEventListener("mouseleave", () => { tip.hidden = true; });

  // ---- one student
  const view = $("view");
  const links = () => [...heat.tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.cells[0].querySelector("a"));
  let current = "";
  const open = (link) => {
    const feedback = $(`feedback-${link.dataset.student}`);
    if (!feedback) return false;
    current = link.dataset.student;
    $("view-name").textContent = link.textContent;
    $("view-own").href = link.href;
    $("view-body").replaceChildren(feedback.content.cloneNode(true));
    if (!view.open) view.showModal();
    view.scrollTop = 0;
    history.replaceState(null, "", `#student-${current}`);
    return true;
  };
  const step = (by) => {
    const all = links();
    const index = all.findIndex((link) => link.dataset.student === current);
    const next = all[index + by];
    if (next) open(next);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-student]");
    if (link && !event.ctrlKey && !event.metaKey && open(link)) event.preventDefault();
    if (event.target === view) view.close();
  });
  $("view-close").addEventListener("click", () => view.close());
  $("view-before").addEventListener("click", () => step(-1));
  $("view-after").addEventListener("click", () => step(1));
  view.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  view.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  const asked = /^#student-(\d+)$/.exec(location.hash);
  if (asked) {
    const link = heat.querySelector(`a[data-student="${asked[1]}"]`);
    if (link) open(link);
  }
})();
