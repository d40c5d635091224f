/** Make elements without a line of HTML in a string, so that no text from data is ever read as markup. */

/**
 * Make an element.
 *
 * @param {string} name tag, with classes behind dots: "p.notice.fault"
 * @param {object} attributes `on…` adds a listener, true sets an empty attribute, null and false none
 * @param {...(Node|string|null)} children
 */
export function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make an icon from the page's own set. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#icon-${name}`);
  drawing.append(use);
  return drawing;
}

/** The shape that says a status without its colour. */
export const MARKS = { under: "▽", in_band: "✓", over: "▲", finding: "!", stacked: "≡" };

/** Make the mark of a status, with its name for those who cannot see it. */
export function mark(status, name) {
  return make(`span.mark.${status}`, { role: "img", "aria-label": name, title: name }, MARKS[status]);
}

/** A row's button for a micro-grid: pointing at it lights it up on the map, pressing it chooses it. */
export function cellButton(code, title, { point, choose }, ...children) {
  const attributes = {
    type: "button",
    "data-code": code,
    "aria-pressed": "false",
    title,
    onclick: () => choose(code, { fit: true }),
    onmouseenter: () => point(code),
    onmouseleave: () => point(null),
    onfocus: () => point(code),
  };
  return make("button", attributes, ...children);
}

/** Move the focus through `items` of a list with the arrow keys, Home and End. */
export function walkByArrows(list, selector) {
  list.addEventListener("keydown", (event) => {
    const items = [...list.querySelectorAll(selector)];
    const at = items.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[Math.max(0, Math.min(items.length - 1, to))].focus();
  });
}

/** Make `tabs` (buttons with aria-controls) show one panel at a time; arrows move between them. */
export function chooseByTabs(strip, chosen) {
  const tabs = [...strip.querySelectorAll("[role=tab]")];
  const choose = (tab) => {
    for (const other of tabs) {
      const isChosen = other === tab;
      other.setAttribute("aria-selected", String(isChosen));
      other.tabIndex = isChosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !isChosen;
    }
    chosen(tab.dataset.tab);
  };
  strip.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab);
  });
  strip.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    choose(next);
  });
  return (name) => choose(tabs.find((tab) => tab.dataset.tab === name) || tabs[0]);
}
