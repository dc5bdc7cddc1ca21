"use strict";
// The page's state, its threshold, its keys. data.js calls start.

TOONSEG.start = data => {
  const {id, percent} = TOONSEG;
  const model = TOONSEG.model(data);
  model.colours = new Map(data.classes.map(its => [its.id, its.colour]));
  const state = {score: data.score, classes: new Set()};
  const zoom = TOONSEG.zoom(model, state);
  const gallery = TOONSEG.gallery(model, state, zoom);
  TOONSEG.numbers(model);
  TOONSEG.fixedScores(model);
  TOONSEG.leaks(model, zoom);
  TOONSEG.changes(model, zoom);

  const slider = id("score");
  let drawing = 0;
  const draw = () => {
    drawing = 0;
    gallery.refresh();
    zoom.refresh();
    TOONSEG.liveScores(model, state);
  };
  const move = value => {
    state.score = Math.min(Math.max(value, 0), 100) / 100;
    slider.value = Math.round(100 * state.score);
    id("score-value").textContent = percent(state.score);
    drawing ||= requestAnimationFrame(draw);
  };
  slider.addEventListener("input", () => move(Number(slider.value)));
  slider.addEventListener("change", () => gallery.sort()); // only when it is let go: cards do not jump about
  for (const name of ["filters", "classes"]) id(name).addEventListener("change", () => { drawing ||= requestAnimationFrame(draw); });
  id("filters").addEventListener("reset", () => setTimeout(draw));
  move(100 * data.score);

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || id("zoom").open) return;
    if (event.target.matches("select, input:not([type=checkbox], [type=range])")) return;
    const act = {
      "[": () => { move(100 * state.score - 5); gallery.sort(); },
      "]": () => { move(100 * state.score + 5); gallery.sort(); },
      n: () => id("next-page").disabled || gallery.turn(1),
      p: () => id("previous-page").disabled || gallery.turn(-1),
      "/": () => id("filter-side").focus(),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
};

// Dark or light: as the system has it, until somebody chooses.
(() => {
  const root = document.documentElement;
  const remembered = () => { try { return localStorage.getItem("toonseg-theme"); } catch { return null; } };
  const remember = theme => { try { localStorage.setItem("toonseg-theme", theme); } catch { /* from disk it may not */ } };
  if (remembered()) root.dataset.theme = remembered();
  TOONSEG.id("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remember(root.dataset.theme);
  });
})();
