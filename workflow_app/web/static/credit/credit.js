// Small comforts of every page. Each works without them.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  // After a form came back with errors, start reading there.
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  // On phones the menu is a link to its place; here it becomes a switch.
  const button = document.querySelector(".menu-button");
  const places = document.getElementById("places");
  const openMenu = (open) => {
    places.classList.toggle("is-open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  if (button && places) {
    button.setAttribute("role", "button");
    button.setAttribute("aria-controls", "places");
    openMenu(location.hash === "#places");
    button.addEventListener("click", (event) => {
      event.preventDefault();
      if (location.hash === "#places") history.replaceState(null, "", location.pathname + location.search);
      openMenu(!places.classList.contains("is-open"));
    });
    button.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      button.click();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !places.classList.contains("is-open")) return;
      openMenu(false);
      button.focus();
    });
  }

  // What opens on paper is what can be opened on the screen.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("main details:not([open])")];
    closed.forEach((each) => (each.open = true));
  });
  window.addEventListener("afterprint", () => closed.forEach((each) => (each.open = false)));
});

// One press sends a form once; the server holds to that as well. Forms that stay on the page say so themselves.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});

// A page that comes back from the browser's memory may send again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// Also for what arrives later.
document.addEventListener("click", (event) => {
  if (event.target.closest && event.target.closest("[data-print]")) window.print();
});
const showPrinting = (part) => part.querySelectorAll("[data-print][hidden]").forEach((each) => (each.hidden = false));
document.addEventListener("DOMContentLoaded", () => showPrinting(document));
document.addEventListener("htmx:load", (event) => showPrinting(event.target));

// What a page asks by itself, as no press of anybody's, keeps no session alive.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.triggeringEvent) event.detail.headers["X-Renewal"] = "1";
});

// Pages that renew a part of themselves say so when they no longer can.
const tellLost = (kind) => {
  document.querySelectorAll("#lost > [data-lost]").forEach((each) => (each.hidden = each.dataset.lost !== kind));
};
document.addEventListener("htmx:sendError", () => tellLost("away"));
document.addEventListener("htmx:timeout", () => tellLost("away"));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) tellLost("signed-out");
});
document.addEventListener("htmx:afterOnLoad", () => tellLost(""));
