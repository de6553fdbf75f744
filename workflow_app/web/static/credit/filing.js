// Applications and tasks that keep themselves: what is typed is saved a moment later, files go up one by one.
"use strict";

(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const told = document.querySelector(".autosave");
  const texts = document.getElementById("upload-texts");
  const PAUSE = 2000;
  let timer = 0;
  let busy = false;
  let again = false;

  const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
  const tell = (text) => { told.textContent = text; };

  // The fields without the files, which have a way of their own.
  const typed = () => {
    const data = new FormData(form);
    [...data.keys()].filter((name) => name.endsWith("-files")).forEach((name) => data.delete(name));
    return data;
  };

  const save = async () => {
    if (form.dataset.sent) return;
    if (busy) { again = true; return; }
    busy = true;
    tell(told.dataset.saving);
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: typed(), credentials: "same-origin" });
      const isJson = (answer.headers.get("Content-Type") || "").includes("json");
      if (!isJson) tell(told.dataset.out);
      else {
        const said = await answer.json();
        if (answer.ok) {
          form.querySelector("[name=version]").value = said.version;
          tell(`${told.dataset.saved} ${said.saved_at}`);
        } else tell(said.message);
      }
    } catch (failure) {
      tell(told.dataset.failed);
    }
    busy = false;
    if (again) { again = false; plan(); }
  };
  const plan = () => { window.clearTimeout(timer); timer = window.setTimeout(save, PAUSE); };
  form.addEventListener("input", (event) => { if (event.target.type !== "file") plan(); });

  // Files: stored at once, shown with their first page, and named in the form by their ids.
  const list = (input) => {
    const before = input.previousElementSibling;
    if (before && before.matches(".stored-documents")) return before;
    const made = document.createElement("ul");
    made.className = "stored-documents";
    input.before(made);
    return made;
  };
  const line = (input, name) => {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = `${texts.dataset.uploading} ${name}`;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.setAttribute("aria-label", label.textContent);
    item.append(label, bar);
    list(input).append(item);
    return item;
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
    label.textContent = `${texts.dataset.keep} ${said.name}`;
    const picture = document.createElement("img");
    picture.className = "paper-thumb";
    picture.alt = "";
    picture.src = said.page;
    picture.addEventListener("error", () => picture.remove());
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-plain btn-small";
    remove.textContent = texts.dataset.remove;
    remove.setAttribute("aria-label", `${texts.dataset.remove} ${said.name}`);
    remove.addEventListener("click", () => { item.remove(); input.focus(); plan(); });
    item.replaceChildren(box, label, picture, remove);
    plan();
  };
  const refuse = (item, name, message) => {
    item.className = "field-error";
    item.textContent = `${name}: ${message}`;
  };
  const send = (input, file) => new Promise((resolve) => {
    const item = line(input, file.name);
    const request = new XMLHttpRequest();
    const data = new FormData();
    data.append("csrfmiddlewaretoken", token());
    data.append("field", input.name.replace(/-files$/, ""));
    data.append("file", file);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) item.querySelector("progress").value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => {
      let said = null;
      try { said = JSON.parse(request.responseText); } catch (failure) { said = null; }
      if (request.status === 201 && said) done(item, input, said);
      else refuse(item, file.name, said && said.message ? said.message : texts.dataset.failed);
      resolve();
    });
    request.open("POST", form.dataset.upload);
    request.send(data);
  });
  if (form.dataset.upload && texts) {
    form.querySelectorAll("input[type=file]").forEach((input) => {
      input.addEventListener("change", async () => {
        const files = [...input.files];
        input.value = "";
        for (const file of files) await send(input, file);
      });
    });
  }
})();
