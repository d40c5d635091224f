/** The map of every page: our own data as base map, what lies on it, and what the reader points at. */

import { readAddress, writeAddress } from "./address.js";
import * as base from "./base_style.js";
import * as grids from "./grid_style.js";
import { page, say } from "./page_data.js";

const TILE_GRID = ol.tilegrid.createXYZ({ maxZoom: 17, tileSize: 512 });
const WORLD = "EPSG:3857";
const FINGER_PX = 4; // a tap that moves less is no drag

const SOURCES = [
  "areas",
  "area_borders",
  "area_names",
  "micro_grids",
  "micro_grid_names",
  "buildings",
  "roads",
  "water",
  "railways",
  "compounds",
  "stations",
];

function addressOf(layer, plan) {
  return `/tiles/${layer}/{z}/{x}/{y}.mvt${plan === null ? "" : `?plan=${plan}`}`;
}

function tiles(layer) {
  return new ol.source.VectorTile({
    format: new ol.format.MVT(),
    url: addressOf(layer, null),
    tileGrid: TILE_GRID,
    overlaps: layer !== "micro_grids",
  });
}

function drawn(source, style, zIndex, more = {}) {
  return new ol.layer.VectorTile({ source, style, zIndex, ...more });
}

/** Names keep clear of each other across all layers; the higher layer is placed first. */
function named(source, style, zIndex, minZoom) {
  return drawn(source, style, zIndex, { declutter: true, minZoom, properties: { names: true } });
}

/** A base map from outside takes the place of our land, water and roads; our buildings stay. */
function externalLayers(sources) {
  const url = page.base_map.url.replace("{s}", "{a-c}");
  const source = new ol.source.XYZ({ url, attributions: page.base_map.credit });
  return [
    new ol.layer.Tile({ source, zIndex: 0 }),
    drawn(sources.buildings, base.buildingStyle, 6, { minZoom: 13.5 }),
    named(sources.buildings, grids.buildingNameStyle, 33, 16.5),
    named(sources.stations, base.stationStyle, 34, 13),
  ];
}

function baseLayers(sources) {
  return [
    drawn(sources.compounds, base.compoundStyle, 1, { minZoom: 13 }),
    drawn(sources.water, base.waterStyle, 2),
    drawn(sources.roads, base.roadStyle, 4),
    drawn(sources.railways, base.railwayStyle, 5, { minZoom: 10 }),
    drawn(sources.buildings, base.buildingStyle, 6, { minZoom: 13.5 }),
    named(sources.water, base.waterNameStyle, 30, 12),
    named(sources.roads, base.roadNameStyle, 31, 14),
    named(sources.compounds, base.compoundNameStyle, 32, 15),
    named(sources.buildings, grids.buildingNameStyle, 33, 16.5),
    named(sources.stations, base.stationStyle, 34, 13),
  ];
}

/** A second drawing of the sources that frames a single micro-grid; cheap to change. */
function frameLayer(sources, zIndex, isChosen) {
  const frame = { code: null };
  const only = (style) => (feature) => (feature.get("code") === frame.code ? style : null);
  const options = { renderMode: "vector" };
  const layers = [drawn(sources.micro_grids, only(grids.frameStyle(isChosen)), zIndex, options)];
  if (isChosen) layers.push(drawn(sources.micro_grid_names, only(grids.ringStyle()), zIndex, options));
  return {
    layers,
    show(code) {
      if (frame.code === code) return;
      frame.code = code;
      for (const layer of layers) layer.changed();
    },
  };
}

/** Give what the address says of the place, or the extent of what the reader may see. */
function placeView(map) {
  const { at, zoom } = readAddress();
  const [lon, lat] = (at || "").split(",").map(Number);
  if (at && Number.isFinite(lon) && Number.isFinite(lat)) {
    map.getView().setCenter(ol.proj.fromLonLat([lon, lat]));
    map.getView().setZoom(Number(zoom) || 15);
    return;
  }
  if (page.extent) fitTo(map, page.extent, { duration: 0 });
}

/** Move the map so that `[west, south, east, north]` in degrees fills it. */
export function fitTo(map, bounds, { duration = 250, maxZoom = 17.5, padding = [24, 24, 24, 24] } = {}) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.getView().fit(ol.proj.transformExtent(bounds, "EPSG:4326", WORLD), {
    padding,
    duration: calm ? 0 : duration,
    maxZoom,
  });
}

function keepAddress(map) {
  map.on("moveend", () => {
    const [lon, lat] = ol.proj.toLonLat(map.getView().getCenter());
    writeAddress({
      at: `${lon.toFixed(5)},${lat.toFixed(5)}`,
      zoom: map.getView().getZoom().toFixed(2),
    });
  });
}

function controls() {
  return [
    new ol.control.Zoom({ zoomInTipLabel: say("pages.zoom_in"), zoomOutTipLabel: say("pages.zoom_out") }),
    new ol.control.ScaleLine({ minWidth: 64 }),
    new ol.control.Attribution({ collapsible: false }),
  ];
}

/**
 * Make the map in `target`.
 *
 * @param {HTMLElement} target
 * @param {{marksAddress?: boolean}} options whether the address follows the view
 * @returns {{map, sources, chosen, pointed, cells, cellNames, showPlan}}
 */
export function makeMap(target, { marksAddress = true } = {}) {
  const sources = Object.fromEntries(SOURCES.map((name) => [name, tiles(name)]));
  const cells = drawn(sources.micro_grids, grids.microGridStyle, 10, { minZoom: grids.MICRO_GRID_ZOOM });
  const cellNames = named(sources.micro_grid_names, grids.microGridNameStyle, 40, 11);
  const pointed = frameLayer(sources, 20, false);
  const chosen = frameLayer(sources, 21, true);
  const map = new ol.Map({
    target,
    moveTolerance: FINGER_PX,
    controls: controls(),
    layers: [
      ...(page.base_map.url ? externalLayers(sources) : baseLayers(sources)),
      cells,
      drawn(sources.area_borders, grids.areaBorderStyle, 15),
      ...pointed.layers,
      ...chosen.layers,
      cellNames,
      named(sources.area_names, grids.areaNameStyle, 41, 5),
    ],
    view: new ol.View({ projection: WORLD, center: [0, 0], zoom: 3, minZoom: 3, maxZoom: 20 }),
  });
  placeView(map);
  if (marksAddress) keepAddress(map);
  let shownPlan = null;
  const showPlan = (plan) => {
    if (plan === shownPlan) return;
    shownPlan = plan;
    for (const name of ["micro_grids", "micro_grid_names"]) sources[name].setUrl(addressOf(name, plan));
  };
  return { map, sources, chosen, pointed, cells, cellNames, showPlan };
}

/** Call `pointed(feature | null, event)` for what lies below the pointer in one of `layers`, `clicked` on a click. */
export function onPoint(map, layers, { pointed, clicked }) {
  const at = (pixel) =>
    map.forEachFeatureAtPixel(pixel, (feature) => feature, { layerFilter: (one) => layers.includes(one) }) || null;
  map.on("pointermove", (event) => {
    if (event.dragging) return;
    const feature = at(event.pixel);
    map.getTargetElement().classList.toggle("points", feature !== null);
    pointed(feature, event);
  });
  map.getViewport().addEventListener("pointerleave", () => pointed(null, null));
  map.on("singleclick", (event) => clicked(at(event.pixel), event));
}
