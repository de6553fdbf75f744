// Applications that keep themselves: what is typed is saved a moment later, files go up one by one.
"use strict";

(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const told = document.querySelector(".autosave");
  const texts = document.getElementById("upload-texts");
  const changed = document.querySelector("[data-changed]");
  const PAUSE = 2000;
  let timer = 0;
  let saving = false;
  let again = false;
  // Files on their way, and the button that was pressed meanwhile.
  let uploads = 0;
  let pressed = null;

  const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
  // A task has two versions: what is kept counts its own.
  const version = () => form.elements[form.dataset.version || "version"];
  const tell = (text) => { told.textContent = text; };
  const acted = () => document.dispatchEvent(new Event("credit:acted"));

  // The fields without the files, which have a way of their own.
  const typed = () => {
    const data = new FormData(form);
    [...data.keys()].filter((name) => name.endsWith("-files")).forEach((name) => data.delete(name));
    return data;
  };

  // Another window has saved meanwhile: nothing more is saved until somebody says which of the two holds.
  const ask = (said) => {
    changed.hidden = false;
    changed.querySelector("[data-said]").textContent = said.message;
    changed.querySelector("[data-mine]").onclick = () => {
      version().value = said.version;
      changed.hidden = true;
      told.focus();
      save();
    };
    tell("");
  };

  const save = async () => {
    if (form.dataset.sent || pressed || !changed.hidden) return;
    if (saving) { again = true; return; }
    saving = true;
    tell(told.dataset.saving);
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: typed(), credentials: "same-origin" });
      const isJson = (answer.headers.get("Content-Type") || "").includes("json");
      const said = isJson ? await answer.json() : null;
      if (!said) tell(told.dataset.out);
      else if (answer.ok) {
        version().value = said.version;
        tell(told.dataset.saved.replace("{time}", said.saved_at));
        acted();
      } else if (said.version) ask(said);
      else tell(said.message);
    } catch (failure) {
      tell(told.dataset.failed);
    }
    saving = false;
    if (again) { again = false; plan(); }
    go();
  };
  const plan = () => { window.clearTimeout(timer); timer = window.setTimeout(save, PAUSE); };
  form.addEventListener("input", (event) => { if (event.target.type !== "file") plan(); });

  // Whoever presses a button while something is on its way goes on as soon as it has arrived.
  const go = () => {
    if (!pressed || uploads || saving) return;
    const button = pressed;
    pressed = null;
    if (changed.hidden) form.requestSubmit(button);
  };
  form.addEventListener("submit", (event) => {
    window.clearTimeout(timer);
    if (!uploads && !saving) return;
    event.preventDefault();
    pressed = event.submitter;
    tell(uploads ? told.dataset.uploading : told.dataset.saving);
  });

  // Files: stored at once, shown with their first page, and named in the form by their ids.
  const listed = (input) => {
    const before = input.previousElementSibling;
    return before && before.matches(".stored-documents") ? before : null;
  };
  const list = (input) => {
    if (listed(input)) return listed(input);
    const made = document.createElement("ul");
    made.className = "stored-documents";
    input.before(made);
    return made;
  };
  const line = (input, name) => {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = texts.dataset.uploading.replace("{name}", name);
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", label.textContent);
    item.append(label, bar);
    list(input).append(item);
    return item;
  };
  // A kept paper gets a picture of its first page and a button; without this script its box is unticked.
  const dress = (item, input, name) => {
    const box = item.querySelector("[type=checkbox]");
    const picture = document.createElement("img");
    picture.className = "paper-thumb";
    picture.alt = "";
    picture.src = form.dataset.picture.replace(form.dataset.nobody, box.value);
    picture.addEventListener("error", () => picture.remove());
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-plain btn-small";
    remove.textContent = texts.dataset.remove;
    remove.setAttribute("aria-label", texts.dataset.removeName.replace("{name}", name));
    remove.addEventListener("click", () => {
      item.remove();
      tell(texts.dataset.removed.replace("{name}", name));
      input.focus();
      plan();
    });
    item.append(picture, remove);
  };
  const done = (item, input, said) => {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.name = input.name.replace(/-files$/, "");
    box.value = said.id;
    box.checked = true;
    box.id = `stored-${said.id}`;
    const label = document.createElement("label");
    label.htmlFor = box.id;
    label.textContent = texts.dataset.keep.replace("{name}", said.name);
    item.replaceChildren(box, label);
    dress(item, input, said.name);
    tell(texts.dataset.uploaded.replace("{name}", said.name));
    acted();
    plan();
  };
  const refuse = (item, message) => {
    // The words beside the file are what is to be read before going on.
    pressed = null;
    const words = document.createElement("p");
    words.className = "field-error";
    words.setAttribute("role", "alert");
    words.textContent = message;
    item.replaceChildren(words);
  };
  const send = (input, file) => new Promise((resolve) => {
    const item = line(input, file.name);
    const request = new XMLHttpRequest();
    const data = new FormData();
    data.append("csrfmiddlewaretoken", token());
    data.append("field", input.name.replace(/-files$/, ""));
    data.append("file", file);
    request.upload.addEventListener("progress", (event) => {
      const bar = item.querySelector("progress");
      if (event.lengthComputable && bar) bar.value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => {
      let said = null;
      try { said = JSON.parse(request.responseText); } catch (failure) { said = null; }
      if (request.status === 201 && said) done(item, input, said);
      else refuse(item, said && said.message ? said.message : texts.dataset.failed.replace("{name}", file.name));
      resolve();
    });
    request.open("POST", form.dataset.upload);
    request.send(data);
  });
  form.querySelectorAll("input[type=file]").forEach((input) => {
    if (listed(input)) [...listed(input).children].forEach((item) => dress(item, input, item.dataset.name));
    input.addEventListener("change", async () => {
      const files = [...input.files];
      input.value = "";
      uploads += files.length;
      for (const file of files) {
        await send(input, file);
        uploads -= 1;
      }
      go();
    });
  });
})();
