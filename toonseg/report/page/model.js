"use strict";
// Counts at a threshold. A prediction is [class id, score, kind, label]; its kind does not hang on the threshold.

/** What each kind of error is called, in the order of the data's `kinds`. */
TOONSEG.KIND_NAMES = {
  right: "right",
  location: "badly placed",
  class: "wrong class",
  duplicate: "found twice",
  both: "wrong class and place",
  background: "nothing there",
  ignored: "on an ignored region",
  missed: "missed",
};
TOONSEG.ERRORS = ["location", "class", "duplicate", "both", "background", "missed"];

/** Make the model of a report's data: questions about panels at a threshold, of some classes or of all. */
TOONSEG.model = data => {
  const kinds = data.kinds;
  const test = data.panels.filter(panel => panel.side === "test");

  /** A panel's errors by kind, what is right, and its F1 (null where nothing can be judged). */
  const judge = (panel, score, classes) => {
    const chosen = id => classes.size === 0 || classes.has(id);
    const count = {right: 0, ignored: 0, location: 0, class: 0, duplicate: 0, both: 0, background: 0, missed: 0};
    let shown = 0;
    for (const [id, its, kind] of panel.found) {
      if (its < score) break; // the likeliest come first
      if (!chosen(id)) continue;
      shown += 1;
      if (kind >= 0) count[kinds[kind]] += 1;
    }
    const labels = panel.labels.filter(chosen).length;
    if (panel.side !== "test") return {count, labels, shown, errors: 0, f1: null};
    count.missed = labels - count.right;
    const errors = TOONSEG.ERRORS.reduce((sum, kind) => sum + count[kind], 0);
    const all = 2 * count.right + errors;
    return {count, labels, shown, errors, f1: all ? (2 * count.right) / all : 1};
  };

  /** Numbers of a panel's labels that a prediction found. */
  const foundLabels = (panel, score) =>
    new Set(panel.found.filter(([, its, kind]) => its >= score && kind === 0).map(([, , , label]) => label));

  /** Errors by kind over all test panels, and what is right. */
  const total = (score, classes) => {
    const sum = {};
    for (const panel of test) {
      const {count} = judge(panel, score, classes);
      for (const [kind, n] of Object.entries(count)) sum[kind] = (sum[kind] || 0) + n;
    }
    const wrong = ["location", "class", "duplicate", "both", "background"].reduce((all, kind) => all + (sum[kind] || 0), 0);
    const right = sum.right || 0, missed = sum.missed || 0;
    return {
      ...sum,
      precision: right + wrong ? right / (right + wrong) : null,
      recall: right + missed ? right / (right + missed) : null,
      f1: right + wrong + missed ? (2 * right) / (2 * right + wrong + missed) : null,
    };
  };

  /** Matrix of counts: row a label's class, column a prediction's; the last of each is "nothing". */
  const confusion = score => {
    const at = new Map(data.classes.map(({id}, place) => [id, place]));
    const nothing = data.classes.length;
    const matrix = Array.from({length: nothing + 1}, () => new Array(nothing + 1).fill(0));
    for (const panel of test) {
      const taken = new Set();
      for (const [id, its, kind, label] of panel.found) {
        if (its < score) break;
        const name = kinds[kind];
        if (name === "ignored") continue;
        const there = name === "right" || name === "class";
        matrix[there ? at.get(panel.labels[label]) : nothing][at.get(id)] += 1;
        if (there) taken.add(label);
      }
      panel.labels.forEach((id, label) => { if (!taken.has(label)) matrix[at.get(id)][nothing] += 1; });
    }
    return matrix;
  };

  /** A class's curve: points {recall, precision, score}, precision the best at this recall or beyond. */
  const curve = id => {
    let labels = 0;
    const found = [];
    for (const panel of test) {
      for (const its of panel.labels) labels += its === id;
      for (const one of panel.found) if (one[0] === id && kinds[one[2]] !== "ignored") found.push(one);
    }
    found.sort((one, other) => other[1] - one[1]);
    let right = 0;
    const points = found.map(([, score, kind], at) => {
      right += kind === 0;
      return {recall: labels ? right / labels : 0, precision: right / (at + 1), score};
    });
    for (let at = points.length - 2; at >= 0; at -= 1) {
      points[at].precision = Math.max(points[at].precision, points[at + 1].precision);
    }
    return {labels, points};
  };

  return {data, test, judge, foundLabels, total, confusion, curve};
};
