/** A plan that is being made: how far it is, how long it has taken, and a way to stop watching. */

import { Problem } from "./api.js";
import * as calls from "./calls.js";
import { percent, say } from "./page_data.js";

const POLL_MS = 700;
const box = document.getElementById("work");
const bar = document.getElementById("work-bar");
const leave = document.getElementById("work-leave");

function show(plan, begun) {
  const seconds = Math.round((Date.now() - begun) / 1000);
  const share = plan.progress_share;
  document.getElementById("work-title").textContent = say("planner.work_title", { plan: plan.id });
  document.getElementById("work-share").textContent = share > 0 ? percent(share) : say("planner.work_waits");
  const left = share > 0.05 ? Math.ceil((seconds / share) * (1 - share)) : null;
  document.getElementById("work-time").textContent =
    left === null
      ? say("planner.work_since", { seconds })
      : say("planner.work_left", { seconds, left });
  if (share > 0) bar.value = share;
  else bar.removeAttribute("value");
}

/**
 * Follow a plan until it is made, has failed, or the reader stops watching (the work itself goes on).
 *
 * @returns {Promise<object|null>} the plan, or null when the reader left
 */
export async function followWork(plan) {
  const begun = Date.now();
  let left = false;
  const stop = () => {
    left = true;
    box.hidden = true;
  };
  leave.addEventListener("click", stop, { once: true });
  box.hidden = false;
  let now = plan;
  while (!left && now.status === "computing") {
    show(now, begun);
    await new Promise((resolve) => window.setTimeout(resolve, POLL_MS));
    try {
      now = await calls.getPlan(plan.id);
    } catch (fault) {
      if (!(fault instanceof Problem) || fault.status !== 0) throw fault;
    }
  }
  leave.removeEventListener("click", stop);
  box.hidden = true;
  return left ? null : now;
}
