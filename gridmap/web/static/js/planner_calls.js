/** The calls of the JSON API for the life of a plan, one function each. */

import { ask } from "./api.js";
import { makeId } from "./ids.js";

const MOST_ROWS = 1000;
const post = (path, body) => ask(path, { method: "POST", body });

export const lookOver = (id) => post(`/plans/${id}/check`);
export const listWaivers = async (id) => (await ask(`/plans/${id}/waivers`)).items;
export const listBuildingChanges = (id) => ask(`/plans/${id}/changes-since`);
export const listRemedies = async (id, code) =>
  (await ask(`/plans/${id}/remedies`, { query: { micro_grid: code } })).remedies;

export const waive = (id, body) => post(`/plans/${id}/waivers`, body);
export const withdraw = (id, waiver) => ask(`/plans/${id}/waivers/${waiver}`, { method: "DELETE" });

/** Do one operation of the editor on a draft, once. */
export const operate = (id, body) => post(`/plans/${id}/operations`, { ...body, op_id: makeId() });
/** Give what an operation would do; nothing is changed. */
export const preview = (id, body) => post(`/plans/${id}/operations/preview`, body);
export const undo = (id, grid) => post(`/plans/${id}/undo`, { grid, op_id: makeId() });

/** Give the atoms of a building in a draft, as they stand today: `{key, code, …}`. */
export async function listAtoms(id, grid, building) {
  const { grids } = await ask(`/plans/${id}/divisions`, { query: { area: grid } });
  return grids.flatMap((one) => one.atoms).filter((atom) => atom.building_id === building);
}

/** Compare a plan with what everybody sees. */
export const compareWithSeen = (id) => ask(`/plans/${id}/compare`, { query: { limit: MOST_ROWS } });

/** Give the id of a plan that everybody sees in an area; null where nothing is published. */
export async function findSeen(area) {
  const { items } = await ask("/micro-grids", { query: { area, limit: 1 } });
  return items[0]?.plan_id ?? null;
}

export const submitPlan = (id) => post(`/plans/${id}/submit`);
export const returnPlan = (id, words) => post(`/plans/${id}/return`, { words });
export const callOff = (id) => post(`/plans/${id}/call-off`);
export const branchPlan = (id) => post(`/plans/${id}/branch`);
export const publishPlan = (id, body) => post(`/plans/${id}/publish`, body);
export const rollBack = (id, body) => post(`/plans/${id}/roll-back`, body);

/** Give the newest open words on the plan as a whole: why it was returned. */
export async function findWords(id) {
  const { items } = await ask(`/plans/${id}/comments`, { query: { open: 1, limit: MOST_ROWS } });
  return items.filter((one) => one.micro_grid === null && one.lon === null).at(-1) ?? null;
}
export const resolveWords = (id, comment) =>
  ask(`/plans/${id}/comments/${comment}`, { method: "PATCH", body: { resolved: true } });
