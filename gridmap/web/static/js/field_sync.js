/** Keeps phone and server in step: sends the queue, then fetches what is needed; says at any time how it stands. */

import { askServer, Trouble } from "./field_calls.js";
import { CLIENT_VERSION, FieldQueue } from "./field_queue.js";
import { makeId } from "./ids.js";

const EVERY_MS = 5 * 60_000; // while the page is looked at
const SOON_MS = 300;
const FIRST_PAUSE_MS = 4000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const NEEDS = "content";
const KEPT_MS = 7 * 24 * 3_600_000;
const UNCHANGED = 304;

/** The state of the traffic, in the order of what the reader must know first. */
const HINDRANCES = ["signed_out", "other_account", "refused"];

export class Sync {
  /** @param {{store: object, changed: Function}} options `changed()` is called whenever something is different */
  constructor({ store, changed }) {
    Object.assign(this, { store, changed });
    this.needs = null;
    this.etag = null;
    this.trouble = null;
    this.pause = FIRST_PAUSE_MS;
    this.isRunning = false;
    this.queue = new FieldQueue({
      store,
      send: (items) => this.send(items),
      sendPhoto: (issue, id, bytes, type) => this.sendPhoto(issue, id, bytes, type),
      changed: () => changed(),
    });
  }

  /** Show what the phone has, then ask the server. */
  async start() {
    await this.queue.open();
    const kept = await this.store.read("needs", NEEDS);
    if (kept) Object.assign(this, { needs: kept.content, etag: kept.etag });
    this.changed();
    window.addEventListener("online", () => this.soon());
    window.addEventListener("offline", () => this.changed());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.soon());
    window.setInterval(() => document.visibilityState === "visible" && this.run(), EVERY_MS);
    await this.run();
  }

  /** Add an entry and send it when there is signal. */
  async add(body, more) {
    const id = await this.queue.add(body, more);
    this.soon();
    return id;
  }

  soon(after = SOON_MS) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.run(), after);
  }

  /** Send and fetch once; asked again meanwhile, it does so once more. */
  async run() {
    if (this.isRunning) {
      this.isAsked = true;
      return;
    }
    this.isRunning = true;
    try {
      await this.queue.sendAll();
      await this.fetchNeeds();
      this.trouble = null;
      this.pause = FIRST_PAUSE_MS;
    } catch (fault) {
      if (!(fault instanceof Trouble)) throw fault;
      this.trouble = fault;
      this.waitAndTry();
    } finally {
      this.isRunning = false;
      this.changed();
    }
    if (this.isAsked) {
      this.isAsked = false;
      this.soon();
    }
  }

  /** Try again after a while, longer each time; half of it by chance, so that not all phones come at once. */
  waitAndTry() {
    if (["signed_out", "other_account"].includes(this.trouble.kind)) return;
    this.soon(this.pause * (0.5 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  async send(items) {
    let device = await this.store.read("settings", "device");
    if (!device) {
      device = makeId();
      await this.store.write("settings", "device", device);
    }
    const body = { client_version: CLIENT_VERSION, device, sent_at: new Date().toISOString(), items };
    return (await askServer("/field/entries", { method: "POST", body })).content;
  }

  async sendPhoto(issueId, id, bytes, type) {
    const form = new FormData();
    form.append("photo", new File([bytes], `${id}.jpg`, { type }));
    await askServer(`/issues/${issueId}/photos`, { method: "POST", body: form });
  }

  async fetchNeeds() {
    const headers = this.etag && this.needs ? { "If-None-Match": this.etag } : {};
    const { status, content, etag } = await askServer("/field/needs", { headers });
    if (status === UNCHANGED) {
      // It was said after all that has been sent was answered: nothing of that is still to be seen.
      const answered = this.queue.items.map((item) => item.answer?.as_of).filter(Boolean);
      this.needs.as_of = [this.needs.as_of, ...answered].sort().at(-1);
    } else Object.assign(this, { needs: content, etag });
    await this.store.write("needs", NEEDS, { content: this.needs, etag: this.etag });
    // Unchanged since, the needs hold for seven days from now.
    await this.store.writeOpen("keep_until", new Date(Date.now() + KEPT_MS).toISOString());
    await this.store.writeOpen("synced_at", new Date().toISOString());
  }

  /**
   * How it stands.
   *
   * @returns {{kind: string, waiting: number, troubled: number}} kind: sending, offline, unreachable, signed_out,
   *   other_account, refused, attention, waiting, synced
   */
  get state() {
    const numbers = { waiting: this.queue.waiting.length, troubled: this.queue.troubled.length };
    const conflicts = this.needs?.conflicts?.length ?? 0;
    const say = (kind) => ({ kind, ...numbers, conflicts });
    if (!navigator.onLine) return say("offline");
    if (this.trouble && HINDRANCES.includes(this.trouble.kind)) return say(this.trouble.kind);
    if (this.queue.isSending && numbers.waiting) return say("sending");
    if (this.trouble) return say("unreachable");
    if (numbers.troubled || conflicts) return say("attention");
    if (numbers.waiting) return say("waiting");
    return say(this.needs ? "synced" : "loading");
  }
}
