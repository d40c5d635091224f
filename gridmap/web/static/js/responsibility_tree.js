/** The responsibility tree: from the district down to a place and on below it, walked with the arrow keys. */

import { ask } from "./api.js";
import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { areaName, count, households, page, say } from "./page_data.js";

const HAS_BELOW = ["area", "micro_grid", "building"];

/** Ask who answers for a place and what lies below it. */
export function askTree({ kind, code }, geometry = false) {
  const path = code.split("/").map(encodeURIComponent).join("/");
  return ask(`/places/${kind}/${path}/responsibility`, { query: { geometry: geometry ? true : null } });
}

/** Name a place of the tree. */
export function placeName(place) {
  if (place.kind === "entrance") {
    return place.name || say("responsibility.entrance", { number: place.code.split("/")[1] });
  }
  if (place.kind === "micro_grid") return `${shortCode(place.code)} ${place.name}`.trim();
  return areaName(place) || place.code;
}

/** Name a post: its role and number. */
export function postName(post) {
  return `${page.language === "zh" ? post.role_zh : post.role_en} ${post.code}`;
}

function postsText(place) {
  if (typeof place.posts === "number") {
    return place.posts ? say("responsibility.posts", { count: count(place.posts) }) : say("responsibility.nobody");
  }
  if (!place.posts.length) return say("responsibility.nobody");
  const more = place.posts.length - 1;
  return postName(place.posts[0]) + (more ? ` ${say("responsibility.more", { count: count(more) })}` : "");
}

function rowOf(place) {
  const nobody = place.posts === 0 || place.posts.length === 0;
  const part = place.kind === "compound" ? ` · ${say("responsibility.beside")}` : "";
  return make(
    "span.row",
    {},
    make("span.badge", {}, say(`coverage.level_${place.level}`)),
    make("b", {}, placeName(place)),
    make("span.homes", {}, households(place.households, place.households_estimated)),
    make(nobody ? "span.nobody" : "span.quiet", {}, (nobody ? "○ " : "") + postsText(place) + part),
  );
}

function item(place, level, { parts = [], isOpen = false, isPath = false } = {}) {
  const group = make("ul", { role: "group", hidden: !isOpen }, ...parts);
  const grows = HAS_BELOW.includes(place.kind);
  const attributes = {
    role: "treeitem",
    "aria-level": level,
    "aria-expanded": grows ? String(isOpen) : null,
    "aria-selected": "false",
    tabindex: "-1",
    "data-kind": place.kind,
    "data-code": place.code,
  };
  const element = make("li", attributes, rowOf(place), ...(grows ? [group] : []));
  element.place = place;
  element.isRead = parts.length > 0 && !isPath;
  return element;
}

function grow(answer) {
  const { steps, below } = answer;
  let inner = below.map((one) => item(one, steps.length + 1));
  let made = null;
  steps.toReversed().forEach((step, back) => {
    const isPlace = back === 0;
    const options = { parts: inner, isOpen: inner.length > 0, isPath: !isPlace };
    if (step.kind === "compound" || (made && step.kind === "micro_grid" && made.dataset.kind === "micro_grid")) {
      // Beside the chain, not above what follows.
      inner = [item(step, steps.length - back), ...inner];
      return;
    }
    made = item(step, steps.length - back, options);
    inner = [made];
  });
  return inner;
}

function setLevels(items, level) {
  for (const one of items) {
    one.setAttribute("aria-level", level);
    setLevels(one.querySelectorAll(":scope > ul > li"), level + 1);
  }
}

/**
 * Grow the tree of a place in `target`.
 *
 * @param {HTMLElement} target
 * @param {object} answer of the API for the place
 * @param {(place: object) => void} chosen called for the item that is chosen
 */
export function showTree(target, answer, chosen) {
  const tree = make("ul.tree", { role: "tree", "aria-label": say("responsibility.title") }, ...grow(answer));
  setLevels(tree.children, 1);
  target.replaceChildren(tree);
  const seen = () => [...tree.querySelectorAll("[role=treeitem]")].filter((one) => !one.closest("ul[hidden]"));

  const stand = (one) => {
    for (const other of tree.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    one.tabIndex = 0;
    one.focus();
  };
  const choose = (one) => {
    for (const other of tree.querySelectorAll("[aria-selected=true]")) other.setAttribute("aria-selected", "false");
    one.setAttribute("aria-selected", "true");
    chosen(one.place);
  };
  const close = (one) => {
    one.setAttribute("aria-expanded", "false");
    one.querySelector(":scope > ul").hidden = true;
  };
  const open = async (one) => {
    const group = one.querySelector(":scope > ul");
    if (!one.isRead) {
      const { below } = await askTree(one.place);
      const kept = new Map([...group.children].map((child) => [child.dataset.kind + child.dataset.code, child]));
      group.replaceChildren(...below.map((place) => kept.get(place.kind + place.code) || item(place, 0)));
      setLevels(group.children, Number(one.getAttribute("aria-level")) + 1);
      one.isRead = true;
      if (!below.length) group.append(make("li.quiet", { role: "none" }, say("responsibility.nothing_below")));
    }
    group.hidden = false;
    one.setAttribute("aria-expanded", "true");
  };

  tree.addEventListener("click", (event) => {
    const one = event.target.closest("[role=treeitem]");
    if (!one) return;
    stand(one);
    choose(one);
    if (one.getAttribute("aria-expanded") === "true" && one.isRead) close(one);
    else if (one.hasAttribute("aria-expanded")) open(one);
  });
  tree.addEventListener("keydown", async (event) => {
    const one = event.target.closest("[role=treeitem]");
    const items = seen();
    const at = items.indexOf(one);
    const state = one.getAttribute("aria-expanded");
    const parent = one.parentElement.closest("[role=treeitem]");
    const steps = { ArrowDown: items[at + 1], ArrowUp: items[at - 1], Home: items[0], End: items.at(-1) };
    if (event.key in steps) stand(steps[event.key] || one);
    else if (event.key === "ArrowRight" && (state === "false" || (state === "true" && !one.isRead))) await open(one);
    else if (event.key === "ArrowRight" && state === "true") stand(one.querySelector("[role=treeitem]") || one);
    else if (event.key === "ArrowLeft" && state === "true") close(one);
    else if (event.key === "ArrowLeft" && parent) stand(parent);
    else if (event.key === "Enter" || event.key === " ") choose(one);
    else return;
    event.preventDefault();
  });
  const place = answer.steps.at(-1);
  const own = seen().find((one) => one.dataset.kind === place.kind && one.dataset.code === place.code);
  own.tabIndex = 0;
  own.setAttribute("aria-selected", "true");
  own.setAttribute("aria-current", "location");
}
