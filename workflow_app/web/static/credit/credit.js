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

  // A wide picture opens where the case stands.
  document.querySelectorAll(".diagram").forEach((frame) => {
    const now = frame.querySelector(".active") || frame.querySelector(".done:last-of-type");
    if (!now) return;
    const place = now.getBoundingClientRect();
    const frame_place = frame.getBoundingClientRect();
    frame.scrollLeft += place.left - frame_place.left - (frame_place.width - place.width) / 2;
    frame.scrollTop += place.top - frame_place.top - (frame_place.height - place.height) / 2;
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
