// Fields that only some answers need are shown when they do. Without this script all of them are shown.
"use strict";

document.querySelectorAll("[data-when]").forEach((block) => {
  const form = block.closest("form");
  const [name, wanted] = [block.dataset.when, block.dataset.is.split(" ")];
  const inputs = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const chosen = () => inputs.some((each) =>
    (each.matches("[type=radio], [type=checkbox]") ? each.checked : true) && wanted.includes(each.value));
  const filled = () => [...block.querySelectorAll("input:not([type=hidden]), textarea, select")].some((each) =>
    each.matches("[type=radio], [type=checkbox]") ? each.checked : each.value !== "");
  // What somebody has typed, or what is wrong, is never hidden.
  const show = () => { block.hidden = !chosen() && !filled() && !block.querySelector(".field-error"); };
  inputs.forEach((each) => each.addEventListener("change", show));
  show();
});
