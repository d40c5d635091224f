/** Pins of comments on the map, and the choice of a point for a new one. */

import { make } from "./elements.js";
import { placeName } from "./comment_threads.js";
import { say } from "./page_data.js";

const STEP_PX = 60;
const DECIMALS = 1e7;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Pins as buttons: keys reach them, and screen readers name them. */
export class Pins {
  constructor(map, choose) {
    Object.assign(this, { map, choose, overlays: [] });
  }

  show(threads, chosen) {
    for (const overlay of this.overlays) this.map.removeOverlay(overlay);
    this.overlays = threads
      .filter((thread) => thread.pin.pin_lon !== null)
      .map((thread) => this.overlayOf(thread, thread.key === chosen));
    for (const overlay of this.overlays) this.map.addOverlay(overlay);
  }

  overlayOf(thread, isChosen) {
    const { pin, comments, isOpen, key } = thread;
    const state = say(`comments.state_${isOpen ? "open" : "resolved"}`);
    const label = say("comments.pin_label", { place: placeName(pin), count: comments.length, state });
    const element = make(
      "button.comment-pin",
      {
        type: "button",
        title: label,
        "aria-label": label,
        "aria-pressed": String(isChosen),
        "data-pin": key,
        "data-state": isOpen ? "open" : "resolved",
        onclick: () => this.choose(key),
      },
      isOpen ? String(comments.length) : "✓",
    );
    const position = ol.proj.fromLonLat([pin.pin_lon, pin.pin_lat]);
    return new ol.Overlay({ element, position, positioning: "bottom-center", stopEvent: true });
  }
}

/**
 * Ask for a point: the next click on the map, or its middle by Enter.
 *
 * A sheet lies over the map meanwhile, so that no gesture of the page below begins.
 *
 * @returns {Promise<[number, number]|null>} longitude and latitude; null when called off
 */
export function pickPoint(map, place) {
  const view = map.getView();
  const sheet = make("div.comment-sheet", { tabindex: "0", role: "application", "aria-label": say("comments.pick_hint") });
  const hint = make("p.comment-hint", { role: "status" }, say("comments.pick_hint"));
  place.append(sheet, hint);
  sheet.focus();
  return new Promise((resolve) => {
    const end = (coordinate) => {
      sheet.remove();
      hint.remove();
      const degrees = coordinate && ol.proj.toLonLat(coordinate);
      resolve(degrees && degrees.map((value) => Math.round(value * DECIMALS) / DECIMALS));
    };
    sheet.addEventListener("click", (event) => end(map.getEventCoordinate(event)));
    sheet.addEventListener("wheel", (event) => {
      event.preventDefault();
      view.adjustZoom(event.deltaY < 0 ? 0.5 : -0.5, map.getEventCoordinate(event));
    });
    sheet.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow && !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      if (!arrow) return end(event.key === "Enter" ? view.getCenter() : null);
      const [x, y] = view.getCenter();
      const step = STEP_PX * view.getResolution();
      view.setCenter([x + arrow[0] * step, y + arrow[1] * step]);
    });
  });
}
