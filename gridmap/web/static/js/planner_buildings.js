/** What became of the buildings since a plan was made: new ones with the micro-grid they are offered, others gone. */

import { orShow } from "./api.js";
import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { count, day, households, say } from "./page_data.js";
import { askFirst } from "./planner_ask.js";
import * as calls from "./planner_calls.js";
import { branch } from "./planner_life.js";
import { operate } from "./planner_remedies.js";
import { cutList, editorAddress } from "./planner_rows.js";

/** Tell whether a gap is only the land of new buildings that are in no micro-grid yet. */
export function isLandOfNew(finding, { unassigned }) {
  return finding.kind === "gap_or_overlap" && unassigned.some((one) => one.grid === finding.grid);
}

export const buildingKey = (building) => `building/${building.building_id}`;

function nameOf(building) {
  return building.building || say("planner.building_number", { number: building.building_id });
}

/** Ask once more where a micro-grid would fall into pieces; true to go on. */
async function agreeToTear(report) {
  const torn = report.micro_grids.filter((one) => one.pieces_after > Math.max(one.pieces_before, 1));
  if (!torn.length) return true;
  const codes = torn.map((one) => shortCode(one.code)).join(" ");
  const agreed = await askFirst({
    title: say("planner.torn_title"),
    yes: say("planner.torn_yes"),
    body: [make("p", {}, say("planner.torn", { codes }))],
    act: async () => true,
  });
  return agreed !== null;
}

/** Give the atoms of a building to the micro-grid it is offered. */
async function takeProposal({ plan, building, fault, done }) {
  const atoms = await orShow(fault, () => calls.listAtoms(plan.id, building.grid, building.building_id));
  if (!atoms) return false;
  const keys = atoms.filter((atom) => atom.code === null).map((atom) => atom.key);
  const given = { atoms: keys, to: building.proposed };
  const seen = await orShow(fault, () =>
    calls.preview(plan.id, { grid: building.grid, kind: "move", arguments: given }),
  );
  if (!seen || !(await agreeToTear(seen.report))) return false;
  const expected = Object.fromEntries(keys.map((key) => [key, null]));
  return operate({ plan, grid: building.grid, kind: "move", given, expected, fault, done });
}

/** Say what is proposed to a building, and what stands against it. */
function proposalText(building) {
  if (!building.proposed) return say("planner.no_proposal");
  const values = {
    code: shortCode(building.proposed),
    after: count(building.households_after),
    distance: count(Math.round(building.distance_m)),
  };
  if (!building.is_contiguous) return say("planner.proposed_apart", values);
  if (building.status_after === "over") return say("planner.proposed_over", values);
  return say(building.follows ? "planner.proposed_after" : "planner.proposed", values);
}

/** Make the buttons that put a building where it belongs; null for a plan that cannot be changed. */
export function offer({ plan, building, fault, done }) {
  const take = async (event) => {
    event.currentTarget.disabled = true;
    if (!(await takeProposal({ plan, building, fault, done }))) event.target.disabled = false;
  };
  if (plan.status !== "draft") return null;
  const isSound = building.is_contiguous && !building.follows && building.status_after !== "over";
  return make(
    "div.actions",
    {},
    building.proposed
      ? make(
          isSound ? "button.button.main" : "button.button",
          { type: "button", "data-do": "take", onclick: take },
          say("planner.take", { code: shortCode(building.proposed) }),
        )
      : null,
    make("a.button", { href: editorAddress(plan, building.grid) }, say("planner.in_editor")),
  );
}

function unassignedRow(building, { plan, go, done }) {
  const fault = make("div", { hidden: true });
  const values = {
    since: day(building.since),
    households: households(building.households, building.households_estimated),
  };
  return make(
    "li",
    { "data-key": buildingKey(building), "data-building": building.building_id },
    make("button.place", { type: "button", onclick: () => go(building) }, make("b", {}, nameOf(building))),
    make("p", {}, say(building.is_new ? "planner.unassigned_since" : "planner.left_unassigned", values)),
    make("p.small", { "data-contiguous": building.is_contiguous }, proposalText(building)),
    offer({ plan, building, fault, done }),
    fault,
  );
}

/** Let the draft count what a building has today. */
function recount({ plan, building, fault, done }) {
  const words = say("planner.recounted", { building: nameOf(building), count: count(building.households_now) });
  const given = { buildings: [building.building_id] };
  return operate({ plan, grid: building.grid_now, kind: "recount", given, words, fault, done });
}

/** Make the buttons for a building that is counted anew; null where there is nothing to press. */
export function offerRecount({ plan, building, fault, done }) {
  if (plan.status !== "draft" || building.change !== "recounted") return null;
  const update = async (event) => {
    event.currentTarget.disabled = true;
    if (!(await recount({ plan, building, fault, done }))) event.target.disabled = false;
  };
  return make(
    "div.actions",
    {},
    make("button.button.main", { type: "button", "data-do": "recount", onclick: update }, say("planner.recount")),
    make("a.button", { href: editorAddress(plan, building.grid_now) }, say("planner.in_editor")),
  );
}

function changedRow(building, { plan, go, done }) {
  const fault = make("div", { hidden: true });
  const values = {
    before: count(building.households_before),
    now: count(building.households_now),
    codes: building.micro_grids.map(shortCode).join(" "),
  };
  return make(
    "li",
    { "data-key": buildingKey(building), "data-building": building.building_id },
    make("button.place", { type: "button", onclick: () => go(building) }, make("b", {}, nameOf(building))),
    make("p", {}, say(`planner.building_${building.change}`, values)),
    offerRecount({ plan, building, fault, done }),
    fault,
  );
}

function group(kind, rows) {
  return make(
    "details.group",
    { open: true, "data-kind": kind },
    make("summary", {}, make("b", {}, say(`planner.kind_${kind}`)), make("span.count", {}, count(rows.length))),
    cutList(rows),
  );
}

/**
 * Draw the changes.
 *
 * @param {{unassigned: object[], changed: object[]}} changes as the API has them
 * @param {{plan: object, go: function(object), done: function(), opened: function(object)}} how
 *   `opened(plan)` is called with a draft that was made to take the proposals
 */
export function buildingSection({ unassigned, changed }, { plan, go, done, opened }) {
  if (!unassigned.length && !changed.length) return null;
  const makeDraft = () => branch(plan, opened);
  return make(
    "section.buildings",
    {},
    make("h3", {}, say("planner.buildings_title", { count: count(unassigned.length + changed.length) })),
    unassigned.length
      ? group("new_building", unassigned.map((one) => unassignedRow(one, { plan, go, done })))
      : null,
    changed.length ? group("changed_building", changed.map((one) => changedRow(one, { plan, go, done }))) : null,
    plan.status === "draft" || !unassigned.length
      ? null
      : make(
          "div.notice",
          {},
          make("p.small", {}, say("planner.take_in_draft")),
          make("button.button", { type: "button", "data-do": "draft", onclick: makeDraft }, say("planner.do_branch")),
        ),
  );
}
