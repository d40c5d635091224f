/**
 * What the phone keeps of the work: the needs of the next seven days, entries on their way, a few settings.
 *
 * Values are sealed by AES-GCM with a key that this browser makes and never gives out; ids, order and account stand
 * open. Where the browser has no such store (a page without https), the memory of the page has to do.
 */

const NAME = "gridmap-field";
const VERSION = 1;
const OPEN = "open"; // account, key, keep_until: what must be known before anything is unsealed
const PARTS = ["needs", "entries", "photos", "settings"];
const IV_BYTES = 12;
const TILES = "gridmap-field-tiles"; // kept by the worker; they show where somebody works

function wait(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function openDatabase() {
  return new Promise((resolve) => {
    if (!window.indexedDB || !window.crypto.subtle) return resolve(null);
    const request = window.indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const name of [OPEN, ...PARTS]) request.result.createObjectStore(name);
    };
    request.onsuccess = () => {
      // Signing out in another tab takes the store away: this one must let go of it.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => resolve(null); // a private window may refuse
    request.onblocked = () => resolve(null);
    return undefined;
  });
}

const makeKey = () => window.crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
const sealedFor = (part, name) => new TextEncoder().encode(`${part}/${name}`); // a value cannot take another's place

/** Keeps values by part and name, sealed, for one account at a time. */
class SealedStore {
  constructor(database) {
    this.database = database;
    this.key = null;
    this.isLasting = true;
  }

  space(part, mode = "readonly") {
    return this.database.transaction(part, mode).objectStore(part);
  }

  async readOpen(name) {
    return (await wait(this.space(OPEN).get(name))) ?? null;
  }

  async writeOpen(name, value) {
    await wait(this.space(OPEN, "readwrite").put(value, name));
  }

  /** Get the key; two pages that start together agree on the one that was first. */
  async unlock() {
    if (this.key) return this.key;
    const made = await makeKey();
    const space = this.space(OPEN, "readwrite");
    const known = await wait(space.get("key"));
    if (!known) await wait(space.put(made, "key"));
    this.key = known ?? made;
    return this.key;
  }

  async seal(part, name, value) {
    const key = await this.unlock();
    const iv = window.crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const plain = value instanceof ArrayBuffer ? value : new TextEncoder().encode(JSON.stringify(value));
    const how = { name: "AES-GCM", iv, additionalData: sealedFor(part, name) };
    return { iv, isBytes: value instanceof ArrayBuffer, sealed: await window.crypto.subtle.encrypt(how, key, plain) };
  }

  async unseal(part, name, { iv, sealed, isBytes }) {
    const key = await this.unlock();
    const how = { name: "AES-GCM", iv, additionalData: sealedFor(part, name) };
    let plain;
    try {
      plain = await window.crypto.subtle.decrypt(how, key, sealed);
    } catch {
      return null; // sealed under a key that is gone, or meant for another place: nobody can read it any more
    }
    return isBytes ? plain : JSON.parse(new TextDecoder().decode(plain));
  }

  async read(part, name) {
    const kept = await wait(this.space(part).get(name));
    return kept ? this.unseal(part, name, kept) : null;
  }

  async write(part, name, value) {
    const sealed = await this.seal(part, name, value);
    await wait(this.space(part, "readwrite").put(sealed, name));
  }

  async remove(part, name) {
    await wait(this.space(part, "readwrite").delete(name));
  }

  async names(part) {
    return wait(this.space(part).getAllKeys());
  }

  async list(part) {
    const names = await this.names(part);
    const values = await Promise.all(names.map((name) => this.read(part, name)));
    return values.filter((value) => value !== null);
  }

  async count(part) {
    return wait(this.space(part).count());
  }

  async empty(part) {
    await wait(this.space(part, "readwrite").clear());
  }

  /** Take everything away, the key first of all: what a copy of the disk still holds nobody can read. */
  async wipe() {
    this.key = null;
    for (const part of [OPEN, ...PARTS]) await this.empty(part);
    await window.caches.delete(TILES);
  }
}

/** The same in the memory of the page, for browsers that keep nothing safely. */
class MemoryStore {
  constructor() {
    this.parts = new Map([OPEN, ...PARTS].map((part) => [part, new Map()]));
    this.isLasting = false;
  }

  readOpen = async (name) => this.parts.get(OPEN).get(name) ?? null;
  writeOpen = async (name, value) => void this.parts.get(OPEN).set(name, value);
  read = async (part, name) => this.parts.get(part).get(name) ?? null;
  write = async (part, name, value) => void this.parts.get(part).set(name, value);
  remove = async (part, name) => void this.parts.get(part).delete(name);
  names = async (part) => [...this.parts.get(part).keys()];
  list = async (part) => structuredClone([...this.parts.get(part).values()]);
  count = async (part) => this.parts.get(part).size;
  empty = async (part) => this.parts.get(part).clear();

  async wipe() {
    for (const part of this.parts.values()) part.clear();
  }
}

/**
 * Open what the phone keeps.
 *
 * `store.list(part)`, `read`, `write`, `remove` by part (needs, entries, photos, settings) and name; `wipe()` takes
 * all of it away; `isLasting` tells whether it outlives the page.
 */
export async function openStore() {
  const database = await openDatabase();
  return database ? new SealedStore(database) : new MemoryStore();
}

/**
 * Make the store that of `account`.
 *
 * @returns {Promise<{isForeign: boolean, entries: number}>} foreign: it holds entries of somebody else that were never
 *   sent; then nothing is touched, and nothing may be read
 */
export async function claimStore(store, account) {
  const owner = await store.readOpen("account");
  if (owner === account) return { isForeign: false, entries: 0 };
  if (owner !== null) {
    const entries = (await store.readOpen("unsent")) ?? 0;
    if (entries) return { isForeign: true, entries };
    await store.wipe();
  }
  await store.writeOpen("account", account);
  return { isForeign: false, entries: 0 };
}

/** Take away the needs once their time is over; entries that were never sent stay, for they are nowhere else. */
export async function dropExpired(store, now = Date.now()) {
  const until = await store.readOpen("keep_until");
  if (until === null || Date.parse(until) > now) return false;
  await store.empty("needs");
  await store.writeOpen("keep_until", null);
  return true;
}
