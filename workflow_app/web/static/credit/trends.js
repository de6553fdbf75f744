// Draws the figures of the table below it. Colours come from the style sheet, words and figures from the page.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  // The library did not arrive: the table is there.
  if (!window.echarts) return;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  const axis = (extra) => ({
    axisLine: { lineStyle: { color: colour("--line") } },
    axisLabel: { color: colour("--ink-soft"), hideOverlap: true },
    splitLine: { lineStyle: { color: colour("--line") } },
    ...extra,
  });

  const frame = (place, data, unit) => ({
    animation: !calm,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    // Below the legend: one line, or on a phone three of the five lines' names.
    grid: { left: 8, right: 16, top: place.clientWidth < 600 && unit === data.words.days ? 84 : 48, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemGap: 16, textStyle: { color: colour("--ink"), fontSize: 14 } },
    // Drawn into the picture: a tooltip of markup would need styles of its own in it.
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: colour("--paper"),
      borderColor: colour("--ink-soft"),
      textStyle: { color: colour("--ink") },
      valueFormatter: (value) => (value === null || value === undefined ? "—" : `${Number(value.toFixed(1))} ${unit}`),
    },
    xAxis: axis({ type: "category", data: data.points.map((point) => point.month), splitLine: { show: false } }),
    yAxis: axis({
      type: "value",
      minInterval: unit === data.words.pieces ? 1 : 0,
      axisLine: { show: false },
    }),
  });

  const days = (place, data) => {
    const line = (key, style, symbol) => ({
      name: data.words[key],
      type: "line",
      data: data.points.map((point) => point[key === "mean" ? "mean_working_days" : key]),
      connectNulls: true,
      symbol,
      symbolSize: 8,
      itemStyle: { color: style.color },
      lineStyle: { width: 2, ...style },
    });
    const series = [
      line("mean", { color: colour("--brand"), width: 3 }, "circle"),
      line("p50", { color: colour("--good") }, "triangle"),
      line("p90", { color: colour("--warn-line") }, "rect"),
      line("p99", { color: colour("--violet"), type: "dotted" }, "diamond"),
    ];
    if (data.bar !== null) {
      series.push({
        name: data.words.bar,
        type: "line",
        data: data.points.map(() => data.bar),
        symbol: "none",
        itemStyle: { color: colour("--bad") },
        lineStyle: { color: colour("--bad"), width: 2, type: "dashed" },
      });
    }
    return { ...frame(place, data, data.words.days), series };
  };

  const pieces = (place, data) => ({
    ...frame(place, data, data.words.pieces),
    series: [
      { name: data.words.count, color: "#7ba0c9", data: data.points.map((point) => point.count) },
      { name: data.words.late, color: colour("--bad"), data: data.points.map((point) => point.late) },
    ].map(({ color, ...each }) => ({ type: "bar", barMaxWidth: 28, itemStyle: { color }, ...each })),
  });

  document.querySelectorAll("[data-chart]").forEach((place) => {
    const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    place.hidden = false;
    const chart = window.echarts.init(place);
    chart.setOption(place.dataset.of === "days" ? days(place, data) : pieces(place, data));
    new ResizeObserver(() => chart.resize()).observe(place);
  });
});
