/** Opening: the grids of the area asked for, or a choice of areas where they are too many at once. */

import { ask, Problem } from "./api.js";
import * as calls from "./calls.js";
import { readGeometry } from "./editor_places.js";
import { choiceStyle } from "./editor_styles.js";
import { make, walkByArrows } from "./elements.js";
import { areaName, count, households, say } from "./page_data.js";

const TOO_MANY = 422;

/** Read the grids below an area; null where there are too many to be opened at once. */
export async function readDivisions(plan, area) {
  try {
    return await ask(`/plans/${plan}/divisions`, { query: { area } });
  } catch (fault) {
    if (fault instanceof Problem && [400, TOO_MANY].includes(fault.status)) return null;
    throw fault;
  }
}

function step(area, { isHere, open }) {
  return make(
    "button",
    { type: "button", "aria-current": isHere ? "location" : null, onclick: () => open(area.code) },
    areaName(area),
  );
}

/** The trail of areas above the list, and what lies below as a menu. */
export async function showTrail(code, open) {
  const area = await calls.getArea(code);
  const inside = await calls.listAreas({ parent: code });
  document
    .getElementById("trail")
    .replaceChildren(
      ...area.parents.map((parent) => step(parent, { isHere: false, open })),
      step(area, { isHere: true, open }),
    );
  const list = document.getElementById("children");
  list.replaceChildren(
    ...inside.map((child) =>
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", "data-area": child.code, onclick: () => open(child.code) },
          make("span", {}, areaName(child)),
          make("span", {}, `${say(`pages.kind_${child.level}`)} · ${households(child.households)}`),
        ),
      ),
    ),
  );
  const below = document.getElementById("below");
  below.hidden = inside.length === 0;
  below.open = false;
  document.getElementById("below-count").textContent = count(inside.length);
  return { area, inside };
}

/** The areas below, drawn on the map to be clicked, while the area opened is too large. */
export class Choices {
  constructor(map, place) {
    Object.assign(this, { map, place });
    this.source = new ol.source.Vector();
    map.addLayer(new ol.layer.Vector({ source: this.source, style: choiceStyle, zIndex: 50, declutter: true }));
    map.on("click", ({ coordinate }) => {
      const [feature] = this.source.getFeaturesAtCoordinate(coordinate);
      if (feature) this.open(feature.get("code"));
    });
    walkByArrows(document.getElementById("children"), "button");
  }

  /** Say that there are too many grids at once, and offer what is smaller. */
  async ask(area, open) {
    this.open = open;
    const inside = await calls.listAreas({ parent: area.code, geometry: true });
    this.source.clear();
    this.source.addFeatures(
      inside
        .filter((child) => child.geometry)
        .map(
          (child) =>
            new ol.Feature({ code: child.code, name: areaName(child), geometry: readGeometry(child.geometry) }),
        ),
    );
    document.getElementById("below").open = true;
    this.place.replaceChildren(
      make("p", {}, make("b", {}, say("editor.too_many_title", { area: areaName(area) }))),
      make("p", {}, say("editor.too_many_do")),
    );
    this.place.hidden = false;
  }

  close() {
    this.source.clear();
    this.place.hidden = true;
  }
}
