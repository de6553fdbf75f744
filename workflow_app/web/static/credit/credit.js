// Small comforts. Every page works without them.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  // After a form came back with errors, start reading there.
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  // One press sends a form once; the server holds to that as well.
  document.querySelectorAll("form[method=post]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  });

  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
});

// A page that comes back from the browser's memory may send again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
