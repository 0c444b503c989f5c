// Filters, keyboard reading and the line of facts about a sentence. Without this script the page still
// shows everything; nothing here builds mark-up from text.
(() => {
  "use strict";
  const form = document.getElementById("filters");
  if (!form) return;
  const panel = document.getElementById("panel");
  const count = document.getElementById("count");
  const sentences = [...document.querySelectorAll(".text .s")];
  const paragraphs = [...document.querySelectorAll(".text > p")].map((p) => [p, [...p.querySelectorAll(".s")]]);
  const counted = sentences.filter((s) => s.dataset.f).length;
  const labels = {};
  for (const box of form.querySelectorAll("input")) labels[box.name + box.value] = box.parentElement.textContent.trim();

  const checked = (name) => new Set([...form.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.value));

  function filter() {
    const frames = checked("f");
    const topics = checked("t");
    const voices = checked("v");
    const everything = !form.querySelector("input:not(:checked)");
    let shown = 0;
    for (const s of sentences) {
      const d = s.dataset;
      let match = everything;
      if (d.f && !everything) {
        const own = d.t.trim();
        match = frames.has(d.f) && voices.has(d.v) && (own ? own.split(" ").some((t) => topics.has(t)) : topics.has(""));
      }
      if (match && d.f) shown += 1;
      if (s.hidden === match) s.hidden = !match;
    }
    for (const [p, inside] of paragraphs) p.hidden = inside.every((s) => s.hidden);
    count.textContent = count.dataset.text.replace("{shown}", shown).replace("{all}", counted);
    enter(sentences.find((s) => !s.hidden));
  }

  // One sentence at a time is in the tab order; the arrow keys move it.
  let current = null;
  function enter(s) {
    if (current) current.tabIndex = -1;
    current = s || null;
    if (current) current.tabIndex = 0;
  }

  function describe(s) {
    const d = s.dataset;
    panel.hidden = !d.f;
    if (!d.f) return;
    const [praise, skepticism, neutral] = d.p.split(" ");
    const parts = [
      `${panel.dataset.number} ${Number(s.id.replace(/^.*s/, "")) + 1} · ${labels["f" + d.f]}`,
      `${labels.fp} ${praise}, ${labels.fs} ${skepticism}, ${labels.fn} ${neutral}`,
      labels["v" + d.v],
      ...d.t.trim().split(" ").filter(Boolean).map((t) => labels["t" + t]),
      `log(P/S) ${d.o}`,
    ];
    const words = [...s.querySelectorAll("b")].map((b) => `${b.textContent} ${b.dataset.w}`);
    if (words.length) parts.push(`${panel.dataset.words} ${words.join("  ")}`);
    panel.textContent = parts.join(" · ");
  }

  for (const s of sentences) s.tabIndex = -1;
  document.addEventListener("focusin", (event) => {
    const s = event.target.closest(".text .s");
    if (s) {
      enter(s);
      describe(s);
    } else {
      panel.hidden = true;
    }
  });
  document.addEventListener("mouseover", (event) => {
    const s = event.target.closest(".text .s");
    if (s) describe(s);
  });

  function neighbour(list, from, step) {
    for (let i = list.indexOf(from) + step; i >= 0 && i < list.length; i += step) if (!list[i].hidden) return list[i];
    return null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      panel.hidden = true;
      return;
    }
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const link = event.target.closest("svg.strip a");
    const s = event.target.closest(".text .s");
    const list = link ? [...link.parentElement.querySelectorAll("a")] : s ? sentences : null;
    const next = list && neighbour(list, link || s, step);
    if (!next) return;
    event.preventDefault();
    if (link) {
      link.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
    }
    next.focus();
  });

  // A link into the text must not lead to a sentence that the filter hides.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const target = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!target || !target.classList.contains("s")) return;
    if (target.hidden) form.reset();
    if (target.hidden) sentences.forEach((s) => (s.hidden = false));
    requestAnimationFrame(() => target.focus());
  });

  form.addEventListener("change", filter);
  form.addEventListener("reset", () => requestAnimationFrame(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
