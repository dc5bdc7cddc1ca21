"use strict";
// One panel, large: its masks, and a list of them with their verdicts.

/** Build the zoom; gives {open(number, numbers), refresh()}. */
TOONSEG.zoom = (model, state) => {
  const {el, id, name, percent} = TOONSEG;
  const dialog = id("zoom");
  const names = new Map(model.data.classes.map(its => [its.id, its.name]));
  let number = 0, numbers = [], size = 1, views = [];

  const open = (which, among) => {
    numbers = among;
    show(which);
    if (!dialog.open) dialog.showModal();
  };

  const show = which => {
    number = which;
    const panel = model.data.panels[number];
    const told = TOONSEG.describe(panel, model);
    id("zoom-title").replaceChildren(name(panel.series), el("span", {class: "quiet"}, " · episode ", name(panel.episode), " · ", panel.path.split("/").at(-1)));
    views = [TOONSEG.view(panel, number, panel.side === "unlabelled" ? "plain" : "label", told.labels)];
    if (panel.side !== "train") views.push(TOONSEG.view(panel, number, "prediction", told.found));
    id("zoom-views").replaceChildren(...views);
    id("zoom-views").classList.toggle("stacked", panel.size[0] > 1.3 * panel.size[1]);
    resize(1);
    const at = numbers.indexOf(number);
    id("zoom-previous").disabled = at <= 0;
    id("zoom-next").disabled = at < 0 || at === numbers.length - 1;
    refresh();
  };

  const refresh = () => {
    const panel = model.data.panels[number];
    TOONSEG.withShapes(number, shapes => {
      for (const view of views) if (view.dataset.kind !== "plain") TOONSEG.paint(view, panel, shapes, model, state);
    });
    const chosen = one => state.classes.size === 0 || state.classes.has(one);
    const found = model.foundLabels(panel, state.score);
    const judged = panel.side === "test";
    const entry = (kind, at, one, text, verdict) =>
      el("li", {}, el("button", {
        type: "button", "--colour": model.colours.get(one), class: verdict || null,
        mouseenter: () => light(kind, at), focus: () => light(kind, at), mouseleave: () => light(), blur: () => light(),
      }, el("span", {class: "swatch"}), name(names.get(one)), " ", el("span", {class: "quiet"}, text)));
    const column = (title, entries) => el("div", {}, el("h3", {}, title), entries.length ? el("ul", {}, entries) : el("p", {class: "quiet"}, "none"));
    const labels = panel.labels.map((one, at) => chosen(one) && entry("label", at, one, judged ? (found.has(at) ? "found" : "missed") : "", judged && !found.has(at) ? "missed" : "")).filter(Boolean);
    const predictions = panel.found.map(([one, score, kind], at) => score >= state.score && chosen(one) &&
      entry("prediction", at, one, `${percent(score)}${kind >= 0 ? `, ${TOONSEG.KIND_NAMES[model.data.kinds[kind]]}` : ""}`, kind > 0 ? "wrong" : "")).filter(Boolean);
    id("zoom-list").replaceChildren(
      ...(panel.side === "unlabelled" ? [] : [column("Labels", labels)]),
      ...(panel.side === "train" ? [] : [column("Predictions", predictions)]));
  };

  /** Light up one mask, or none. */
  const light = (kind, at) => {
    for (const view of views) {
      view.classList.toggle("dim", kind !== undefined);
      for (const path of view.querySelectorAll("path")) path.classList.toggle("lit", view.dataset.kind === kind && Number(path.dataset.at) === at);
    }
  };

  const resize = factor => {
    size = Math.min(Math.max(factor, 0.5), 6);
    id("zoom-views").style.setProperty("--size", size);
    id("zoom-size").textContent = percent(size);
  };
  const step = by => {
    const next = numbers[numbers.indexOf(number) + by];
    if (next !== undefined) show(next);
  };
  const masks = () => id("zoom-views").classList.toggle("bare", !id("zoom-masks").checked);

  id("zoom-previous").addEventListener("click", () => step(-1));
  id("zoom-next").addEventListener("click", () => step(1));
  id("zoom-in").addEventListener("click", () => resize(size * 1.25));
  id("zoom-out").addEventListener("click", () => resize(size / 1.25));
  id("zoom-masks").addEventListener("change", masks);
  id("zoom-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", event => {
    if (event.target.matches("input[type=range]")) return;
    const act = {
      ArrowLeft: () => step(-1), ArrowRight: () => step(1),
      "+": () => resize(size * 1.25), "=": () => resize(size * 1.25), "-": () => resize(size / 1.25),
      m: () => { id("zoom-masks").checked = !id("zoom-masks").checked; masks(); },
    }[event.key];
    if (act && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); act(); }
  });
  return {open, refresh: () => { if (dialog.open) refresh(); }};
};
