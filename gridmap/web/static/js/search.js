/** The search box of the bar: areas, compounds, buildings, micro-grid codes, stations. */

import { ask, Problem } from "./api.js";
import { make } from "./elements.js";
import { say, sayOr } from "./page_data.js";

const WAIT_MS = 180;
const ZOOMS = { district: "12", street: "13", community: "14.5", grid: "15.5" };

function chosenAddress(place) {
  if (place.kind === "building") return `/buildings/${place.code}`;
  if (place.kind === "station") return `/stations/${encodeURIComponent(place.code)}`;
  const here = window.location.pathname;
  const page = ["/planner", "/officials", "/field"].includes(here) ? here : "/";
  const named = new URLSearchParams();
  if (place.lon !== null) {
    named.set("at", `${place.lon.toFixed(5)},${place.lat.toFixed(5)}`);
    named.set("zoom", ZOOMS[place.detail] || "16.5");
  }
  if (place.kind === "area") named.set("area", place.code);
  if (place.kind === "micro_grid") named.set("micro_grid", place.code);
  return `${page}?${named.toString().replaceAll("%2C", ",")}`;
}

function titleOf(place) {
  return (place.kind === "building" && place.detail) || place.name || place.code;
}

function optionOf(place, number, go) {
  const kind = sayOr(`pages.kind_${place.kind === "area" ? place.detail : place.kind}`, place.kind);
  return make(
    "li",
    { role: "option", id: `found-${number}`, "aria-selected": "false", onmousedown: () => go(place) },
    make("span", {}, titleOf(place)),
    make("span", {}, kind),
  );
}

/** Bring the search box to life. */
export function startSearch(box) {
  const input = box.querySelector("input");
  const list = box.querySelector(".found");
  const said = box.querySelector("#found-said");
  const state = { places: [], at: -1, timer: 0, abort: null };
  const go = (place) => window.location.assign(chosenAddress(place));

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    said.textContent = "";
    state.at = -1;
  };
  const open = (words, ...children) => {
    said.textContent = words;
    list.replaceChildren(...(children.length ? children : [make("li", {}, make("p", {}, words))]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };
  const look = async () => {
    const text = input.value.trim();
    state.abort?.abort();
    if (!text) return close();
    state.abort = new AbortController();
    try {
      const answer = await ask("/places", { query: { q: text }, signal: state.abort.signal });
      state.places = answer.items;
      state.at = -1;
      const options = state.places.map((place, number) => optionOf(place, number, go));
      const words = options.length ? say("pages.search_found", { count: options.length }) : say("pages.search_nothing");
      return open(words, ...options);
    } catch (fault) {
      if (fault.name === "AbortError") return undefined;
      if (!(fault instanceof Problem)) throw fault;
      return open(fault.message);
    }
  };
  const step = (by) => {
    const options = [...list.querySelectorAll("[role=option]")];
    if (!options.length) return;
    state.at = (state.at + by + options.length) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === state.at)));
    options[state.at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[state.at].id);
  };

  input.addEventListener("input", () => {
    window.clearTimeout(state.timer);
    state.timer = window.setTimeout(look, WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.key === "Enter") {
      event.preventDefault();
      const place = state.places[Math.max(0, state.at)];
      if (place && !list.hidden) go(place);
    }
  });
  input.addEventListener("blur", close);
  input.addEventListener("focus", () => input.value.trim() && look());
}
