/** The validation of the plan that is shown: asked of the server, marked on the map, kept with the panel. */

import { orShow } from "./api.js";
import * as lists from "./calls.js";
import { fitTo } from "./map.js";
import * as calls from "./planner_calls.js";
import { buildingKey, isLandOfNew } from "./planner_buildings.js";

const NEAR = 0.0012; // degrees around a building: some hundred metres of its street
const AT_BUILDING = 18;

/** The findings that concern what is shown: an area may lie below the one its plan divides. */
function insideOf(area, children, plan, cells) {
  if (area.code === plan.area_code || !area.parents.some((parent) => parent.code === plan.area_code)) {
    return () => true;
  }
  const grids = new Set([area.code, ...children.map((child) => child.code), ...cells.map((cell) => cell.grid_code)]);
  return ({ grid, grid_now: now, grid_before: before }) =>
    [grid, now, before].some((code) => grids.has(code));
}

/** Give the middle of the micro-grids of a grid. */
function middleOf(cells) {
  const mean = (name) => cells.reduce((sum, cell) => sum + cell[name], 0) / cells.length;
  return cells.length ? { lon: mean("lon"), lat: mean("lat") } : null;
}

/** Keeps the review of one plan at a time. */
export class Review {
  /**
   * @param {{panel: object, marks: object, map: object, choose: function(string, object)}} parts
   */
  constructor(parts) {
    Object.assign(this, parts, { plan: null, findings: [], buildings: { unassigned: [], changed: [] }, cells: [] });
  }

  /** How many findings stand against publishing. */
  get blocking() {
    return this.findings.filter((one) => one.severity === "blocking" && one.waived === null).length;
  }

  /** Check `plan` and show what is found; gives the findings, or null when another plan was opened meanwhile. */
  async open({ plan, area, children, cells, fault }) {
    const isNew = this.plan?.id !== plan?.id;
    Object.assign(this, { plan, cells });
    this.cellOf = new Map(cells.map((cell) => [cell.code, cell]));
    if (plan === null) {
      this.findings = [];
      this.panel.nothing();
      this.marks.show([]);
      return null;
    }
    if (isNew) this.panel.wait();
    const asked = (this.asked = {});
    const [checked, found] = await Promise.all([
      orShow(fault, () => calls.lookOver(plan.id)),
      orShow(fault, () =>
        Promise.all([calls.listWaivers(plan.id), calls.listBuildingChanges(plan.id), lists.getPlan(plan.id)]),
      ),
    ]);
    if (this.asked !== asked) return null;
    const isInside = insideOf(area, children, plan, cells);
    this.buildings = {
      unassigned: (found?.[1].unassigned ?? []).filter(isInside),
      changed: (found?.[1].changed ?? []).filter(isInside),
    };
    this.findings = checked?.findings ?? [];
    if (!checked || !found) {
      this.panel.broken({ plan, buildings: this.buildings });
      this.mark();
      return null;
    }
    const [waivers, , { findings: notes }] = found;
    const { findings } = this;
    this.panel.show({ plan, findings, waivers, buildings: this.buildings, notes, isInside });
    this.mark();
    return findings;
  }

  placeOf(finding) {
    const isSame = (one) => one.building_id === finding.details?.building_id;
    if (this.buildings.unassigned.some(isSame)) return null; // it has a mark of its own
    const changed = this.buildings.changed.find(isSame);
    if (changed) return changed;
    if (isLandOfNew(finding, this.buildings)) return null;
    if (finding.micro_grid) return this.cellOf.get(finding.micro_grid) ?? null;
    return middleOf(this.cells.filter((cell) => cell.grid_code === finding.grid));
  }

  mark() {
    const findings = this.findings
      .filter((one) => one.severity === "blocking")
      .map((one) => ({ one, place: this.placeOf(one) }))
      .filter(({ place }) => place)
      .map(({ one, place }) => ({
        kind: one.waived ? "waived" : "blocking",
        key: one.key,
        lon: place.lon,
        lat: place.lat,
      }));
    const buildings = this.buildings.unassigned.map((one) => ({
      kind: "building",
      key: buildingKey(one),
      lon: one.lon,
      lat: one.lat,
      home: (one.is_contiguous && this.cellOf.get(one.proposed)) || null,
    }));
    this.marks.show([...findings, ...buildings]);
  }

  /** Bring the place of a finding or a building into view. */
  async go(one) {
    const id = one.building_id ?? one.details?.building_id;
    const known = [...this.buildings.unassigned, ...this.buildings.changed];
    const building = known.find((other) => other.building_id === id);
    if (building) {
      const { lon, lat } = building;
      this.marks.light([id]);
      fitTo(this.map, [lon - NEAR, lat - NEAR, lon + NEAR, lat + NEAR], { maxZoom: AT_BUILDING });
      return;
    }
    this.marks.light(id === undefined ? [] : [id]);
    if (one.micro_grid) {
      this.choose(one.micro_grid, { fit: true });
      return;
    }
    if (one.grid) fitTo(this.map, (await lists.getArea(one.grid)).bounds);
  }

  /** Name the place of a finding as people do: grid and number, or the grid alone. */
  nameOf(finding) {
    const cell = this.cellOf.get(finding.micro_grid);
    if (cell) return `${cell.grid_name} ${finding.micro_grid.slice(cell.grid_code.length)}`;
    if (finding.micro_grid) return "";
    return this.cells.find((one) => one.grid_code === finding.grid)?.grid_name ?? "";
  }
}
