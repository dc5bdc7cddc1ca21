"use strict";
// Shapes of masks: a file a panel, loaded when the panel comes into view; and panels drawn with them.

TOONSEG.shapes = new Map(); // panel number -> {labels: [path], found: [path]}
TOONSEG.waiting = new Map(); // panel number -> functions to call

/** Called by masks/NUMBER.js. */
TOONSEG.masks = ([number, labels, found]) => {
  const shapes = {labels, found};
  TOONSEG.shapes.set(number, shapes);
  for (const done of TOONSEG.waiting.get(number) || []) done(shapes);
  TOONSEG.waiting.delete(number);
};

/** Call `done` with the shapes of a panel, now or when they are loaded. */
TOONSEG.withShapes = (number, done) => {
  if (TOONSEG.shapes.has(number)) return done(TOONSEG.shapes.get(number));
  if (TOONSEG.waiting.has(number)) return TOONSEG.waiting.get(number).push(done);
  TOONSEG.waiting.set(number, [done]);
  const script = TOONSEG.el("script", {src: `masks/${number}.js`, load: () => script.remove()});
  document.head.append(script);
};

/** A panel's picture with an empty layer for masks. `kind` is "label" or "prediction". */
TOONSEG.view = (panel, number, kind, alt) => {
  const {el, svg} = TOONSEG;
  const [width, height] = panel.size;
  return el("span", {class: "view", "data-kind": kind, "--ratio": width / height},
    el("img", {src: `panels/${number}.webp`, alt, loading: "lazy", decoding: "async", width, height}),
    svg("svg", {viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", preserveAspectRatio: "none"}));
};

/** Draw the masks of a view anew: those of the chosen classes, predictions of at least `score`. */
TOONSEG.paint = (view, panel, shapes, model, {score, classes, colouring}) => {
  const {svg} = TOONSEG;
  const colours = model.colours, chosen = id => classes.size === 0 || classes.has(id);
  const layer = view.querySelector("svg");
  const path = (outline, id, kind, at) =>
    svg("path", {
      d: outline, class: `mask ${kind}`, "data-at": at, "fill-rule": "evenodd", "vector-effect": "non-scaling-stroke",
      "--colour": colouring === "verdict" && kind ? null : colours.get(id),
    });
  if (view.dataset.kind === "label") {
    const found = model.foundLabels(panel, score);
    const judged = panel.side === "test";
    layer.replaceChildren(...panel.labels
      .map((id, at) => chosen(id) && path(shapes.labels[at], id, judged && !found.has(at) ? "missed" : judged ? "right" : "", at))
      .filter(Boolean));
  } else {
    layer.replaceChildren(...panel.found
      .map(([id, its, kind], at) => its >= score && chosen(id) && path(shapes.found[at], id, model.data.kinds[kind] || "", at))
      .filter(Boolean).reverse()); // the likeliest on top
  }
};
