// Shows the diagram of a process and colours its steps. The table below it says the same.
"use strict";

document.addEventListener("DOMContentLoaded", async () => {
  const frame = document.querySelector("[data-heatmap]");
  if (!frame) return;
  const { words, steps } = JSON.parse(document.getElementById(frame.dataset.steps).textContent);
  const place = frame.querySelector(".canvas");
  frame.hidden = false;

  const font = { fontFamily: getComputedStyle(document.body).fontFamily };
  // English words are longer, the shapes are the same.
  const size = document.documentElement.lang === "en" ? 10 : 12;
  let viewer;
  try {
    // Fails too where the library did not arrive.
    viewer = new window.BpmnJS({
      container: place,
      textRenderer: { defaultStyle: { ...font, fontSize: size }, externalStyle: { ...font, fontSize: Math.min(size, 11) } },
    });
    const answer = await fetch(frame.dataset.heatmap, { headers: { Accept: "application/xml" } });
    if (!answer.ok) throw new Error(answer.status);
    await viewer.importXML(await answer.text());
  } catch {
    frame.textContent = words.failed;
    return;
  }

  const canvas = viewer.get("canvas");
  const overlays = viewer.get("overlays");
  const known = viewer.get("elementRegistry");
  const fit = () => canvas.zoom("fit-viewport", "auto");

  // Large enough to be read, with the hottest step in the middle; a small diagram as a whole.
  const LEGIBLE = 9 / size;
  const begin = (measure) => {
    fit();
    const shapes = Object.keys(steps).filter((id) => known.get(id));
    if (canvas.zoom() >= LEGIBLE || !shapes.length) return;
    const figure = (id) => steps[id][measure] || 0;
    const { x, y, width, height } = known.get(shapes.reduce((one, other) => (figure(other) > figure(one) ? other : one)));
    const box = canvas.viewbox();
    const [wide, high] = [box.outer.width / LEGIBLE, box.outer.height / LEGIBLE];
    canvas.viewbox({ x: x + width / 2 - wide / 2, y: y + height / 2 - high / 2, width: wide, height: high });
  };

  const note = (className, text) => {
    const span = document.createElement("span");
    span.className = className;
    span.textContent = text;
    return span;
  };

  const paint = (measure) => {
    overlays.clear();
    for (const [id, step] of Object.entries(steps)) {
      const shape = known.get(id);
      if (!shape) continue;
      for (let heat = 1; heat <= 5; heat += 1) canvas.removeMarker(id, `heat-${heat}`);
      if (step.heats[measure]) canvas.addMarker(id, `heat-${step.heats[measure]}`);
      const html = document.createElement("div");
      html.className = "heat-note";
      const figure = measure === "late" ? null : step[measure];
      if (figure !== null) html.append(note("heat-figure", words.hours.replace("{n}", figure.toFixed(1))));
      if (step.late) html.append(note("heat-late", words.late.replace("{n}", step.late)));
      if (step.running) html.append(note("heat-waiting", words.waiting.replace("{n}", step.running)));
      if (html.childElementCount) overlays.add(id, { position: { bottom: -4, left: 2 }, show: { minZoom: 0.5 }, html });
    }
  };

  const chooser = document.getElementById("measure");
  begin(chooser.value);
  paint(chooser.value);
  chooser.addEventListener("change", () => paint(chooser.value));

  const zoom = { in: () => canvas.zoom(canvas.zoom() * 1.25), out: () => canvas.zoom(canvas.zoom() / 1.25), fit };
  frame.querySelectorAll("[data-zoom]").forEach((button) => {
    button.addEventListener("click", zoom[button.dataset.zoom]);
  });
});
