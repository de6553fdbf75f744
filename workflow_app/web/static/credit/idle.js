// Two minutes before a session ends for want of any act, ask whether somebody is still there.
"use strict";

(() => {
  const box = document.getElementById("idle");
  if (!box) return;
  const WARNING = 120;
  const KEY = "credit-acted";
  const [still, over] = [box.querySelector("[data-still]"), box.querySelector("[data-over]")];
  // When anything was last asked of the server, in whichever window: the session is one for all of them.
  const acted = () => {
    try { window.localStorage.setItem(KEY, String(Date.now())); } catch (failure) { own = Date.now(); }
  };
  let own = Date.now();
  const last = () => {
    try { return Math.max(own, Number(window.localStorage.getItem(KEY)) || 0); } catch (failure) { return own; }
  };
  const left = () => Number(box.dataset.seconds) - (Date.now() - last()) / 1000;
  const show = (ended) => {
    still.hidden = ended;
    over.hidden = !ended;
    box.setAttribute("aria-labelledby", ended ? "idle-over" : "idle-title");
    if (!box.open) box.showModal();
  };
  let told = false;
  const look = () => {
    const seconds = left();
    if (seconds <= 0) {
      if (!told) show(true);
      told = true;
      return;
    }
    told = false;
    if (seconds <= WARNING) show(false);
    else if (box.open) box.close();
    window.setTimeout(look, (seconds > WARNING ? seconds - WARNING : Math.min(seconds, 5)) * 1000 + 50);
  };

  still.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch(still.action, { method: "POST", body: new FormData(still), credentials: "same-origin" });
      if (answer.status !== 204) { show(true); return; }
    } catch (failure) { return; }
    acted();
    box.close();
  });
  box.querySelector("[data-close]").addEventListener("click", () => box.close());
  // What saves itself while somebody types is an act as well.
  document.addEventListener("credit:acted", acted);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig && event.detail.requestConfig.triggeringEvent) acted();
  });
  acted();
  look();
})();
