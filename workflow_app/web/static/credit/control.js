// The supervisor's list: tick all rows of the page, and see how many are ticked. The page works without it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const results = document.getElementById("results");
  if (results) results.focus();

  const form = document.getElementById("rows");
  const place = form && form.querySelector("[data-tick-all]");
  if (!place) return;
  const boxes = [...form.querySelectorAll("input[name=row]")];
  const count = form.querySelector("[data-ticked]");

  const all = document.createElement("input");
  all.type = "checkbox";
  all.className = "tick-all";
  all.setAttribute("aria-label", place.dataset.words);
  place.append(all);
  place.hidden = false;

  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    if (count) count.textContent = ticked ? count.dataset.words.replace("{count}", ticked) : "";
  };
  all.addEventListener("change", () => {
    boxes.forEach((box) => {
      box.checked = all.checked;
    });
    tell();
  });
  boxes.forEach((box) => box.addEventListener("change", tell));
  // Also what a browser remembers of a page that it comes back to.
  window.addEventListener("pageshow", tell);
  tell();
});
