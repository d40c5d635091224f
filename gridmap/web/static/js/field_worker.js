/**
 * The worker of the field page: opens it where there is no network, and keeps the tiles of one's own area.
 *
 * `SHELL` (version, page, files) stands before this text. Files of the shell come from their cache, all of one
 * version; the page itself comes from the network while there is one, for it belongs to an account. Whoever
 * signs in or out takes the kept page away, so that nobody is ever shown the page of another one.
 */

/* global SHELL */

const SHELL_CACHE = `gridmap-field-${SHELL.version}`;
const TILE_CACHE = "gridmap-field-tiles";
const FILES = new Set(SHELL.files);
const PATIENCE_MS = 5000;
const MOST_TILES = 3000;

// A page of a newer release than this worker's files: they come from the network until its own worker is here.
let isOutdated = false;

/** Keep the page as the one who is signed in now is shown it; nothing is kept of a way to the sign-in page. */
async function keepPage(answer) {
  if (!answer.ok || answer.redirected) return;
  const cache = await caches.open(SHELL_CACHE);
  await cache.put(SHELL.page, answer);
}

async function install() {
  const cache = await caches.open(SHELL_CACHE);
  await cache.addAll(SHELL.files.map((file) => new Request(file, { cache: "no-cache" })));
  await keepPage(await fetch(SHELL.page, { cache: "no-store" }));
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("gridmap-field-") && ![SHELL_CACHE, TILE_CACHE].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Ask the network, but not for ever: a bar of signal that carries nothing is no network. */
async function fromNetwork(request, patience = PATIENCE_MS) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    return await fetch(request, { signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function showPage(event) {
  const cache = await caches.open(SHELL_CACHE);
  const kept = await cache.match(SHELL.page);
  try {
    const answer = kept ? await fromNetwork(event.request) : await fetch(event.request);
    if (answer.ok && answer.headers.get("X-Shell-Version") !== SHELL.version) isOutdated = true;
    event.waitUntil(keepPage(answer.clone()));
    return answer;
  } catch (fault) {
    if (kept) return kept;
    throw fault;
  }
}

async function showFile(request) {
  if (isOutdated) return fetch(request);
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(request, { ignoreSearch: true })) || fetch(request);
}

async function isOfFieldPage(event) {
  const client = event.clientId ? await self.clients.get(event.clientId) : null;
  return client !== null && client !== undefined && new URL(client.url).pathname === SHELL.page;
}

const isPageKept = async () => Boolean(await (await caches.open(SHELL_CACHE)).match(SHELL.page));

/** Keep a tile beside the page it belongs to; one that comes in while somebody signs out is kept no more. */
async function keepTile(request, answer) {
  if (!(await isPageKept())) return;
  const cache = await caches.open(TILE_CACHE);
  await cache.put(request, answer);
  const known = await cache.keys();
  for (const old of known.slice(0, Math.max(0, known.length - MOST_TILES))) await cache.delete(old);
  if (!(await isPageKept())) await caches.delete(TILE_CACHE);
}

async function showTile(event) {
  if (!(await isOfFieldPage(event))) return fetch(event.request);
  try {
    const answer = await fromNetwork(event.request);
    if (answer.ok) event.waitUntil(keepTile(event.request, answer.clone()));
    return answer;
  } catch (fault) {
    const kept = await (await caches.open(TILE_CACHE)).match(event.request);
    if (kept) return kept;
    throw fault;
  }
}

async function forgetPage() {
  const cache = await caches.open(SHELL_CACHE);
  await cache.delete(SHELL.page);
}

/** Take away what shows where somebody works; the page itself empties its store before it signs out. */
async function forgetArea() {
  await forgetPage();
  await caches.delete(TILE_CACHE);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (request.method === "POST" && address.pathname === "/sign-in") event.waitUntil(forgetPage());
  if (request.method === "POST" && address.pathname === "/sign-out") event.waitUntil(forgetArea());
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && address.pathname === SHELL.page) event.respondWith(showPage(event));
  else if (FILES.has(address.pathname)) event.respondWith(showFile(request));
  else if (address.pathname.startsWith("/tiles/")) event.respondWith(showTile(event));
});
