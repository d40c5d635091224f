/** The address of a view: area, zoom, period, filters; a link restores what it names. */

const listeners = [];

/** Read all that the address names, as an object of strings. */
export function readAddress() {
  return Object.fromEntries(new URLSearchParams(window.location.search));
}

/** Change what the address names; null removes a name. */
export function writeAddress(changes, { step = false } = {}) {
  const named = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") named.delete(name);
    else named.set(name, value);
  }
  const query = named.toString().replaceAll("%2C", ",");
  const address = window.location.pathname + (query ? `?${query}` : "");
  if (address === window.location.pathname + window.location.search) return;
  window.history[step ? "pushState" : "replaceState"](null, "", address);
}

/** Call `back` when the reader goes back or forth. */
export function onStepBack(back) {
  listeners.push(back);
}

window.addEventListener("popstate", () => {
  for (const back of listeners) back(readAddress());
});
