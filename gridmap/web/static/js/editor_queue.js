/** Operations on their way: kept in the browser until the server has answered, sent in order, each once. */

import { ask, Problem } from "./api.js";
import { makeId } from "./ids.js";

const RETRY_MS = 3000;
const STORE = "operations";

function openStore() {
  return new Promise((resolve) => {
    const request = window.indexedDB.open("gridmap-editor", 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore(STORE, { keyPath: "place", autoIncrement: true });
      store.createIndex("of", ["account", "plan"]);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null); // a private window may refuse: then memory has to do
  });
}

function wait(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** The queue of one plan and one account. */
export class Queue {
  /**
   * @param {{plan: number, account: string, opened: Function, answered: Function, refused: Function,
   *   changed: Function}} options `opened(items)` with what an earlier visit left; `answered(answer, item)` and
   *   `refused(problem, item)` are called for each; `changed()` when it moves on
   */
  constructor({ plan, account, opened, answered, refused, changed }) {
    Object.assign(this, { plan, account, opened, answered, refused, changed });
    this.items = [];
    this.isOffline = !window.navigator.onLine;
    this.isSending = false;
    this.promises = new Map();
    window.addEventListener("online", () => this.send());
    window.addEventListener("offline", () => {
      this.isOffline = true;
      this.changed();
    });
  }

  /** Read what an earlier visit could not send. */
  async open() {
    this.store = window.indexedDB ? await openStore() : null;
    if (this.store) {
      const index = this.store.transaction(STORE).objectStore(STORE).index("of");
      this.items = [...(await wait(index.getAll([this.account, this.plan]))), ...this.items];
    }
    this.opened(this.items);
    this.changed();
    this.send();
  }

  /**
   * Put an operation at the end.
   *
   * @returns {Promise<object|null>} the answer; null where it was refused
   */
  async add(path, body) {
    const item = { account: this.account, plan: this.plan, path, body: { ...body, op_id: makeId() } };
    const promise = new Promise((resolve) => this.promises.set(item.body.op_id, resolve));
    if (this.store) {
      const store = this.store.transaction(STORE, "readwrite").objectStore(STORE);
      item.place = await wait(store.add(item));
    }
    this.items.push(item);
    this.changed();
    this.send();
    return promise;
  }

  async send() {
    if (this.isSending) return;
    this.isSending = true;
    try {
      while (this.items.length && (await this.sendFirst()));
    } finally {
      this.isSending = false;
    }
  }

  /** Send what is first; false when the server cannot be reached. */
  async sendFirst() {
    const [item] = this.items;
    let answer = null;
    let problem = null;
    try {
      answer = await ask(`/plans/${this.plan}/${item.path}`, { method: "POST", body: item.body });
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      problem = fault;
    }
    // No answer, a busy server, or a session that ran out: the operation stays and is sent again.
    const isLater = problem && (problem.status === 0 || problem.status >= 500 || [401, 429].includes(problem.status));
    this.isOffline = Boolean(isLater);
    if (isLater) {
      this.changed();
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.send(), RETRY_MS);
      return false;
    }
    this.items.shift();
    await this.forget(item);
    if (answer) await this.answered(answer, item);
    else await this.refused(problem, item);
    this.promises.get(item.body.op_id)?.(answer);
    this.promises.delete(item.body.op_id);
    this.changed();
    return true;
  }

  async forget(item) {
    if (!this.store || item.place === undefined) return;
    await wait(this.store.transaction(STORE, "readwrite").objectStore(STORE).delete(item.place));
  }
}
