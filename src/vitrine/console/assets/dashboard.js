// Fills a dashboard: one question for all panels, words at once, plots as soon as Plotly is here.
"use strict";

const board = document.getElementById("board");
const panels = [...board.querySelectorAll(".panel")];
const trouble = document.getElementById("trouble");
const coarse = matchMedia("(pointer: coarse)").matches;
const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
let shown = null;

// Plotly keeps the browser busy while it starts, so it does not start before words are seen.
let starting = null;
function plotly() {
  starting ??= new Promise((ready, failed) => {
    const script = document.createElement("script");
    script.src = document.getElementById("plotly").href;
    script.addEventListener("load", ready);
    script.addEventListener("error", failed);
    requestAnimationFrame(() => setTimeout(() => document.head.append(script)));
  });
  return starting;
}

// A colour is named as the stylesheet names it, `--series-1` or, see-through, `--series-1/0.3`.
function palette() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const known = new Map();
  const find = (word) => {
    const [name, alpha] = word.split("/");
    if (name === "--text") return getComputedStyle(document.body).fontFamily;
    probe.style.color = `var(${name})`;
    const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g);
    return `rgba(${red},${green},${blue},${alpha ?? 1})`;
  };
  const resolve = (value) => {
    if (typeof value === "string") {
      if (!value.startsWith("--")) return value;
      if (!known.has(value)) known.set(value, find(value));
      return known.get(value);
    }
    if (Array.isArray(value)) return typeof value.at(-1) === "number" ? value : value.map(resolve);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(one)]));
  };
  return { resolve, end: () => probe.remove() };
}

// A plot fills what its words leave free, and keeps doing so when these change.
const sizes = new ResizeObserver((changed) => {
  for (const { target, contentRect } of changed) {
    const drawn = target._fullLayout;
    if (!drawn || !contentRect.height) continue;
    if (Math.abs(drawn.width - contentRect.width) > 1 || Math.abs(drawn.height - contentRect.height) > 1) {
      Plotly.Plots.resize(target);
    }
  }
});

function marked(layout, marks) {
  if (layout.xaxis?.type !== "date") return layout;
  const [from, to] = layout.xaxis.range;
  const edge = (at) => Math.min(Math.max(at * 1000, from), to);
  const shapes = marks.flatMap(({ start, end }) => [
    { type: "rect", yref: "paper", y0: 0, y1: 1, x0: edge(start), x1: edge(end), fillcolor: "--bad/0.09", line: { width: 0 }, layer: "below" },
    { type: "line", yref: "paper", y0: 0, y1: 1, x0: edge(start), x1: edge(start), line: { color: "--bad", width: 1, dash: "dot" } },
  ]);
  const annotations = marks.map(({ alert, start }) => ({
    x: edge(start), y: 1, yref: "paper", yanchor: "top", xanchor: "left", showarrow: false,
    text: "▾", hovertext: alert, font: { color: "--bad", size: 13 },
  }));
  return { ...layout, shapes: [...(layout.shapes ?? []), ...shapes], annotations };
}

function zoomed(event) {
  const from = event["xaxis.range[0]"];
  const to = event["xaxis.range[1]"];
  if (from === undefined || to === undefined) return;
  const at = (text) => Math.round(typeof text === "number" ? text : Date.parse(`${String(text).replace(" ", "T")}Z`));
  const address = new URL(location.href);
  address.searchParams.set("from", at(from));
  address.searchParams.set("to", Math.max(at(to), at(from) + 60_000));
  location.assign(address);
}

async function draw() {
  await plotly();
  const { resolve, end } = palette();
  for (const [number, panel] of panels.entries()) {
    const { plot } = shown.panels[number];
    const place = panel.querySelector(".plot");
    if (!place) continue;
    if (!plot) {
      Plotly.purge(place);
      continue;
    }
    const layout = resolve(marked(plot.layout, shown.marks));
    if (coarse) layout.dragmode = false;
    const first = !place.data;
    await Plotly.react(place, resolve(plot.data), layout, CONFIG);
    if (first) {
      place.on("plotly_relayout", zoomed);
      sizes.observe(place);
    }
  }
  end();
  board.dataset.drawn = String(Number(board.dataset.drawn ?? 0) + 1);
}

function offer(values) {
  for (const select of document.querySelectorAll("[data-offered]")) {
    const there = new Set([...select.options].map((option) => option.value));
    for (const value of values[select.dataset.offered] ?? []) {
      if (!there.has(value)) select.add(new Option(value, value));
    }
  }
}

// A part of which nothing is measured is folded, until somebody opens it or it is measured.
function fold(found) {
  for (const part of board.querySelectorAll(".part")) {
    const own = [...part.querySelectorAll(".panel")].map((panel) => found.panels[panels.indexOf(panel)]);
    const away = own.every(({ state }) => state === "no data");
    if (part.dataset.away === String(away)) continue;
    part.dataset.away = away;
    part.open = !away;
    part.querySelector("summary span").hidden = !away;
  }
}

function say(found) {
  for (const [number, panel] of panels.entries()) {
    const words = panel.querySelector(".words");
    const open = words.querySelector("details.data")?.open;
    words.innerHTML = found.panels[number].html;
    const details = words.querySelector("details.data");
    if (details && open) details.open = true;
    const place = panel.querySelector(".plot");
    if (!place) continue;
    place.hidden = !found.panels[number].plot;
    place.setAttribute("aria-label", `${panel.querySelector("h2").textContent}: ${found.panels[number].summary}`);
  }
  fold(found);
  const marks = document.getElementById("marks");
  const open = marks.querySelector("details")?.open;
  marks.innerHTML = found.marks_html;
  if (open && marks.firstElementChild) marks.firstElementChild.open = true;
  document.querySelector("[data-as-of]").textContent = `; these figures are of ${found.as_of}`;
  trouble.hidden = !found.problem;
  trouble.textContent = found.problem;
  board.dataset.said = String(Number(board.dataset.said ?? 0) + 1);
}

async function fill() {
  try {
    const answer = await fetch(board.dataset.source, { headers: { accept: "application/json" } });
    if (answer.status === 401) {
      location.assign(`/console/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    shown = await answer.json();
  } catch (problem) {
    trouble.hidden = false;
    trouble.textContent = `The service does not answer (${problem.message}); what is shown may be old.`;
    return;
  }
  say(shown);
  offer(shown.offered);
  await draw();
}

fill();
const every = Number(board.dataset.refresh);
if (every) setInterval(() => document.hidden || fill(), every * 1000);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown && draw());
