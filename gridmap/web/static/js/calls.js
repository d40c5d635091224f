/** The calls of the JSON API that the pages make, one function each. */

import { ask } from "./api.js";

const PART = 1000;

/** Follow the parts of a list to its end; nothing is cut off in silence. */
async function askAll(path, query = {}) {
  const items = [];
  let part = await ask(path, { query: { ...query, limit: PART } });
  items.push(...part.items);
  while (part.next) {
    part = await ask(path, { query: { ...query, limit: PART, after: part.next } });
    items.push(...part.items);
  }
  return items;
}

export const listAreas = (query) => askAll("/areas", query);
export const getArea = (code) => ask(`/areas/${code}`);
export const listMicroGrids = (query) => askAll("/micro-grids", query);
export const listPlans = (area) => askAll("/plans", { area });
export const getPlan = (id) => ask(`/plans/${id}`);
export const createPlan = (area) => ask("/plans", { method: "POST", body: { area_code: area } });
export const checkPlan = async (id) => (await ask(`/plans/${id}/check`, { method: "POST" })).findings;
export const getHeatLayer = (query, signal) => ask("/heatmaps/layers", { query, signal });
export const getHeatFrames = (query) => ask("/heatmaps/frames", { query });
export const getHeatSurface = (query, signal) => ask("/heatmaps/surface", { query, signal });
export const listHeatWords = () => ask("/heatmaps/words");
export const listCounted = (query) => ask("/heatmaps/issues", { query });
export const countStored = async () => (await ask("/session/stored")).items;
export const listMyMicroGrids = () => askAll("/micro-grids", { mine: true });
export const listMyBuildings = () => askAll("/buildings", { mine: true });
export const listMyOpenIssues = () => askAll("/issues", { mine: true, is_open: true });
export const getMyPost = () => ask("/staff/me");

/** Count the open issues of a micro-grid. */
export async function countOpenIssues(code) {
  return (await ask("/issues", { query: { micro_grid: code, is_open: true, limit: 1 } })).total;
}
