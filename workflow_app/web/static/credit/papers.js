// Papers to look at: which one is open, larger and smaller, turned, the next page by key. Pages themselves are links.
"use strict";

(() => {
  const SIZES = 4;
  // How the reader has set the glass stays the same from page to page.
  const glass = { size: 1, turn: 0 };

  const show = (leaf) => {
    const paper = leaf.querySelector(".leaf-paper");
    if (!paper) return;
    paper.className = `leaf-paper leaf-size-${glass.size} leaf-turn-${glass.turn}`;
    leaf.querySelectorAll("[data-leaf-act]").forEach((button) => (button.hidden = false));
    leaf.querySelector('[data-leaf-act="larger"]').disabled = glass.size === SIZES;
    leaf.querySelector('[data-leaf-act="smaller"]').disabled = glass.size === 1;
  };

  const act = (leaf, what) => {
    if (what === "larger") glass.size = Math.min(SIZES, glass.size + 1);
    if (what === "smaller") glass.size = Math.max(1, glass.size - 1);
    if (what === "turn") glass.turn = (glass.turn + 1) % 4;
    show(leaf);
  };

  const turnTo = (leaf, rel) => leaf.querySelector(`a[rel="${rel}"]`)?.click();

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-leaf-act]");
    if (button) act(button.closest("[data-leaf]"), button.dataset.leafAct);
    const opened = event.target.closest("[data-paper]");
    if (opened) {
      document.querySelectorAll("[data-paper]").forEach((each) => each.removeAttribute("aria-current"));
      opened.setAttribute("aria-current", "true");
      glass.turn = 0;
    }
  });

  // Keys work only while the page of the paper has the focus, so that they are nobody else's.
  document.addEventListener("keydown", (event) => {
    const leaf = event.target.closest?.(".leaf-paper")?.closest("[data-leaf]");
    if (!leaf || event.ctrlKey || event.metaKey || event.altKey) return;
    const scrolls = event.target.scrollWidth > event.target.clientWidth;
    const acts = {
      "+": () => act(leaf, "larger"),
      "=": () => act(leaf, "larger"),
      "-": () => act(leaf, "smaller"),
      R: () => act(leaf, "turn"),
      PageDown: () => turnTo(leaf, "next"),
      PageUp: () => turnTo(leaf, "prev"),
    };
    if (!scrolls) {
      acts.ArrowRight = acts.PageDown;
      acts.ArrowLeft = acts.PageUp;
    }
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  });

  const begin = (root) => root.querySelectorAll("[data-leaf]").forEach(show);

  document.addEventListener("DOMContentLoaded", () => begin(document));
  let hadFocus = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    hadFocus = !!event.target.contains?.(document.activeElement) && !!event.target.closest?.("#leaf, [data-leaf]");
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const leaf = document.querySelector("[data-leaf]");
    if (!leaf || !event.target.closest?.("#leaf, [data-leaf]")) return;
    show(leaf);
    if (hadFocus) leaf.querySelector(".leaf-paper")?.focus();
    hadFocus = false;
  });
})();
