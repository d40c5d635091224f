/**
 * Entries on their way to the server: kept on the phone until it has answered, each by an id of its own, so that
 * sending one twice does nothing. Oldest first, in messages; one that is refused stays to be seen and stops no other.
 *
 * States: waiting → stored | held | conflict | refused.
 */

import { Trouble } from "./field_calls.js";
import { makeId } from "./ids.js";

export const CLIENT_VERSION = 1;
const LOCK = "gridmap-field-send";
const MOST_IN_MESSAGE = 50;
const KEPT_MS = 7 * 24 * 3_600_000; // what was sent stays so long, to be seen and taken back
const DONE = ["stored", "held", "conflict"];

const isWaiting = (item) => item.state === "waiting";
const inOrder = (one, other) => one.order - other.order || (one.body.id < other.body.id ? -1 : 1);

/** Tell what entry an entry cannot be sent without: the issue it belongs to, the step before it. */
const leansOn = (item, id) => [item.body.issue, item.body.after].includes(id);

export class FieldQueue {
  /**
   * @param {{store: object, send: Function, sendPhoto: Function, changed: Function}} options `send(items)` gives the
   *   answers of a message, `sendPhoto(issueId, id, bytes, type)` sends a photo; both throw a `Trouble`
   */
  constructor({ store, send, sendPhoto, changed }) {
    Object.assign(this, { store, send, sendPhoto, changed });
    this.items = [];
    this.isSending = false;
    this.others = window.BroadcastChannel ? new BroadcastChannel(LOCK) : null;
    if (this.others) this.others.onmessage = () => this.load().then(() => this.changed());
  }

  async open() {
    await this.load();
    const old = Date.now() - KEPT_MS;
    for (const item of this.items) if (DONE.includes(item.state) && item.sent_at < old) await this.forget(item);
    await this.load();
  }

  async load() {
    this.items = (await this.store.list("entries")).sort(inOrder);
  }

  async keep(item) {
    await this.store.write("entries", item.body.id, item);
  }

  async forget(item) {
    await this.store.remove("entries", item.body.id);
    if (item.body.what === "photo") await this.store.remove("photos", item.body.id);
  }

  /** Tell this page, and those in other tabs, that something is different. */
  async tell() {
    await this.load();
    await this.store.writeOpen("unsent", this.unsent.length);
    this.others?.postMessage(null);
    this.changed();
  }

  get waiting() {
    return this.items.filter(isWaiting);
  }

  /** What needs a word from the reader. */
  get troubled() {
    return this.items.filter((item) => item.state === "refused");
  }

  /** What would be lost if the phone forgot everything. */
  get unsent() {
    return [...this.waiting, ...this.troubled];
  }

  async nextOrder() {
    const kept = (await this.store.read("settings", "counter")) ?? 0;
    const next = Math.max(kept, ...this.items.map((item) => item.order), 0) + 1;
    await this.store.write("settings", "counter", next);
    return next;
  }

  /**
   * Put an entry at the end.
   *
   * @param {object} body `what` and what belongs to it; visits and removals get counter and seen here
   * @param {{label?: string, photo?: File}} more label: what it is about, in words
   * @returns {Promise<string>} its id
   */
  async add(body, { label = "", photo = null } = {}) {
    const order = await this.nextOrder();
    const whole = { id: makeId(), made_at: new Date().toISOString(), ...body };
    if (whole.record) Object.assign(whole, { counter: order, seen: this.entriesOf(whole.record).map((one) => one.body.id) });
    const item = { order, state: "waiting", tries: 0, label, body: whole, answer: null, sent_at: null };
    await this.keep(item);
    if (photo) await this.addPhoto(photo, whole, label);
    await this.tell();
    return whole.id;
  }

  async addPhoto(photo, { id, what, issue_id, issue }, label) {
    const about = what === "issue" ? { issue: id } : { issue_id, issue };
    const body = { id: makeId(), what: "photo", made_at: new Date().toISOString(), type: photo.type, ...about };
    await this.store.write("photos", body.id, await photo.arrayBuffer());
    await this.keep({ order: (await this.nextOrder()), state: "waiting", tries: 0, label, body, answer: null, sent_at: null });
  }

  /** The entries about one record, the first one first. */
  entriesOf(record) {
    return this.items.filter((item) => item.body.record === record);
  }

