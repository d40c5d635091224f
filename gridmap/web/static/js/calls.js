/** The calls of the JSON API that the pages make, one function each. */

import { ask } from "./api.js";

const PAGE_SIZE = 1000;

/** Follow the pages of a list to its end; nothing is cut off in silence. */
async function askAll(path, query, signal) {
  const items = [];
  let after = null;
  do {
    const part = await ask(path, { query: { ...query, limit: PAGE_SIZE, after }, signal });
    items.push(...part.items);
    after = part.next ?? null;
  } while (after !== null);
  return items;
}

export const listAreas = (query) => askAll("/areas", query);
export const getArea = (code) => ask(`/areas/${code}`);
export const listMicroGrids = (query, signal) => askAll("/micro-grids", query, signal);
export const listPlans = (area) => askAll("/plans", { area });
export const getPlan = (id) => ask(`/plans/${id}`);
export const createPlan = (area) => ask("/plans", { method: "POST", body: { area_code: area } });
export const checkPlan = (id) => ask(`/plans/${id}/check`, { method: "POST" });
export const publishPlan = (id) => ask(`/plans/${id}/publish`, { method: "POST" });
