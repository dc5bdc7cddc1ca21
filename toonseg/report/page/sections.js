"use strict";
// The sections of numbers around the gallery.

/** The way from pages to masks, and a row per series. */
TOONSEG.numbers = model => {
  const {el, id, name} = TOONSEG;
  const {data} = model;
  const cut = Object.values(data.cut), sum = key => cut.reduce((all, its) => all + (its[key] || 0), 0);
  const on = side => data.panels.filter(panel => panel.side === side).length;
  const labels = data.panels.reduce((all, panel) => all + panel.labels.length, 0);
  const steps = [
    [sum("episodes"), "episodes"], [sum("pages"), "pages"], [sum("panels"), "panels", `${sum("texts").toLocaleString("en")} texts dropped`],
    [labels, "labels"], [on("train"), "panels to train on"],
    ...(on("val") ? [[on("val"), "panels to validate on"]] : []), [on("test"), "panels to test on"], [on("unlabelled"), "unlabelled panels, predicted"],
  ];
  id("flow").replaceChildren(...steps.map(([count, what, note]) =>
    el("li", {}, el("strong", {}, count.toLocaleString("en")), el("span", {}, what), note ? el("em", {}, note) : null)));
  const names = [...new Set([...Object.keys(data.cut), ...data.panels.map(panel => panel.series)])];
  const own = (title, side) => data.panels.filter(panel => panel.series === title && panel.side === side);
  const text = value => (value === undefined ? "–" : value.toLocaleString("en"));
  const sides = ["train", ...(on("val") ? ["val"] : []), "test", "unlabelled"];
  TOONSEG.table(id("series-table"), "Numbers of each series",
    ["Series", "Episodes", "Pages", "Panels", "Texts dropped", ...sides.map(side => side[0].toUpperCase() + side.slice(1)), "Labels"],
    names.map(title => {
      const its = data.cut[title] || {};
      const count = data.panels.filter(panel => panel.series === title).reduce((all, panel) => all + panel.labels.length, 0);
      return [name(title), text(its.episodes), text(its.pages), text(its.panels), text(its.texts),
        ...sides.map(side => text(own(title, side).length)), text(count)];
    }));
};

/** Scores of the whole test set, which do not hang on the threshold. */
TOONSEG.fixedScores = model => {
  const {id} = TOONSEG;
  const scores = group => new Map(Object.entries(model.data.evaluation[group] || {}));
  const classes = scores("class_AP50"), series = scores("series_AP50");
  const labels = (panels, counts) => panels.reduce((all, panel) => all + panel.labels.filter(counts).length, 0);
  const row = (name, score, n, colour = null) =>
    ({name, value: score === undefined ? null : score / 100, colour, text: score === undefined ? "–" : score.toFixed(1), note: `n ${n}`});
  const falling = rows => rows.sort((one, other) => (other.value ?? -1) - (one.value ?? -1));
  TOONSEG.bars(id("class-bars"), falling(model.data.classes.map(its =>
    row(its.name, classes.get(its.name), labels(model.test, one => one === its.id), its.colour))));
  TOONSEG.bars(id("series-bars"), falling([...new Set(model.test.map(panel => panel.series))].map(name =>
    row(name, series.get(name), labels(model.test.filter(panel => panel.series === name), () => true)))));
};

/** Everything that moves with the threshold, the gallery apart. */
TOONSEG.liveScores = (model, state) => {
  const {el, id, percent, many} = TOONSEG;
  const its = model.total(state.score, state.classes);
  const {masks = {}, boxes = {}} = model.data.evaluation;
  const figure = value => (value === undefined || value === null ? "–" : value.toFixed(1));
  const tiles = [
    ["AP of masks", figure(masks.AP), "mean over IoU .50 to .95"], ["AP50", figure(masks.AP50), "at IoU .50"], ["AP75", figure(masks.AP75), "at IoU .75"],
    ["AP of boxes", figure(boxes.AP), "mean over IoU .50 to .95"],
    ["Precision", percent(its.precision), "at the threshold"], ["Recall", percent(its.recall), "at the threshold"], ["F1", percent(its.f1), "at the threshold"],
  ];
  id("tiles").replaceChildren(...tiles.map(([title, value, note]) =>
    el("div", {}, el("dt", {}, title), el("dd", {}, value, el("small", {}, note)))));
  TOONSEG.curves(id("curves"), model, state.score);
  TOONSEG.matrix(id("confusion"), model, state.score);
  const kinds = ["right", ...TOONSEG.ERRORS], most = Math.max(1, ...kinds.map(kind => its[kind] || 0));
  TOONSEG.bars(id("kind-bars"), kinds.map(kind => ({
    name: TOONSEG.KIND_NAMES[kind], value: (its[kind] || 0) / most, text: String(its[kind] || 0),
    colour: kind === "right" ? "var(--good)" : kind === "missed" ? "var(--missed)" : "var(--bad)",
  })));
  id("errors-lead").textContent = model.test.length
    ? `On ${many(model.test.length, "test panel")}, predictions of at least ${percent(state.score)}${state.classes.size ? ", chosen classes only (the matrix shows all)" : ""}.`
    : "There is no test panel.";
};

