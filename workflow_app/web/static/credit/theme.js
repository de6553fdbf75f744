// Changes the look at once and without leaving the page; without this script the page is loaded anew.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  const dark = document.getElementById("dark");
  const scheme = document.querySelector("meta[name=color-scheme]");
  const when = { auto: "screen and (prefers-color-scheme: dark)", light: "not all", dark: "screen" };
  const schemes = { auto: "light dark", light: "light", dark: "dark" };

  const show = (look) => {
    root.dataset.look = look;
    dark.media = when[look];
    scheme.content = schemes[look];
    document.querySelectorAll("form[data-look] button[name=look]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.value === look));
    });
  };

  document.querySelectorAll("form[data-look]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!button || !when[button.value] || !window.fetch) return;
      event.preventDefault();
      const data = new FormData(form);
      data.set("look", button.value);
      show(button.value);
      // The server keeps it for the pages to come; where it cannot be reached, the choice lasts for this page.
      fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => {});
    });
  });
});
