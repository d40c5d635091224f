/** A file that is being made into a draft: how far it is, and a way to call it off. */

import { ask, Problem } from "./api.js";
import { count, decimal, say } from "./page_data.js";

const FIRST_POLL_MS = 80; // a grid is done sooner than a reader sees the bar
const SLOWEST_POLL_MS = 700;
const SLOWER = 1.5;
const SECOND = 1000;
// What is behind the work when a stage begins, and when it ends: measured on 9,747 buildings in 301 grids.
const STAGES = { reading: [0, 0.02], matching: [0.02, 0.1], drawing: [0.1, 0.65], finishing: [0.65, 1] };
const at = (id) => document.getElementById(id);

const isOver = ({ status }) => !["waiting", "working"].includes(status);

function shareOf({ stage, grids_done: done, grids_total: total }) {
  const [first, last] = STAGES[stage];
  return stage === "drawing" && total ? first + ((last - first) * done) / total : first;
}

function titleOf(work) {
  if (work.is_broken_off) return say("import.broken_off");
  if (!work.stage) return say("import.waits");
  return say(`import.stage_${work.stage}`, { done: count(work.grids_done), total: count(work.grids_total) });
}

function show(work, begun) {
  const seconds = Math.round((Date.now() - begun) / SECOND);
  const again = work.attempts > 1 ? ` ${say("import.again", { attempt: count(work.attempts) })}` : "";
  at("work-title").textContent = titleOf(work);
  at("work-time").textContent = say("import.since", { seconds: count(seconds) }) + again;
  const share = work.stage && !work.is_broken_off ? shareOf(work) : 0;
  at("work-share").textContent = share ? `${decimal(Math.floor(share * 100), 0)}\u00a0%` : "";
  if (share) at("work-bar").value = share;
  else at("work-bar").removeAttribute("value");
}

const wait = (milliseconds) => new Promise((resolve) => window.setTimeout(resolve, milliseconds));

/** Ask again and again until it is over; a server that is away for a moment is asked again, too. */
async function poll(work, isLeft) {
  const begun = Date.parse(work.created_at);
  let now = work;
  let pause = FIRST_POLL_MS;
  while (!isOver(now) && !isLeft()) {
    show(now, begun);
    await wait(pause);
    pause = Math.min(pause * SLOWER, SLOWEST_POLL_MS);
    try {
      now = await ask(`/plans/imports/${work.id}`);
    } catch (fault) {
      if (!(fault instanceof Problem) || fault.status !== 0) throw fault;
    }
  }
  return now;
}

/**
 * Follow a file until it is over.
 *
 * @param {object} work the import as the API has it
 * @returns {Promise<object>} the import when it is done, failed or cancelled
 */
export async function followImport(work) {
  let called = null;
  const callOff = async () => {
    at("work-stop").disabled = true;
    try {
      called = await ask(`/plans/imports/${work.id}/cancel`, { method: "POST" });
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      at("work-stop").disabled = fault.status !== 0; // it is over: the next answer says how
    }
  };
  at("work").hidden = false;
  at("work-stop").textContent = say("import.call_off");
  at("work-stop").disabled = false;
  at("work-stop").addEventListener("click", callOff);
  try {
    const last = await poll(work, () => called !== null);
    return called ?? last;
  } finally {
    at("work-stop").removeEventListener("click", callOff);
    at("work").hidden = true;
  }
}

/** Find an import that the address of the page names; null for one that is none of the reader's. */
export async function findImport(id) {
  try {
    return await ask(`/plans/imports/${id}`);
  } catch (fault) {
    if (fault instanceof Problem && fault.status === 404) return null;
    throw fault;
  }
}
