// The desk by keyboard, ticks for the whole page, and word of what others did meanwhile. Everything works without it.
"use strict";

(() => {
  const OFF = "credit-keys-off";
  const EVERY = 10_000;
  const areKeysOff = () => window.localStorage.getItem(OFF) === "1";

  const button = document.querySelector("[data-switch] button");
  if (button) {
    const show = () => {
      button.textContent = areKeysOff() ? button.dataset.on : button.dataset.off;
      button.setAttribute("aria-pressed", String(areKeysOff()));
    };
    button.addEventListener("click", () => {
      if (areKeysOff()) window.localStorage.removeItem(OFF);
      else window.localStorage.setItem(OFF, "1");
      show();
    });
    button.parentElement.hidden = false;
    show();
  }

  const form = document.getElementById("rows");
  const rows = form ? [...form.querySelectorAll("tr[data-task]")] : [];
  const boxes = rows.map((row) => row.querySelector("input[name=task]"));

  // Ticks.
  const place = form && form.querySelector("[data-tick-all]");
  const count = form && form.querySelector("[data-ticked]");
  let all = null;
  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    if (count) count.textContent = ticked ? count.dataset.words.replace("{count}", ticked) : "";
  };
  if (place) {
    all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", place.dataset.words);
    all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); tell(); });
    place.append(all);
    place.hidden = false;
  }
  boxes.forEach((box) => box.addEventListener("change", tell));
  window.addEventListener("pageshow", tell);

  // Keys. A letter alone is only a key while nobody types.
  let here = -1;
  const go = (to) => {
    if (!rows.length) return;
    if (here >= 0) delete rows[here].dataset.here;
    here = Math.min(Math.max(to, 0), rows.length - 1);
    rows[here].dataset.here = "";
    rows[here].querySelector("[data-open]").focus();
    rows[here].scrollIntoView({ block: "nearest" });
  };
  const press = (key) => {
    const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!found) return false;
    if (found.matches("input")) found.focus();
    else found.click();
    return true;
  };
  const onTicked = (key) => {
    if (here >= 0 && !boxes.some((box) => box.checked)) { boxes[here].checked = true; tell(); }
    return press(key);
  };
  const reach = (id) => {
    const field = document.getElementById(id);
    if (!field) return false;
    if (here >= 0 && !boxes.some((box) => box.checked)) { boxes[here].checked = true; tell(); }
    field.focus();
    return true;
  };
  const keys = {
    j: () => { go(here + 1); return rows.length > 0; },
    ArrowDown: () => { go(here + 1); return rows.length > 0; },
    k: () => { go(here - 1); return rows.length > 0; },
    ArrowUp: () => { go(here - 1); return rows.length > 0; },
    x: () => { if (here < 0) return false; boxes[here].checked = !boxes[here].checked; tell(); return true; },
    c: () => onTicked("c"),
    r: () => onTicked("r"),
    h: () => reach("until"),
    a: () => reach("username"),
    n: () => press("n"),
    "/": () => press("/"),
    "?": () => press("?"),
  };
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (areKeysOff() || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    // Where arrows move something already, they go on doing so.
    if (event.key.startsWith("Arrow") && event.target.closest("[type=radio], .diagram, [role=tablist]")) return;
    const act = keys[event.key];
    if (act && act()) event.preventDefault();
  });
  rows.forEach((row, at) => row.addEventListener("focusin", () => {
    if (here !== at) { if (here >= 0) delete rows[here].dataset.here; here = at; row.dataset.here = ""; }
  }));

  // What others did. Nothing moves by itself: rows say what became of them, and a line offers to read anew.
  const fresh = document.querySelector("[data-fresh]");
  if (form && form.dataset.pulse && fresh) {
    const look = async () => {
      if (document.hidden) return;
      let answer;
      try {
        const address = `${form.dataset.pulse}&seen=${encodeURIComponent(form.dataset.seen)}`;
        answer = await fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true", "X-Renewal": "1" } });
      } catch (failure) {
        return;
      }
      // The session has ended: the page stays as it is.
      if (answer.status === 401 || answer.redirected) window.clearInterval(timer);
      if (answer.status !== 200 || answer.redirected) return;
      const said = await answer.json();
      Object.entries(said.changed).forEach(([task, words]) => {
        const row = form.querySelector(`tr[data-task="${task}"]`);
        const note = row.querySelector(".changed");
        row.classList.add("is-changed");
        note.textContent = words;
        note.hidden = false;
      });
      const words = fresh.dataset.words.replace("{count}", said.fresh);
      const line = fresh.querySelector("span");
      if (line.textContent !== words) {
        fresh.hidden = false;
        line.textContent = words;
      }
    };
    const timer = window.setInterval(look, EVERY);
    document.addEventListener("visibilitychange", look);
  }
})();
