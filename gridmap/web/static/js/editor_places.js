/** Places on the map: degrees and metres of the map's projection, lines and rings in flat arrays. */

const DECIMALS = 1e7;

/** Turn longitude and latitude into coordinates of the map. */
export function toMap(lonlat) {
  return ol.proj.fromLonLat(lonlat);
}

/** Turn coordinates of the map into longitude and latitude with the decimals the server keeps. */
export function toLonLat(coordinate) {
  return ol.proj.toLonLat(coordinate).map((value) => Math.round(value * DECIMALS) / DECIMALS);
}

/** Read a GeoJSON geometry of the API. */
export function readGeometry(geometry) {
  return new ol.format.GeoJSON().readGeometry(geometry, {
    dataProjection: "EPSG:4326",
    featureProjection: "EPSG:3857",
  });
}

function side(a, b, p) {
  return Math.sign((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]));
}

function meet(a, b, c, d) {
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

/** Tell whether the stretch from `a` to `b` touches a polygon. */
export function touches(geometry, a, b) {
  if (geometry.intersectsCoordinate(a) || geometry.intersectsCoordinate(b)) return true;
  const polygons = geometry.getType() === "Polygon" ? [geometry.getCoordinates()] : geometry.getCoordinates();
  return polygons.some((rings) =>
    rings.some((ring) => ring.some((corner, at) => at > 0 && meet(a, b, ring[at - 1], corner))),
  );
}

/** Make a closed ring of a list of points. */
export function ringOf(points) {
  return new ol.geom.Polygon([[...points, points[0]]]);
}

/** How far two points of the map are apart, in its units. */
export function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}
