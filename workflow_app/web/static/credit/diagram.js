// Looking about in the picture of a process: buttons, keys, the wheel with Ctrl, and dragging. Without it the picture
// is scrolled.
"use strict";

(() => {
  const STEP = 1.25;
  const LEAST = 0.1;
  const MOST = 4;

  // In a tab that is not open nothing has a measure.
  const whenSeen = (element, act) => {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((each) => each.isIntersecting)) return;
      act();
      seen.disconnect();
    });
    seen.observe(element);
  };

  const set = (box) => {
    const frame = box.querySelector(".diagram");
    const picture = frame && frame.querySelector("svg");
    if (!picture || box.dataset.ready) return;
    box.dataset.ready = "1";
    const told = box.querySelector("[data-zoomed]");
    const [, , width, height] = picture.getAttribute("viewBox").split(/\s+/).map(Number);
    let scale = Number(picture.getAttribute("width")) / width;

    // The point of the picture at (x, y) of the frame stays where it is.
    const zoom = (wanted, x = frame.clientWidth / 2, y = frame.clientHeight / 2) => {
      const next = Math.min(MOST, Math.max(LEAST, wanted));
      const grown = next / scale;
      const left = (frame.scrollLeft + x) * grown - x;
      const top = (frame.scrollTop + y) * grown - y;
      scale = next;
      picture.setAttribute("width", Math.round(width * scale));
      picture.setAttribute("height", Math.round(height * scale));
      frame.scrollLeft = left;
      frame.scrollTop = top;
      if (told) told.textContent = `${Math.round(scale * 100)}%`;
    };

    const fit = () => {
      const room = getComputedStyle(frame);
      const wide = frame.clientWidth - parseFloat(room.paddingLeft) - parseFloat(room.paddingRight);
      const high = (parseFloat(room.maxHeight) || frame.clientHeight) - parseFloat(room.paddingTop) * 2;
      zoom(Math.min(wide / width, high / height));
    };

    const here = () => {
      const now = picture.querySelector(".active") || [...picture.querySelectorAll(".done")].pop();
      if (!now) return;
      const place = now.getBoundingClientRect();
      const around = frame.getBoundingClientRect();
      frame.scrollLeft += place.left - around.left - (around.width - place.width) / 2;
      frame.scrollTop += place.top - around.top - (around.height - place.height) / 2;
    };

    const acts = { in: () => zoom(scale * STEP), out: () => zoom(scale / STEP), fit, here };
    const keys = { "+": "in", "=": "in", "-": "out", 0: "fit", Home: "here" };

    box.querySelectorAll("[data-zoom]").forEach((button) => {
      if (button.dataset.zoom === "here" && !picture.querySelector(".active")) button.remove();
      button.addEventListener("click", () => acts[button.dataset.zoom]());
    });
    frame.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      acts[keys[event.key]]();
    });
    frame.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const around = frame.getBoundingClientRect();
        zoom(scale * (event.deltaY < 0 ? STEP : 1 / STEP), event.clientX - around.left, event.clientY - around.top);
      },
      { passive: false },
    );
    // With the mouse; a finger scrolls the frame by itself.
    frame.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      const from = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop };
      frame.setPointerCapture(event.pointerId);
      frame.classList.add("is-held");
      const move = (at) => frame.scrollTo(from.x - at.clientX, from.y - at.clientY);
      frame.addEventListener("pointermove", move);
      frame.addEventListener(
        "lostpointercapture",
        () => {
          frame.removeEventListener("pointermove", move);
          frame.classList.remove("is-held");
        },
        { once: true },
      );
    });

    box.querySelectorAll(".diagram-tools").forEach((each) => (each.hidden = false));
    if (told) told.textContent = `${Math.round(scale * 100)}%`;
    if (frame.clientWidth) here();
    else whenSeen(frame, here);
  };

  const setAll = (part) => part.querySelectorAll("[data-diagram]").forEach(set);
  setAll(document);
  document.addEventListener("htmx:load", (event) => setAll(event.target));
})();
