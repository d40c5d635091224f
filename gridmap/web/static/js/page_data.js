/** What the server wrote into the page: texts, language, who is signed in, settings of the map. */

const data = JSON.parse(document.getElementById("page-data").textContent);

export const page = Object.freeze(data);

/** Give the text of `key` with `{name}` filled from `values`; a missing key is an error. */
export function say(key, values = {}) {
  const text = page.texts[key];
  if (text === undefined) throw new Error(`no text for ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Give the text of `key` where there is one, else `otherwise`: for codes that come from data. */
export function sayOr(key, otherwise, values = {}) {
  return key in page.texts ? say(key, values) : otherwise;
}

const locale = page.language === "zh" ? "zh-CN" : "en-GB";
const whole = new Intl.NumberFormat(locale);

/** Write a count with separators. */
export function count(number) {
  return whole.format(number);
}

/** Write a number with `digits` decimals. */
export function decimal(number, digits = 1) {
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(number);
}

/** Write a share from 0 to 1 as per cent; 100 % only when it is whole, 0 % only when it is nothing. */
export function percent(share) {
  if (share > 0 && share < 0.001) return `<\u00a0${decimal(0.1, 1)}\u00a0%`;
  const shown = share < 1 ? Math.min(share * 100, 99.9) : 100;
  return `${decimal(shown, shown === 100 ? 0 : 1)}\u00a0%`;
}

/** Name an area in the language of the page. */
export function areaName(area) {
  return (page.language === "en" && area.name_en) || area.name;
}

/** Write households with the mark of an estimate. */
export function households(number, estimated = false) {
  return say("pages.households", { count: count(number) }) + (estimated ? "*" : "");
}

/** Write an instant as date and time of the reader. */
export function moment(text) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}

/** Write the day of an instant. */
export function day(text) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(text));
}

/** Write the time of day of an instant. */
export function clock(text) {
  return new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(new Date(text));
}
