/** Page of a place: its responsibility tree, who answers for the place pointed at, and the map. */

import { orShow } from "./api.js";
import { fitTo, makeMap } from "./map.js";
import { page } from "./page_data.js";
import { ACCENT } from "./palette.js";
import { showPanel } from "./responsibility_panel.js";
import { askTree, showTree } from "./responsibility_tree.js";

const { Circle, Fill, Stroke, Style } = ol.style;
const element = (id) => document.getElementById(id);
const view = makeMap(element("map"), { marksAddress: false });
const stroke = new Stroke({ color: ACCENT, width: 3 });
const fill = new Fill({ color: "rgba(15,111,184,0.15)" });
const shape = new ol.layer.Vector({
  source: new ol.source.Vector(),
  zIndex: 25,
  style: new Style({ stroke, fill, image: new Circle({ radius: 8, stroke, fill }) }),
});
view.map.addLayer(shape);
let latest = 0;

function draw(geometry) {
  shape.getSource().clear();
  if (!geometry) return;
  const feature = { type: "Feature", geometry, properties: {} };
  shape.getSource().addFeature(new ol.format.GeoJSON({ featureProjection: "EPSG:3857" }).readFeature(feature));
  const bounds = ol.proj.transformExtent(shape.getSource().getExtent(), "EPSG:3857", "EPSG:4326");
  fitTo(view.map, bounds, { padding: [48, 48, 48, 48], maxZoom: 18 });
}

async function choose(place) {
  const number = ++latest;
  if (place.kind === "compound") return;
  await orShow(element("fault"), async () => {
    const answer = await askTree(place, true);
    if (number !== latest) return;
    showPanel(element("panel"), answer, { links: place.kind !== page.place.kind || place.code !== page.place.code });
    draw(answer.geometry);
  });
}

await orShow(element("fault"), async () => {
  const answer = await askTree(page.place, true);
  showTree(element("tree"), answer, choose);
  showPanel(element("panel"), answer, { links: false });
  view.map.updateSize();
  draw(answer.geometry);
});