/** What the test set may owe to the training set. */
TOONSEG.leaks = (model, zoom) => {
  const {el, id, name, many} = TOONSEG;
  const {data} = model;
  const shared = new Set(data.episodes.map(([series, episode]) => JSON.stringify([series, episode])));
  const {near_duplicate_panels: repeated, with_a_near_duplicate_in_train: twinned} = data.split.leaks || {};
  const beside = model.test.filter(panel => shared.has(JSON.stringify([panel.series, panel.episode]))).length;
  id("leaks-lead").textContent = model.test.length === 0 ? "There is no test panel." : [
    beside
      ? `${many(beside, "test panel")} of ${model.test.length} stand in an episode that the model also learnt from: on new episodes it may do worse. split.by: episode in params.yaml keeps episodes apart.`
      : "No episode stands on both sides.",
    repeated
      ? `Of ${many(repeated, "labelled panel")} that repeat another one, by labels and looks, ${twinned || "none"} ${twinned > 1 ? "are" : "is"} scored with a twin in training.`
      : "",
    data.twins.length
      ? `By looks alone, ${many(data.twins.length, "test panel")} ${data.twins.length === 1 ? "comes" : "come"} near a training panel:`
      : "By looks alone, no test panel comes near a training panel.",
  ].join(" ");
  id("twins").replaceChildren(...data.twins.slice(0, 60).map(({test, train, bits}) =>
    TOONSEG.pair([test, train], model, zoom, [el("span", {}, `${bits} of 256 bits apart`)], ["test", "train"])));
  TOONSEG.table(id("episodes-table"), "Episodes on both sides", ["Series", "Episode", "Train", "Test"],
    data.episodes.map(([series, episode, train, test]) => [name(series), name(episode), String(train), String(test)]));
  id("episodes-details").hidden = data.episodes.length === 0;
};

/** Some panels side by side with a line of text; each opens the zoom. */
TOONSEG.pair = (numbers, model, zoom, text, titles) => {
  const {el, name} = TOONSEG;
  return el("figure", {class: "twin"},
    el("div", {}, numbers.map((number, at) => {
      const panel = model.data.panels[number];
      const title = `${titles[at]} panel of ${panel.series}, episode ${panel.episode}`;
      return el("button", {type: "button", "aria-label": `Zoom ${title}`, click: () => zoom.open(number, numbers)},
        TOONSEG.view(panel, number, "plain", title));
    })),
    el("figcaption", {}, name(model.data.panels[numbers[0]].series), " · ", name(model.data.panels[numbers[0]].episode), " · ", text));
};

/** What changed against another commit. */
TOONSEG.changes = (model, zoom) => {
  const {el, id, name, percent, many} = TOONSEG;
  const {changes} = model.data;
  if (!changes) return;
  id("changes").hidden = id("changes-link").hidden = false;
  const figure = value => (value === null || value === undefined ? "–" : value.toFixed(1));
  const moved = (before, now) => {
    if (before === null || now === null || before === undefined || now === undefined) return el("span", {}, "–");
    const by = now - before;
    return el("span", {class: by > 0.05 ? "up" : by < -0.05 ? "down" : ""}, `${by > 0 ? "+" : ""}${by.toFixed(1)}`);
  };
  TOONSEG.table(id("changes-table"), "AP50 of masks before and now", ["", "Before", "Now", "Change"],
    changes.scores.map(row => [row.group === "all" ? "All" : name(row.name), figure(row.before), figure(row.now), moved(row.before, row.now)]));
  const panels = changes.panels || [];
  const worse = panels.filter(its => its.now < its.before), better = panels.filter(its => its.now > its.before).reverse();
  id("changes-lead").replaceChildren("Against ", name(changes.revision), ` (${changes.commit}). `,
    changes.note || `Of ${many(panels.length, "test panel")} in both, ${worse.length} got worse and ${better.length} better.`);
  for (const [place, rows] of [["worse", worse], ["better", better]]) {
    id(`${place}-title`).hidden = rows.length === 0;
    id(place).replaceChildren(...rows.slice(0, 24).map(its =>
      TOONSEG.pair([its.panel], model, zoom, [`F1 ${percent(its.before)} → ${percent(its.now)}`], ["test"])));
  }
};
