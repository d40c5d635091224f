/** The heatmap on a map: classes joined by code onto the vector tiles, or onto hexagons that come with the answer. */

import { zoomOf } from "./base_style.js";
import { fillOf } from "./heat_classes.js";
import { SIGNS } from "./heat_scale.js";
import { INK, PAPER, TYPE } from "./palette.js";

const { Fill, Stroke, Style, Text } = ol.style;
const FIGURES_FROM = { micro_grid: 15, grid: 13, community: 11, hexagon: 13 };
const NEAR = 14.5;

const edge = (colour, width) => new Stroke({ color: colour, width });

function stylesOf(kind) {
  const fill = new Fill({ color: fillOf(kind) });
  return {
    near: new Style({ fill, stroke: edge("rgba(31,41,51,0.4)", 1) }),
    far: new Style({ fill, stroke: edge("rgba(250,250,247,0.6)", 0.5) }),
  };
}

const pale = new Style({ fill: new Fill({ color: "rgba(0,0,0,0.004)" }), stroke: edge("rgba(31,41,51,0.35)", 0.8) });
const framed = new Style({ stroke: edge(INK, 3), zIndex: 5 });

function figureStyle(text) {
  return new Style({
    text: new Text({
      text,
      font: `600 13px ${TYPE}`,
      fill: new Fill({ color: INK }),
      stroke: new Stroke({ color: PAPER, width: 3.5 }),
      overflow: true,
    }),
  });
}

const signs = Object.fromEntries(Object.entries(SIGNS).map(([kind, sign]) => [kind, figureStyle(sign)]));

/** Give the features of hexagons, whose shapes came with their rows. */
function featuresOf(rows) {
  const format = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" });
  return rows
    .filter((row) => row.geometry)
    .map((row) => format.readFeature({ type: "Feature", properties: { code: row.code }, geometry: row.geometry }));
}

/** Add the heatmap to the map of `view`: cells, the figures on them, and the smooth surface. */
export function heatLayer(view) {
  const state = { level: "micro_grid", cells: new Map(), isFaded: false, frame: null };
  const kinds = {};
  const styleOfKind = (kind) => (kinds[kind] ??= stylesOf(kind));

  function cellStyle(feature, resolution) {
    const code = feature.get("code");
    const cell = state.cells.get(code);
    if (!cell) return null;
    const look = styleOfKind(cell.kind);
    const zoom = zoomOf(resolution);
    const styles = [state.isFaded ? pale : zoom >= NEAR ? look.near : look.far];
    // From afar a hot cell is a speck: its sign makes it found.
    if (cell.kind in signs && zoom < FIGURES_FROM[state.level]) styles.push(signs[cell.kind]);
    if (code === state.frame) styles.push(framed);
    return styles;
  }

  function figure(feature, resolution) {
    const text = state.cells.get(feature.get("code"))?.figure;
    return text && zoomOf(resolution) >= FIGURES_FROM[state.level] ? figureStyle(text) : null;
  }

  const ofLevel = (style) => (feature, resolution) =>
    feature.get("level") === state.level ? style(feature, resolution) : null;
  const add = (layer) => {
    view.map.addLayer(layer);
    return layer;
  };
  const tiles = (source, style, zIndex, declutter = false) =>
    add(new ol.layer.VectorTile({ source, style, zIndex, declutter }));
  const own = new ol.source.Vector();
  const bands = new ol.source.Vector();
  add(
    new ol.layer.Vector({
      source: bands,
      zIndex: 11,
      style: (feature) => new Style({ fill: new Fill({ color: fillOf(feature.get("kind")) }) }),
    }),
  );
  const drawn = {
    micro_grid: [tiles(view.sources.micro_grids, cellStyle, 12), tiles(view.sources.micro_grid_names, figure, 42, true)],
    area: [
      tiles(view.sources.areas, ofLevel(cellStyle), 12),
      tiles(view.sources.area_names, ofLevel(figure), 42, true),
    ],
    hexagon: [
      add(new ol.layer.Vector({ source: own, style: cellStyle, zIndex: 12 })),
      add(new ol.layer.Vector({ source: own, style: figure, zIndex: 42, declutter: true })),
    ],
  };
  const chosen = () => drawn[state.level] || drawn.area;
  const redraw = () => chosen().forEach((layer) => layer.changed());

  return {
    layers: [drawn.micro_grid[0], drawn.area[0], drawn.hexagon[0]],
    /** Show `cells` (code -> `{kind, figure}`) of a level; hexagons bring their shapes in `rows`. */
    show(level, cells, rows) {
      Object.assign(state, { level, cells });
      for (const layers of Object.values(drawn)) {
        layers.forEach((layer) => layer.setVisible(layers === chosen()));
      }
      own.clear();
      if (level === "hexagon") own.addFeatures(featuresOf(rows));
      redraw();
    },
    /** Draw the bands of the smooth surface, one a class, instead of the cells' fill; null = none. */
    smooth(shapes) {
      const format = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" });
      bands.clear();
      (shapes || []).forEach((geometry, number) => {
        if (!geometry) return;
        bands.addFeature(format.readFeature({ type: "Feature", properties: { kind: String(number) }, geometry }));
      });
      state.isFaded = Boolean(shapes);
      redraw();
    },
    frame(code) {
      if (state.frame === code) return;
      state.frame = code;
      redraw();
    },
  };
}
