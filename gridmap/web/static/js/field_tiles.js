/** The tiles of one's own area, fetched once so that the worker keeps them: the map is there without network. */

const LAYERS = ["areas", "area_borders", "area_names", "micro_grids", "micro_grid_names", "buildings", "roads", "water", "railways", "compounds", "stations"];
const ZOOMS = [13, 14, 15, 16, 17]; // 512 px; nearer ones are drawn from the last
const MOST = 900;
const AT_ONCE = 2; // a phone has better things to do
const KEPT = "gridmap-field-tiles";
const NOT_SIGNED_IN = 401;

function tileAt(lon, lat, zoom) {
  const size = 2 ** zoom;
  const rad = (lat * Math.PI) / 180;
  const y = (1 - Math.log(Math.tan(rad) + 1 / Math.cos(rad)) / Math.PI) / 2;
  return [Math.floor(((lon + 180) / 360) * size), Math.floor(y * size)];
}

/** List the addresses of the tiles that hold `bounds`, far ones first. */
export function tilesOf(bounds) {
  const [west, south, east, north] = bounds;
  const addresses = [];
  for (const zoom of ZOOMS) {
    const [left, top] = tileAt(west, north, zoom);
    const [right, bottom] = tileAt(east, south, zoom);
    for (let x = left; x <= right; x += 1) {
      for (let y = top; y <= bottom; y += 1) addresses.push(...LAYERS.map((layer) => `/tiles/${layer}/${zoom}/${x}/${y}.mvt`));
    }
  }
  return addresses;
}

let isStopped = false;

/** Fetch no more: what shows where somebody works is about to be taken away. */
export function stopTiles() {
  isStopped = true;
}

/** Fetch what is not kept yet of the tiles around one's micro-grids; stops without a word when the network goes. */
export async function keepTiles(cells) {
  if (!navigator.serviceWorker || !window.caches || navigator.connection?.saveData) return;
  await navigator.serviceWorker.ready;
  const wanted = [...new Set(cells.filter((cell) => cell.bounds).flatMap((cell) => tilesOf(cell.bounds)))].slice(0, MOST);
  const cache = await window.caches.open(KEPT);
  const known = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  const missing = wanted.filter((address) => !known.has(address));
  const work = async () => {
    while (missing.length && navigator.onLine && !isStopped) {
      const address = missing.shift();
      try {
        const answer = await fetch(address);
        if (answer.status === NOT_SIGNED_IN) return;
        if (answer.ok && !isStopped) await cache.put(address, answer);
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
