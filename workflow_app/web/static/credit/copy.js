// A button that copies what stands in a field. Without it the text is marked and copied by hand.
"use strict";

document.querySelectorAll("[data-copy]").forEach((button) => {
  const field = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch (failure) {
      // Browsers keep the clipboard from pages without encryption; what is marked they copy all the same.
      document.execCommand("copy");
    }
    told.textContent = told.dataset.copied;
  });
});
