/** Calls of the field page: they never lead away from it, for what is written must not be lost by signing in. */

import { page } from "./page_data.js";

const PATIENCE_MS = 30_000;
const NOT_SIGNED_IN = 401;
const UNCHANGED = 304;
let token = page.csrf;

/**
 * Why the server could not be asked.
 *
 * `kind`: unreachable (no network, no answer, too busy: try again), signed_out, other_account, refused (the server has
 * read it and says no, with `problem`).
 */
export class Trouble extends Error {
  constructor(kind, status = 0, problem = {}) {
    super(problem.detail || problem.title || kind);
    Object.assign(this, { kind, status, problem });
  }
}

async function fetchOnce(path, { method = "GET", body, headers = {} }) {
  const isForm = body instanceof FormData;
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      signal: stop.signal,
      cache: "no-store",
      headers: {
        Accept: "application/json",
        "Accept-Language": page.language,
        ...(method === "GET" ? {} : { "X-CSRFToken": token }),
        ...(body === undefined || isForm ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined || isForm ? body : JSON.stringify(body),
    });
  } catch {
    throw new Trouble("unreachable");
  } finally {
    window.clearTimeout(timer);
  }
}

async function contentOf(answer) {
  if (!(answer.headers.get("Content-Type") || "").includes("json")) return {};
  try {
    return await answer.json();
  } catch {
    throw new Trouble("unreachable"); // cut off on its way
  }
}

/** Learn the token of the session there is now: the one in a kept page may be of an earlier session. */
async function renewToken() {
  const answer = await fetchOnce("/session", {});
  if (answer.status === NOT_SIGNED_IN) throw new Trouble("signed_out", answer.status);
  if (!answer.ok) throw new Trouble("unreachable", answer.status);
  const session = await contentOf(answer);
  // What one account has written must never be sent as another one's.
  if (session.username !== page.account) throw new Trouble("other_account");
  const isNew = session.csrf_token !== token;
  token = session.csrf_token;
  return isNew;
}

/**
 * Ask the server.
 *
 * @returns {Promise<{status: number, content: object, etag: string|null}>}
 * @throws {Trouble}
 */
export async function askServer(path, options = {}) {
  let answer = await fetchOnce(path, options);
  const isForged = [400, 403].includes(answer.status) && options.method && options.method !== "GET";
  if (isForged && (await renewToken())) answer = await fetchOnce(path, options);
  if (answer.status === NOT_SIGNED_IN) throw new Trouble("signed_out", answer.status);
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408) throw new Trouble("unreachable", answer.status);
  if (answer.status === UNCHANGED) return { status: UNCHANGED, content: null, etag: null };
  const content = await contentOf(answer);
  if (!answer.ok) throw new Trouble("refused", answer.status, content);
  return { status: answer.status, content, etag: answer.headers.get("ETag") };
}
