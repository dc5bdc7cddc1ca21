"use strict";
// Elements are made, never parsed: a title can be nothing but text.

const TOONSEG = {};

/** Make an HTML element: `el("p", {class: "note"}, "text", child)`. A function is an event's listener. */
TOONSEG.el = (tag, attributes = {}, ...children) =>
  TOONSEG.fill(document.createElement(tag), attributes, children);

/** Make an SVG element. */
TOONSEG.svg = (tag, attributes = {}, ...children) =>
  TOONSEG.fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

TOONSEG.fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
};

/** A name from the data, kept from changing the direction of the text around it. */
TOONSEG.name = text => TOONSEG.el("bdi", {}, text);

TOONSEG.id = name => document.getElementById(name);

TOONSEG.percent = (share, digits = 0) =>
  share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits)}\u00a0%`;

TOONSEG.many = (count, one, more = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

/** A table with a caption for screen readers; the first column names its row, numbers are set to the right. */
TOONSEG.table = (table, caption, heads, rows) => {
  const {el} = TOONSEG;
  const side = (value, at) => (at === 0 || value?.localName === "bdi" ? null : "number"); // names are set to the left
  const cell = (value, at) => (at === 0 ? el("th", {scope: "row"}, value) : el("td", {class: side(value, at)}, value));
  table.replaceChildren(
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, heads.map((head, at) => el("th", {scope: "col", class: side(rows[0]?.[at], at)}, head)))),
    el("tbody", {}, rows.map(row => el("tr", {}, row.map(cell)))),
  );
};
