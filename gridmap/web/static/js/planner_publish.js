/** Publishing: first the counts and what changes, then the button. */

import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { count, percent, say } from "./page_data.js";

const dialog = document.getElementById("publish");
const yes = document.getElementById("publish-yes");
const fault = document.getElementById("publish-fault");

function facts(plan) {
  const { measures, changes } = plan;
  const rows = [
    ["planner.fact_micro_grids", count(measures.micro_grids)],
    ["planner.fact_in_band", measures.in_band_share === null ? "–" : percent(measures.in_band_share)],
    ["planner.fact_findings", count(measures.findings)],
    ["planner.fact_new", count(changes.micro_grids_new)],
    ["planner.fact_kept", count(changes.micro_grids_kept)],
    ["planner.fact_retired", count(changes.micro_grids_retired)],
    ["planner.fact_moved", count(changes.households_moved)],
  ];
  return rows.flatMap(([key, value]) => [make("dt", {}, say(key)), make("dd", {}, value)]);
}

/**
 * Ask once more, then publish; a refusal stays in the dialog, beside the button that caused it.
 *
 * @returns {Promise<boolean>} whether it was published
 */
export async function confirmPublish(plan) {
  document.getElementById("publish-title").textContent = say("planner.publish_title", { plan: plan.id });
  const list = document.getElementById("publish-facts");
  list.replaceChildren();
  fault.hidden = true;
  dialog.showModal();
  yes.disabled = true;
  const known = await orShow(fault, () => calls.getPlan(plan.id));
  if (known) {
    list.replaceChildren(...facts(known));
    yes.disabled = false;
    yes.focus();
  }
  return new Promise((resolve) => {
    const publish = async (event) => {
      event.preventDefault();
      yes.disabled = true;
      const published = await orShow(fault, () => calls.publishPlan(plan.id));
      yes.disabled = false;
      if (published) dialog.close("yes");
    };
    yes.addEventListener("click", publish);
    dialog.addEventListener(
      "close",
      () => {
        yes.removeEventListener("click", publish);
        resolve(dialog.returnValue === "yes");
        dialog.returnValue = "";
      },
      { once: true },
    );
  });
}