  /** Take a visit back: what never left the phone goes without a trace, else a removal follows it. */
  async takeBack(record, label) {
    await this.load(); // another tab may have sent them
    const entries = this.entriesOf(record);
    if (entries.every((item) => isWaiting(item) && !item.tries) && !this.isSending) {
      for (const item of entries) await this.forget(item);
      await this.tell();
      return;
    }
    await this.add({ what: "removal", of: "visit", record }, { label });
  }

  /** Throw an entry away, with those that cannot be without it. */
  async discard(id) {
    for (const item of this.items) if (leansOn(item, id) && !DONE.includes(item.state)) await this.discard(item.body.id);
    const item = this.items.find((one) => one.body.id === id);
    if (item) await this.forget(item);
    await this.tell();
  }

  /** Send a refused entry again, changed or not; a new id, for the server remembers what it said of the old one. */
  async sendAgain(id, changes = {}) {
    const item = this.items.find((one) => one.body.id === id);
    if (item.body.what === "photo") {
      await this.keep({ ...item, state: "waiting", answer: null });
      return this.tell();
    }
    const fresh = makeId();
    await this.keep({ ...item, state: "waiting", tries: 0, answer: null, body: { ...item.body, ...changes, id: fresh } });
    await this.store.remove("entries", id);
    const renamed = (value) => (value === id ? fresh : value);
    for (const other of this.items.filter((one) => leansOn(one, id))) {
      const { issue, after } = other.body;
      await this.keep({ ...other, body: { ...other.body, issue: renamed(issue), after: renamed(after) } });
    }
    return this.tell();
  }

  /** Send what waits; while another tab does, this one leaves it to it. */
  async sendAll() {
    const work = async (lock) => {
      if (!lock || this.isSending) return;
      this.isSending = true;
      this.changed();
      try {
        await this.load();
        await this.sendMessages();
        await this.sendPhotos();
      } finally {
        this.isSending = false;
        await this.tell();
      }
    };
    if (!navigator.locks) return work(true);
    return navigator.locks.request(LOCK, { ifAvailable: true }, work);
  }

  async sendMessages() {
    const asked = new Set();
    for (;;) {
      // What is held is asked after again: what it waits for may have come from elsewhere.
      const fresh = (item) => ["waiting", "held"].includes(item.state) && item.body.what !== "photo" && !asked.has(item.body.id);
      const message = this.items.filter(fresh).slice(0, MOST_IN_MESSAGE);
      if (!message.length) return;
      for (const item of message) {
        asked.add(item.body.id);
        await this.keep({ ...item, tries: item.tries + 1 });
      }
      await this.sendMessage(message);
      await this.load();
      this.changed();
    }
  }

  /** Send one message; one that cannot be read as a whole goes item by item, so that none stops the others. */
  async sendMessage(message) {
    let answer;
    try {
      answer = await this.send(message.map((item) => item.body));
    } catch (fault) {
      if (!(fault instanceof Trouble) || fault.kind !== "refused" || fault.status === 403) throw fault;
      if (message.length === 1) return this.note(message[0], { state: "refused", problem: fault.problem, result: null });
      for (const item of message) await this.sendMessage([item]);
      return undefined;
    }
    for (const item of message) {
      const said = answer.items.find((one) => one.id === item.body.id);
      if (said) await this.note(item, said, answer.as_of);
    }
    return undefined;
  }

  async note(item, { state, problem, result }, asOf = null) {
    const now = state === "known" ? "stored" : state;
    await this.keep({ ...item, tries: item.tries + 1, state: now, answer: { problem, result, as_of: asOf }, sent_at: Date.now() });
  }

  /** Photos follow their issue: they wait until its number is known. */
  async sendPhotos() {
    for (const item of this.waiting.filter((one) => one.body.what === "photo")) {
      const { id, issue, issue_id: known, type } = item.body;
      const issueId = known ?? this.items.find((one) => one.body.id === issue)?.answer?.result?.issue_id;
      const bytes = await this.store.read("photos", id);
      if (bytes && issueId) {
        try {
          await this.sendPhoto(issueId, id, bytes, type);
          await this.note(item, { state: "stored", problem: null, result: { issue_id: issueId } });
          await this.store.remove("photos", id);
        } catch (fault) {
          if (!(fault instanceof Trouble) || fault.kind !== "refused" || fault.status === 403) throw fault;
          await this.note(item, { state: "refused", problem: fault.problem, result: null });
        }
      }
    }
    await this.load();
  }
}
