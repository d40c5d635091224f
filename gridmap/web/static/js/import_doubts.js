/** What the polygons of a file leave in doubt: a list, and the places on a map of the new draft. */

import { textStyle } from "./base_style.js";
import { make, walkByArrows } from "./elements.js";
import { ringStyle, shortCode } from "./grid_style.js";
import { fitTo, makeMap } from "./map.js";
import { count, say } from "./page_data.js";
import * as palette from "./palette.js";
import { fileLink } from "./table_file.js";

const SHOWN = 500;
const COLUMNS = ["where", "column", "reason", "value", "hint", "text", "building_id", "lon", "lat"];
const LEFT = new Set(["doubt_in_none", "doubt_other_grid"]); // the building got no micro-grid
const NEAR = 0.0012; // degrees around a place that is looked at
const { Circle, Fill, Stroke, Style } = ol.style;

/** A square is not assigned, a disc is: told apart without their colours. */
function styleOf(isLeft) {
  const fill = new Fill({ color: isLeft ? "#d55e00" : "#e69f00" });
  const stroke = new Stroke({ color: "#ffffff", width: 2 });
  const image = isLeft
    ? new ol.style.RegularShape({ points: 4, angle: Math.PI / 4, radius: 15, fill, stroke })
    : new Circle({ radius: 11, fill, stroke });
  return (number) => new Style({ image, text: textStyle(number, { size: 12, weight: 600 }) });
}

const styles = { left: styleOf(true), kept: styleOf(false) };

/** The words of a doubt without its place. */
function wordsOf(doubt) {
  const place = doubt.column ? `${doubt.where} · ${doubt.column}` : doubt.where;
  return doubt.text.startsWith(place) ? doubt.text.slice(place.length).replace(/^[:：]\s*/, "") : doubt.text;
}

let view = null;

/** One map serves every file that is imported while the page is open. */
function openMap(plan) {
  const source = new ol.source.Vector();
  const chosen = new ol.source.Vector();
  document.getElementById("map-place").hidden = false;
  if (view) {
    view.map.removeLayer(view.layer);
    view.map.removeLayer(view.chosenLayer);
  } else {
    view = makeMap(document.getElementById("map"), { marksAddress: false });
  }
  view.showPlan(plan);
  view.layer = new ol.layer.Vector({
    source,
    zIndex: 50,
    style: (feature) => styles[feature.get("isLeft") ? "left" : "kept"](String(feature.get("number"))),
  });
  view.chosenLayer = new ol.layer.Vector({ source: chosen, style: ringStyle(), zIndex: 51 });
  view.map.addLayer(view.layer);
  view.map.addLayer(view.chosenLayer);
  return { source, chosen };
}

function legend() {
  const item = (kind, sign) => make("li", {}, make(`span.doubt-sign.${kind}`, { "aria-hidden": "true" }, sign), say(`import.legend_${kind}`));
  return make("ul.doubt-legend", {}, item("kept", "●"), item("left", "■"));
}

function rowOf(doubt, number, go) {
  const place = doubt.lon === null ? make("span.quiet.small", {}, say("import.no_place")) : null;
  const where = doubt.where.split("/").at(-1);
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-doubt": number, "data-reason": doubt.reason, "aria-pressed": "false", disabled: doubt.lon === null, onclick: () => go(number) },
      make(`span.doubt-sign.${LEFT.has(doubt.reason) ? "left" : "kept"}`, { "aria-hidden": "true" }, LEFT.has(doubt.reason) ? "■" : "●"),
      make("b", {}, `${number} ${where}`),
      make("span.quiet", {}, doubt.column ? shortCode(doubt.column) : ""),
      make("span.words", {}, wordsOf(doubt)),
      place,
    ),
  );
}

/** Show the doubtful things of an import on the map, and give their list. */
export function showDoubts(answer, name) {
  // What got no micro-grid comes first: it is what must be mended.
  const doubtful = [...answer.doubtful].sort((one, two) => LEFT.has(two.reason) - LEFT.has(one.reason));
  if (!doubtful.length) return [make("p.quiet", {}, say("import.doubtful_none"))];
  const { source, chosen } = openMap(answer.plan_id);
  const places = new Map();
  doubtful.forEach((doubt, at) => {
    if (doubt.lon === null) return;
    const geometry = new ol.geom.Point(ol.proj.fromLonLat([doubt.lon, doubt.lat]));
    const feature = new ol.Feature({ geometry, number: at + 1, isLeft: LEFT.has(doubt.reason) });
    places.set(at + 1, { feature, doubt });
    source.addFeature(feature);
  });
  const list = make("ul.doubts", { id: "doubts" });
  const go = (number, { fit = true } = {}) => {
    const { feature, doubt } = places.get(number);
    chosen.clear();
    chosen.addFeature(new ol.Feature(feature.getGeometry()));
    list.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
    const button = list.querySelector(`[data-doubt="${number}"]`);
    button?.setAttribute("aria-pressed", "true");
    button?.scrollIntoView({ block: "nearest" });
    if (fit) fitTo(view.map, [doubt.lon - NEAR, doubt.lat - NEAR, doubt.lon + NEAR, doubt.lat + NEAR]);
  };
  list.append(...doubtful.slice(0, SHOWN).map((doubt, at) => rowOf(doubt, at + 1, go)));
  walkByArrows(list, "button:not(:disabled)");
  view.map.on("singleclick", (event) => {
    const feature = view.map.forEachFeatureAtPixel(event.pixel, (one) => one, { layerFilter: (one) => one === view.layer });
    if (feature && source.hasFeature(feature)) go(feature.get("number"), { fit: false });
  });
  if (places.size) {
    const bounds = ol.proj.transformExtent(source.getExtent(), "EPSG:3857", "EPSG:4326");
    fitTo(view.map, bounds, { padding: [48, 48, 48, 48], maxZoom: 17 });
  }
  const cut = say("import.shown", { shown: count(SHOWN), total: count(doubtful.length) });
  return [
    make("h2", {}, say("import.doubtful", { count: count(doubtful.length) })),
    make("div.actions", {}, fileLink(`${name}.doubtful.csv`, COLUMNS, doubtful, say("import.doubtful_file"))),
    legend(),
    doubtful.length > SHOWN ? make("p.quiet.small", {}, cut) : null,
    list,
  ].filter(Boolean);
}

/** Put the map away. */
export function hideDoubts() {
  document.getElementById("map-place").hidden = true;
}
