/** The map of the field page: one's own micro-grids, what is done and due, the way there. */

import { make } from "./elements.js";
import { askedBuildings, visitOf } from "./field_facts.js";
import { kindName, shortDay } from "./field_words.js";
import { foreignStyle, microGridStyle } from "./grid_style.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { count, page, say } from "./page_data.js";
import { ACCENT, INK, TYPE } from "./palette.js";

const { Circle, Fill, Stroke, Style, Text } = ol.style;
const SIGN_PX = 12;
const DONE = "#006b4e";
const DUE = "#9a3f00";
const place = ({ lon, lat }) => new ol.geom.Point(ol.proj.fromLonLat([lon, lat]));

/** A round sign: ✓ in green where it is done, ○ or the number of the stop where it is due. */
function signStyle(text, colour, isNext) {
  return new Style({
    image: new Circle({
      radius: isNext ? SIGN_PX + 4 : SIGN_PX,
      declutterMode: "obstacle", // names make room for it
      fill: new Fill({ color: isNext ? ACCENT : "#ffffff" }),
      stroke: new Stroke({ color: isNext ? "#ffffff" : colour, width: 2.5 }),
    }),
    text: new Text({ text, font: `600 14px ${TYPE}`, fill: new Fill({ color: isNext ? "#ffffff" : colour }), declutterMode: "obstacle" }),
    zIndex: isNext ? 3 : 2,
  });
}

const wayStyle = (isStraight) => [
  new Style({ stroke: new Stroke({ color: "#ffffff", width: 7 }) }),
  new Style({ stroke: new Stroke({ color: ACCENT, width: 4, lineDash: isStraight ? [2, 8] : undefined }) }),
];

const hereStyle = new Style({
  image: new Circle({ radius: 8, fill: new Fill({ color: INK }), stroke: new Stroke({ color: "#ffffff", width: 3 }) }),
  zIndex: 4,
});

function boundsOf(cells, buildings) {
  const boxes = [...cells.filter((cell) => cell.bounds).map((cell) => cell.bounds), ...buildings.map(({ lon, lat }) => [lon, lat, lon, lat])];
  if (!boxes.length) return null;
  const side = (at, of) => of(...boxes.map((box) => box[at]));
  return [side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)];
}

/** Say what the signs mean, with how many there are and of which days. */
function showLegend(host, facts, kind, buildings) {
  const visits = buildings.map((building) => visitOf(building, kind)).filter(Boolean);
  host.hidden = !visits.length;
  if (!visits.length) return;
  const done = visits.filter((visit) => visit.done).length;
  const [{ due_first_day: first, due_last_day: last }] = visits;
  const days = first === last ? shortDay(first) : `${shortDay(first)}–${shortDay(last)}`;
  host.replaceChildren(
    make("b", {}, `${kindName(facts, kind)} ${days}`),
    make("span.sign.done", {}, `✓ ${say("field.legend_done", { count: count(done) })}`),
    make("span.sign.due", {}, `○ ${say("field.legend_due", { count: count(visits.length - done) })}`),
  );
}

/** The map, and what the page shows on it. */
export class FieldMap {
  constructor(target, legend, opened) {
    this.view = makeMap(target);
    this.legend = legend;
    this.codes = new Set();
    this.signs = new ol.source.Vector();
    this.way = new ol.source.Vector();
    this.here = new ol.source.Vector();
    const layer = (source, zIndex, more = {}) => new ol.layer.Vector({ source, zIndex, ...more });
    this.signLayer = layer(this.signs, 52, { declutter: true });
    for (const one of [layer(this.way, 50), this.signLayer, layer(this.here, 53)]) this.view.map.addLayer(one);
    this.view.cells.setStyle((feature, resolution) => (this.codes.has(feature.get("code")) ? microGridStyle : foreignStyle)(feature, resolution));
    onPoint(this.view.map, [this.signLayer], { pointed: () => undefined, clicked: (feature) => feature && opened(feature.get("building")) });
  }

  /** Show one's area; the view goes there the first time. */
  showArea(facts, { isFirst }) {
    this.codes = new Set(facts.micro_grids.map((cell) => cell.code));
    this.view.cells.changed();
    const bounds = boundsOf(facts.micro_grids, facts.buildings);
    if (isFirst && bounds) fitTo(this.view.map, bounds, { duration: 0 });
  }

  /** Show what is done and due of a kind. */
  showDue(facts, kind) {
    this.facts = facts;
    this.kind = kind;
    showLegend(this.legend, facts, kind, askedBuildings(facts));
    this.drawSigns([]);
  }

  drawSigns(stops) {
    const numbers = new Map(stops.map((stop, at) => [stop.building.id, at + 1]));
    const features = askedBuildings(this.facts).flatMap((building) => {
      const visit = visitOf(building, this.kind);
      if (!visit) return [];
      const number = numbers.get(building.id);
      const feature = new ol.Feature({ geometry: place(building), building: building.id });
      feature.setStyle(signStyle(visit.done ? "✓" : String(number ?? "○"), visit.done ? DONE : DUE, number === 1));
      return [feature];
    });
    this.signs.clear();
    this.signs.addFeatures(features);
  }

  /** Draw a line; a straight one is dotted, for nobody walks like that. */
  drawWay(line, isStraight) {
    this.way.clear();
    if (!line || !line.coordinates.length) return;
    const geometry = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" }).readGeometry(line);
    const feature = new ol.Feature({ geometry });
    feature.setStyle(wayStyle(isStraight));
    this.way.addFeature(feature);
  }

  showRound(round) {
    this.drawSigns(round?.stops ?? []);
    this.drawWay(round?.line ?? null, round?.isStraight);
  }

  showWay(way, building) {
    this.drawWay(way?.line ?? null, way?.isStraight);
    const ends = way?.line?.coordinates.flat().length ? way.line.coordinates : [[building.lon, building.lat]];
    const [lons, lats] = [ends.map(([lon]) => lon), ends.map(([, lat]) => lat)];
    fitTo(this.view.map, [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: [48, 48, 48, 48] });
  }

  showMicroGrid({ code, bounds }) {
    this.view.chosen.show(code);
    if (bounds) fitTo(this.view.map, bounds, { maxZoom: 17.5, padding: [40, 40, 40, 40] });
  }

  showHere(position) {
    this.here.clear();
    if (!position) return;
    const feature = new ol.Feature({ geometry: place(position) });
    feature.setStyle(hereStyle);
    this.here.addFeature(feature);
  }

  resized() {
    this.view.map.updateSize();
  }
}

/** Tell whether an outside base map is shown, which is not kept on the phone. */
export const hasOutsideMap = Boolean(page.base_map.url);
