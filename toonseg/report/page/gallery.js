"use strict";
// The gallery: filters, cards, pages of cards.

TOONSEG.PAGE = 24; // cards on a page

/** Build the gallery; gives {update(sorting), turn(by), shown()}. */
TOONSEG.gallery = (model, state, zoom) => {
  const {el, id, name, percent, many} = TOONSEG;
  const cards = new Map(); // panel number -> {element, refresh}
  let shown = [], page = 0;

  const seen = new IntersectionObserver(entries => {
    for (const entry of entries) if (entry.isIntersecting) cards.get(Number(entry.target.dataset.number))?.load();
  }, {rootMargin: "300px"});

  const select = (key, title, options) =>
    el("label", {}, el("span", {}, title),
      el("select", {id: `filter-${key}`, change: event => { state[key] = event.target.value; sort(); }},
        options.map(([value, text]) => el("option", {value, selected: state[key] === value}, text))));

  const sides = ["train", "val", "test", "unlabelled"].filter(side => model.data.panels.some(panel => panel.side === side));
  const series = [...new Set(model.data.panels.map(panel => panel.series))];
  id("filters").replaceChildren(
    select("side", "Split", [["", "all"], ...sides.map(side => [side, side])]),
    select("series", "Series", [["", "all"], ...series.map(title => [title, title])]),
    select("error", "Error", [["", "any or none"], ...TOONSEG.ERRORS.map(kind => [kind, TOONSEG.KIND_NAMES[kind]])]),
    select("worst", "Panel's F1", [["", "any"], ["0", "0 %"], ["0.5", "at most 50 %"], ["0.8", "at most 80 %"], ["1", "100 %"]]),
    select("order", "Order", [["hard", "hardest first"], ["easy", "easiest first"], ["errors", "most errors first"], ["strip", "as on the strip"]]),
    select("colouring", "Colours", [["class", "by class"], ["verdict", "by right and wrong"]]),
    el("button", {type: "reset", click: () => setTimeout(reset)}, "Reset"),
  );
  id("filters").addEventListener("submit", event => event.preventDefault());
  id("classes").append(...model.data.classes.map(({id: number, name: title, colour}) =>
    el("label", {class: "chip", "--colour": colour},
      el("input", {type: "checkbox", value: number, change: event => {
        event.target.checked ? state.classes.add(number) : state.classes.delete(number);
        sort();
      }}), el("span", {class: "swatch"}), name(title))));

  const reset = () => {
    Object.assign(state, {side: sides.includes("test") ? "test" : "", series: "", error: "", worst: "", order: "hard", colouring: "class"});
    state.classes.clear();
    for (const box of id("classes").querySelectorAll("input")) box.checked = false;
    for (const key of ["side", "series", "error", "worst", "order", "colouring"]) id(`filter-${key}`).value = state[key];
    sort();
  };

  const wanted = (panel, its) =>
    (!state.side || panel.side === state.side) &&
    (!state.series || panel.series === state.series) &&
    (!state.error || its.count[state.error] > 0) &&
    (!state.worst || (its.f1 !== null && (state.worst === "1" ? its.f1 === 1 : its.f1 <= Number(state.worst)))) &&
    (state.classes.size === 0 || its.labels > 0 || its.shown > 0);

  const orders = {
    hard: (one, other) => (one.f1 ?? 2) - (other.f1 ?? 2) || other.errors - one.errors,
    easy: (one, other) => (other.f1 ?? -1) - (one.f1 ?? -1) || one.errors - other.errors,
    errors: (one, other) => other.errors - one.errors,
    strip: () => 0,
  };

  /** Choose and order the panels anew, and show the first page. */
  const sort = () => {
    shown = model.data.panels
      .map((panel, number) => ({number, panel, ...model.judge(panel, state.score, state.classes)}))
      .filter(its => wanted(its.panel, its))
      .sort((one, other) => orders[state.order](one, other) || one.number - other.number)
      .map(its => its.number);
    page = 0;
    show();
  };

  const show = () => {
    const pages = Math.max(1, Math.ceil(shown.length / TOONSEG.PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    seen.disconnect();
    cards.clear();
    const here = shown.slice(page * TOONSEG.PAGE, (page + 1) * TOONSEG.PAGE);
    for (const number of here) cards.set(number, card(number));
    id("cards").replaceChildren(...here.map(number => cards.get(number).element));
    for (const number of here) seen.observe(cards.get(number).element);
    id("count").textContent = shown.length
      ? `${many(shown.length, "panel")} of ${model.data.panels.length.toLocaleString("en")}`
      : "No panel fits these filters: reset them, or lower the threshold.";
    id("page").textContent = `Page ${page + 1} of ${pages}`;
    id("previous-page").disabled = page === 0;
    id("next-page").disabled = page === pages - 1;
  };

  const card = number => {
    const panel = model.data.panels[number];
    const place = panel.path.split("/").at(-1).replace(/\.[^.]*$/, "");
    const told = TOONSEG.describe(panel, model);
    const sides = panel.side === "unlabelled" ? [["plain", `Panel ${place}`], ["prediction", told.found]]
      : panel.side === "train" ? [["label", told.labels]] : [["label", told.labels], ["prediction", told.found]];
    const views = sides.map(([kind, alt]) => TOONSEG.view(panel, number, kind, alt));
    const badge = el("span", {class: "badge"}), marks = el("ul", {class: "marks"});
    const element = el("article", {class: "card", "data-number": number},
      el("button", {type: "button", class: "pair", "aria-label": `Zoom panel ${place} of ${panel.series}, episode ${panel.episode}`, click: () => zoom.open(number, shown)}, views),
      el("div", {class: "card-head"},
        el("h3", {}, name(panel.series), el("span", {class: "quiet"}, " · episode ", name(panel.episode), " · ", place)), badge),
      marks);
    const paint = shapes => { for (const view of views) if (view.dataset.kind !== "plain") TOONSEG.paint(view, panel, shapes, model, state); };
    const refresh = () => {
      const its = model.judge(panel, state.score, state.classes);
      badge.textContent = its.f1 === null ? panel.side : `F1 ${percent(its.f1)}`;
      badge.className = `badge ${its.f1 === null ? "" : its.f1 >= 0.8 ? "high" : its.f1 >= 0.5 ? "middle" : "low"}`;
      const kinds = panel.side === "test" ? ["right", ...TOONSEG.ERRORS].filter(kind => its.count[kind]) : [];
      marks.replaceChildren(...kinds.map(kind => el("li", {class: kind}, `${its.count[kind]} ${TOONSEG.KIND_NAMES[kind]}`)),
        ...(panel.side === "test" ? [] : [el("li", {}, panel.side === "train" ? many(its.labels, "label") : many(its.shown, "prediction"))]));
      if (TOONSEG.shapes.has(number)) paint(TOONSEG.shapes.get(number));
    };
    refresh();
    return {element, refresh, load: () => TOONSEG.withShapes(number, refresh)};
  };

  id("previous-page").addEventListener("click", () => turn(-1));
  id("next-page").addEventListener("click", () => turn(1));
  const turn = by => {
    page += by;
    show();
    id("panels").scrollIntoView({block: "start"});
  };

  reset();
  return {
    refresh: () => { for (const its of cards.values()) its.refresh(); },
    sort, turn,
    choose: values => {
      Object.assign(state, values);
      for (const key of Object.keys(values)) id(`filter-${key}`).value = state[key];
      sort();
      id("panels").scrollIntoView();
    },
  };
};

/** What a panel shows, in words, for those who cannot see it. */
TOONSEG.describe = (panel, model) => {
  const names = new Map(model.data.classes.map(its => [its.id, its.name]));
  const listed = ids => {
    const counts = new Map();
    for (const one of ids) counts.set(one, (counts.get(one) || 0) + 1);
    return [...counts].map(([one, n]) => (n > 1 ? `${n} ${names.get(one)}` : names.get(one))).join(", ") || "nothing";
  };
  return {
    labels: `Labels: ${listed(panel.labels)}`,
    found: `Predictions of at least 50 %: ${listed(panel.found.filter(its => its[1] >= 0.5).map(its => its[0]))}`,
  };
};
