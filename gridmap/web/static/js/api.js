/** The JSON API as the pages call it; every refusal becomes a `Problem` with words for the reader. */

import { page, say } from "./page_data.js";

const NOTHING = 204; // done, and there is nothing to say

/** An answer of the API that is not a success (RFC 9457), or no answer at all. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || say("pages.no_answer"));
    this.status = status;
    this.body = body;
  }
}

function addressOf(path, query) {
  const address = new URL(`/api/v1${path}`, window.location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") address.searchParams.set(name, value);
  }
  return address;
}

/**
 * Ask the API.
 *
 * @param {string} path below /api/v1
 * @param {{query?: object, method?: string, body?: object|FormData, signal?: AbortSignal}} options
 * @throws {Problem} when the answer is no success; an expired session leads to the sign-in page instead
 */
export async function ask(path, { query = {}, method = "GET", body, signal } = {}) {
  const headers = { Accept: "application/json", "Accept-Language": page.language };
  if (method !== "GET") headers["X-CSRFToken"] = page.csrf;
  const isForm = body instanceof FormData; // a file; the browser names its own type
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(addressOf(path, query), {
      method,
      headers,
      signal,
      body: body === undefined || isForm ? body : JSON.stringify(body),
    });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Problem(0, {});
  }
  if (answer.status === 401) {
    const next = window.location.pathname + window.location.search;
    window.location.assign(`${page.sign_in}?next=${encodeURIComponent(next)}`);
  }
  const isJson = answer.status !== NOTHING && (answer.headers.get("Content-Type") || "").includes("json");
  const content = isJson ? await answer.json() : {};
  if (!answer.ok) throw new Problem(answer.status, content);
  return content;
}

/** Run `work`; show its refusal in `place` and pass on anything that is not one. */
export async function orShow(place, work) {
  place.replaceChildren();
  place.hidden = true;
  try {
    return await work();
  } catch (fault) {
    if (fault.name === "AbortError") return undefined;
    if (!(fault instanceof Problem)) throw fault;
    const notice = document.createElement("p");
    notice.className = "notice fault";
    notice.setAttribute("role", "alert");
    notice.textContent = fault.message;
    place.append(notice);
    place.hidden = false;
    return undefined;
  }
}
