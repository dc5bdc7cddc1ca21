"use strict";
// Charts as SVG and HTML. Each has its numbers as text too.

/** Horizontal bars: rows {name, value (0 to 1, or null), note, colour}. */
TOONSEG.bars = (place, rows) => {
  const {el, name} = TOONSEG;
  place.replaceChildren(el("ul", {class: "bars"}, rows.map(row =>
    el("li", {},
      el("span", {class: "bar-name"}, name(row.name)),
      el("span", {class: "track", "aria-hidden": "true"},
        el("span", {class: "fill", "--share": row.value ?? 0, "--colour": row.colour || "var(--accent)"})),
      el("span", {class: "bar-value"}, row.text),
      el("span", {class: "bar-note"}, row.note || ""),
    ))));
};

/** Precision-recall curves of classes with a dot where the threshold stands. */
TOONSEG.curves = (place, model, score) => {
  const {el, svg, name, percent} = TOONSEG;
  const side = 220, left = 30, bottom = 24, top = 8, right = 8;
  const x = recall => left + recall * side, y = precision => top + (1 - precision) * side;
  const grid = () => [0, 0.25, 0.5, 0.75, 1].flatMap(value => [
    svg("line", {class: "grid", x1: x(value), x2: x(value), y1: y(0), y2: y(1)}),
    svg("line", {class: "grid", x1: x(0), x2: x(1), y1: y(value), y2: y(value)}),
  ]);
  const ticks = () => [0, 0.5, 1].flatMap(value => [
    svg("text", {class: "tick", x: x(value), y: y(0) + 16, "text-anchor": value === 1 ? "end" : "middle"}, String(value)),
    svg("text", {class: "tick", x: x(0) - 6, y: y(value) + 4, "text-anchor": "end"}, String(value)),
  ]);
  const one = ({id, name: title, colour}) => {
    const {labels, points, drawn} = TOONSEG.cached(model, id);
    if (!labels) return null;
    const now = TOONSEG.lastAtLeast(points, score);
    const line = drawn.map(point => `${x(point.recall).toFixed(1)},${y(point.precision).toFixed(1)}`);
    const told = now
      ? `precision ${percent(now.precision)}, recall ${percent(now.recall)} at the threshold`
      : "nothing found at the threshold";
    return el("li", {"--colour": colour},
      svg("svg", {viewBox: `0 0 ${left + side + right} ${top + side + bottom}`, role: "img", "aria-label": `${title}: ${told}`},
        grid(), ticks(),
        line.length ? svg("polyline", {class: "area", points: [`${x(0)},${y(0)}`, `${x(0)},${line[0].split(",")[1]}`, ...line, `${line.at(-1).split(",")[0]},${y(0)}`].join(" ")}) : null,
        line.length ? svg("polyline", {class: "curve", points: [`${x(0)},${line[0].split(",")[1]}`, ...line].join(" ")}) : null,
        now ? svg("circle", {class: "dot", cx: x(now.recall), cy: y(now.precision), r: 5}) : null),
      el("span", {class: "curve-name"}, name(title)),
      el("span", {class: "bar-note"}, `n ${labels}`),
    );
  };
  place.replaceChildren(el("ul", {class: "curves"}, model.data.classes.map(one)));
};

TOONSEG.CURVE_POINTS = 200; // drawn of a curve, whatever it has

/** A curve is the same at every threshold: it is computed once. `drawn` are some of its points, evenly spread. */
TOONSEG.cached = (model, id) => {
  model.curves ??= new Map();
  if (!model.curves.has(id)) {
    const curve = model.curve(id), last = curve.points.length - 1, count = Math.min(TOONSEG.CURVE_POINTS, last + 1);
    const drawn = Array.from({length: count}, (_, at) => curve.points[Math.round((at * last) / Math.max(count - 1, 1))]);
    model.curves.set(id, {...curve, drawn});
  }
  return model.curves.get(id);
};

/** The last of some points, by falling score, of at least this score; undefined where there is none. */
TOONSEG.lastAtLeast = (points, score) => {
  let low = 0, high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].score >= score) low = middle + 1;
    else high = middle;
  }
  return points[low - 1];
};

/** The confusion matrix, each row shaded by its share. */
TOONSEG.matrix = (table, model, score) => {
  const {el, name} = TOONSEG;
  const names = [...model.data.classes.map(its => its.name), "nothing"];
  const matrix = model.confusion(score);
  const cell = (count, row, column) => {
    const all = matrix[row].reduce((sum, its) => sum + its, 0);
    const share = all ? count / all : 0;
    const good = row === column;
    if (row === names.length - 1 && good) return el("td", {class: "none"}, "");
    return el("td", {
      class: `${good ? "good" : "bad"}${count ? "" : " none"}`, "--share": share,
      title: `${names[row]} taken for ${names[column]}: ${count} of ${all}`,
    }, count ? String(count) : "·");
  };
  table.replaceChildren(
    el("caption", {}, "Labels by what they were taken for"),
    el("thead", {}, el("tr", {}, el("td", {}), names.map(title => el("th", {scope: "col"}, el("span", {}, name(title)))))),
    el("tbody", {}, names.map((title, row) =>
      el("tr", {}, el("th", {scope: "row"}, name(title)), matrix[row].map((count, column) => cell(count, row, column))))),
  );
};
