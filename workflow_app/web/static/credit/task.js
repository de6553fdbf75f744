// The page of a task: tabs beside the form, and standard sentences to be written into it.
"use strict";

(() => {
  // Tabs (WAI-ARIA pattern): the parts of the page become panels, their headings the tabs.
  const makeTabs = (side) => {
    const panels = [...side.querySelectorAll(":scope > [data-tab]")];
    if (panels.length < 2) return;
    const list = document.createElement("div");
    list.className = "tab-list";
    list.setAttribute("role", "tablist");
    const tabs = panels.map((panel) => {
      const heading = panel.querySelector("h2");
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `tab-${heading.id}`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", `panel-${heading.id}`);
      tab.append(...[...heading.childNodes].map((node) => node.cloneNode(true)));
      panel.id = `panel-${heading.id}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      // Its tab says the same to those who see it; for others the headings keep their order.
      panel.querySelector(".card-header").classList.add("visually-hidden");
      list.append(tab);
      return tab;
    });
    const open = (chosen) => {
      tabs.forEach((tab, at) => {
        tab.setAttribute("aria-selected", String(at === chosen));
        tab.tabIndex = at === chosen ? 0 : -1;
        panels[at].hidden = at !== chosen;
      });
    };
    list.addEventListener("click", (event) => {
      const at = tabs.indexOf(event.target.closest("[role=tab]"));
      if (at >= 0) open(at);
    });
    list.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(document.activeElement);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (at < 0 || next === undefined) return;
      event.preventDefault();
      const chosen = (next + tabs.length) % tabs.length;
      open(chosen);
      tabs[chosen].focus();
    });
    side.prepend(list);
    side.classList.add("has-tabs");
    const named = () => panels.findIndex((panel) => panel.querySelector(`h2[id="${CSS.escape(location.hash.slice(1))}"]`));
    const asked = location.hash ? named() : -1;
    open(Math.max(asked, 0));
    if (asked >= 0) side.scrollIntoView({ block: "start" });
    window.addEventListener("hashchange", () => {
      const at = named();
      if (at >= 0) open(at);
    });
    // On paper all parts stand below each other again.
    window.addEventListener("beforeprint", () => panels.forEach((panel) => (panel.hidden = false)));
    window.addEventListener("afterprint", () => open(tabs.findIndex((tab) => tab.tabIndex === 0)));
  };

  // Standard sentences: what is ticked is written at once; only those that fit the answers given are offered.
  const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

  const write = (field, text, joint) => {
    if (!field || !text || field.value.includes(text)) return;
    field.value = field.value.trim() ? `${text}${joint}${field.value}` : text;
    changed(field);
  };

  const unwrite = (field, text, joint) => {
    if (!field || !text || !field.value.includes(text)) return;
    field.value = field.value.replace(text + joint, "").replace(text, "").trim();
    changed(field);
  };

  const answersOf = (form, name) => [...new FormData(form).getAll(name)].map(String);

  const fits = (form, when) =>
    when.split(";").filter(Boolean).every((part) => {
      const [name, answers] = part.split("=");
      const given = answersOf(form, name).filter(Boolean);
      return !given.length || given.some((each) => answers.split(",").includes(each));
    });

  const offer = (box) => {
    const form = box.closest("form");
    const field = document.getElementById(box.dataset.phrases);
    const law = box.dataset.basis ? document.getElementById(box.dataset.basis) : null;
    const lines = [...box.querySelectorAll(".phrase-list > li")];
    const search = box.querySelector("input[type=search]");
    const said = box.querySelector("[data-said]");
    search.parentElement.hidden = lines.length < 4;
    const sift = () => {
      const wanted = search.value.trim().toLowerCase();
      lines.forEach((line) => {
        const ticked = line.querySelector("input").checked;
        line.hidden = !ticked && !(fits(form, line.dataset.fits) && line.textContent.toLowerCase().includes(wanted));
      });
      box.querySelector(".phrase-none").hidden = lines.some((line) => !line.hidden);
    };
    search.addEventListener("input", (event) => {
      event.stopPropagation();
      sift();
    });
    // Enter in the search looks for sentences and sends nothing.
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    form.addEventListener("change", sift);
    box.addEventListener("change", (event) => {
      const { sentence, law: text } = event.target.dataset;
      if (!sentence) return;
      const put = event.target.checked ? write : unwrite;
      put(field, sentence, "\n");
      put(law, text, "；");
      said.textContent = event.target.checked ? box.dataset.written : box.dataset.removed;
    });
    // What stands in the field by now, changed perhaps, is what counts.
    form.addEventListener("submit", () => {
      lines.forEach((line) => (line.querySelector("input").checked = false));
    });
    sift();
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-tabs]").forEach(makeTabs);
    document.querySelectorAll("[data-phrases]").forEach(offer);
  });
})();
