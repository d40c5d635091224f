/** A table as a CSV file to keep, made in the page. */

import { icon, make } from "./elements.js";

const FORMULA = /^[=+\-@\t\r]/;

/** Quote a cell; one that a spreadsheet would run as a formula starts with an apostrophe. */
function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

/**
 * Make a link that hands out a table.
 *
 * @param {string} name of the file
 * @param {string[]} columns
 * @param {object[]} rows with these keys
 * @param {string} label of the link
 */
export function fileLink(name, columns, rows, label) {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  const text = lines.map((line) => line.map(cell).join(",")).join("\r\n");
  const file = new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" });
  return make("a.button", { href: URL.createObjectURL(file), download: name }, icon("download"), label);
}
