/** The validation of the plan that is shown: the list of API and export, what blocks first, each with its way out. */

import { orShow } from "./api.js";
import { make, MARKS } from "./elements.js";
import { findingText, placeText, remedyText } from "./findings.js";
import { shortCode } from "./grid_style.js";
import { count, say, sayOr } from "./page_data.js";
import { buildingSection, isLandOfNew, offer, offerRecount } from "./planner_buildings.js";
import { operate, remediesOf } from "./planner_remedies.js";
import { cutList, editorAddress } from "./planner_rows.js";
import { lapsedText, waivedText, waiveFinding, withdrawWaiver } from "./planner_waivers.js";

const FEW = 8; // groups of notes larger than this are closed at first
const FIXED_BY_REMEDY = ["outside_band"];
const ABOUT_COUNTS = ["atom_missing", "atom_twice"];
const FIXED_BY_FILL = "unassigned";

const isBlocking = (finding) => finding.severity === "blocking" && finding.waived === null;

function groupsOf(findings) {
  const groups = new Map();
  for (const finding of findings) groups.set(finding.kind, [...(groups.get(finding.kind) ?? []), finding]);
  return groups;
}

/** One list of the panel, drawn for one check of one plan. */
class Drawing {
  /**
   * @param {object} review of the plan: plan, findings, waivers, buildings, notes
   * @param {{go: function(object), done: function(), opened: function(object), marks: object,
   *   nameOf: function(object)}} how
   */
  constructor(review, how) {
    Object.assign(this, { review, how, plan: review.plan });
  }

  /** Give the new building that a finding is about. */
  newBuilding(finding) {
    if (finding.kind !== "atom_missing") return undefined;
    return this.review.buildings.unassigned.find((one) => one.building_id === finding.details.building_id);
  }

  /** Give the building that a finding counts otherwise than it stands today. */
  recounted(finding) {
    if (!ABOUT_COUNTS.includes(finding.kind)) return undefined;
    return this.review.buildings.changed.find((one) => one.building_id === finding.details.building_id);
  }

  isLandOfNew(finding) {
    return isLandOfNew(finding, this.review.buildings);
  }

  /** Say what it is; for one the engine proved or explained, also why. */
  texts(finding) {
    const { notes } = this.review;
    const building = this.newBuilding(finding);
    if (building) {
      return [say("planner.missing_new", { building: building.building, households: count(building.households) })];
    }
    const recounted = this.recounted(finding);
    if (recounted) {
      const { building: name, households_before: before, households_now: now } = recounted;
      return [say("planner.known_recount", { building: name, before: count(before), now: count(now) })];
    }
    if (this.isLandOfNew(finding)) return [findingText(finding), say("planner.gap_new")];
    const reason = notes.find((one) => one.micro_grid === finding.micro_grid && one.kind === finding.details.reason);
    return [findingText(finding), reason ? findingText(reason) : ""].filter(Boolean);
  }

  place(finding) {
    const name = finding.micro_grid ? shortCode(finding.micro_grid) : placeText(finding);
    return make(
      "button.place",
      { type: "button", title: say("planner.show_on_map"), onclick: () => this.how.go(finding) },
      make("b", {}, this.how.nameOf(finding) || name),
    );
  }

  actions(finding) {
    const { plan, how } = this;
    const given = [];
    let below = null;
    const grid = finding.grid;
    const building = this.newBuilding(finding);
    const recounted = this.recounted(finding);
    if (building || recounted) {
      const fault = make("div", { hidden: true });
      const more = { plan, fault, done: how.done };
      return [building ? offer({ building, ...more }) : offerRecount({ building: recounted, ...more }), fault];
    }
    if (FIXED_BY_REMEDY.includes(finding.kind) && finding.micro_grid) {
      const { button, place } = remediesOf({ plan, grid, code: finding.micro_grid, marks: how.marks, done: how.done });
      given.push(button);
      below = place;
    }
    if (finding.kind === FIXED_BY_FILL && plan.status === "draft") {
      below = make("div", { hidden: true });
      const fill = () => operate({ plan, grid, kind: "fill", given: {}, fault: below, done: how.done });
      given.push(make("button.button", { type: "button", "data-do": "fill", onclick: fill }, say("planner.fill")));
    }
    const title = `${how.nameOf(finding) || placeText(finding)} · ${this.texts(finding)[0]}`;
    if (finding.is_waivable && plan.status !== "superseded") {
      const waive = () => waiveFinding({ plan, finding, title, done: how.done });
      const withdraw = () => withdrawWaiver({ plan, id: finding.waived.id, title, done: how.done });
      given.push(
        finding.waived
          ? make("button.button", { type: "button", "data-do": "withdraw", onclick: withdraw }, say("planner.withdraw"))
          : make("button.button", { type: "button", "data-do": "waive", onclick: waive }, say("planner.waive")),
      );
    }
    if (plan.status === "draft" && grid) {
      const href = editorAddress(plan, grid, finding.micro_grid);
      given.push(make("a.button", { href, "data-do": "edit" }, say("planner.in_editor")));
    }
    return [given.length ? make("div.actions", {}, ...given) : null, below];
  }

  row(finding) {
    const [first, ...more] = this.texts(finding);
    const isExplained = this.newBuilding(finding) || this.recounted(finding) || this.isLandOfNew(finding);
    const advice = finding.waived || isExplained ? "" : remedyText(finding);
    return make(
      "li",
      { "data-key": finding.key, "data-micro-grid": finding.micro_grid },
      this.place(finding),
      make("p", {}, first),
      ...more.map((words) => make("p.small", {}, words)),
      finding.waived ? waivedText(finding.waived) : null,
      advice && isBlocking(finding) ? make("p.remedy.small", {}, advice) : null,
      ...this.actions(finding),
    );
  }

  group(kind, findings, isOpen) {
    return make(
      "details.group",
      { open: isOpen, "data-kind": kind },
      make(
        "summary",
        {},
        make("b", {}, sayOr(`planner.kind_${kind}`, kind)),
        make("span.count", {}, count(findings.length)),
      ),
      cutList(findings.map((finding) => this.row(finding))),
    );
  }

  section(name, sign, findings) {
    if (!findings.length) return null;
    const groups = [...groupsOf(findings)];
    return make(
      `section.${name}`,
      {},
      make(
        "h3",
        {},
        make("span", { "aria-hidden": "true" }, `${sign} `),
        say(`planner.section_${name}`, { count: count(findings.length) }),
      ),
      ...groups.map(([kind, rows]) => this.group(kind, rows, name !== "warnings" || rows.length <= FEW)),
    );
  }

  /** Exceptions that were approved and hold no more. */
  lapsed() {
    const held = new Set(this.review.findings.map((finding) => finding.waived?.id));
    const rows = this.review.waivers.filter((waiver) => !held.has(waiver.id));
    if (!rows.length) return null;
    const row = (waiver) => {
      const kind = sayOr(`planner.kind_${waiver.kind}`, waiver.kind);
      const title = `${this.how.nameOf(waiver) || placeText(waiver)} · ${kind}`;
      const withdraw = () => withdrawWaiver({ plan: this.plan, id: waiver.id, title, done: this.how.done });
      const { reason, created_at: at, expires_on: until } = waiver;
      const button = make("button.button", { type: "button", onclick: withdraw }, say("planner.withdraw"));
      return make(
        "li",
        { "data-key": `waiver/${waiver.id}` },
        make("p", {}, make("b", {}, title)),
        make("p.small", {}, lapsedText(waiver)),
        waivedText({ by: waiver.by ?? "system", at, until, reason }),
        this.plan.status === "superseded" ? null : make("div.actions", {}, button),
      );
    };
    return make(
      "section.lapsed",
      {},
      make("h3", {}, say("planner.section_lapsed", { count: count(rows.length) })),
      make(
        "details.group",
        { "data-kind": "lapsed" },
        make("summary", {}, make("b", {}, say("planner.kind_lapsed")), make("span.count", {}, count(rows.length))),
        cutList(rows.map(row)),
      ),
    );
  }

  sections(findings) {
    return [
      this.section("blocking", MARKS.over, findings.filter(isBlocking)),
      buildingSection(this.review.buildings, { plan: this.plan, ...this.how }),
      this.section("waived", MARKS.in_band, findings.filter((one) => one.waived)),
      this.lapsed(),
      this.section("warnings", MARKS.finding, findings.filter((one) => one.severity !== "blocking")),
    ].filter(Boolean);
  }
}

/** Bring the panel to life. */
export function startFindings({ panel, badge, how }) {
  const fault = make("div", { hidden: true });

  /** Keep open what was open, and the place, when the list is drawn anew. */
  function keepPlace(draw) {
    const closed = new Map(
      [...panel.querySelectorAll("details.group")].map((group) => [keyOf(group), group.open]),
    );
    const { scrollTop } = panel;
    const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
    draw();
    for (const group of panel.querySelectorAll("details.group")) {
      if (closed.has(keyOf(group))) group.open = closed.get(keyOf(group));
    }
    panel.scrollTop = scrollTop;
    if (focused) panel.querySelector(`[data-key="${CSS.escape(focused)}"] .place`)?.focus({ preventScroll: true });
  }
  const keyOf = (group) => `${group.parentElement.className} ${group.dataset.kind}`;

  function head(review, findings) {
    const blocking = findings.filter(isBlocking).length;
    const waived = findings.filter((one) => one.waived).length;
    const notes = findings.length - blocking - waived;
    const again = async (event) => {
      event.currentTarget.disabled = true;
      await orShow(fault, () => how.done());
    };
    const csv = { href: `/api/v1/plans/${review.plan.id}/findings.csv`, download: true };
    return make(
      "div.check-head",
      {},
      make(
        "p",
        { role: "status" },
        make("b", {}, say(blocking ? "planner.check_blocked" : "planner.check_clear", { count: count(blocking) })),
        make(
          "span.quiet",
          {},
          waived ? ` · ${say("planner.check_waived", { count: count(waived) })}` : "",
          notes ? ` · ${say("planner.check_rest", { count: count(notes) })}` : "",
        ),
      ),
      make(
        "div.actions",
        {},
        make("button.button", { type: "button", "data-do": "check", onclick: again }, say("planner.check")),
        make("a.button.plain", csv, say("planner.findings_csv")),
      ),
    );
  }

  function draw(review, isWhole) {
    const inside = isWhole ? review.findings : review.findings.filter(review.isInside);
    const hidden = review.findings.length - inside.length;
    const drawing = new Drawing(review, how);
    const sections = drawing.sections(inside);
    const outside = hidden
      ? make(
          "p.outside.small",
          {},
          make("span", {}, say("planner.findings_outside", { count: count(hidden) })),
          make(
            "button.button",
            { type: "button", onclick: () => keepPlace(() => draw(review, true)) },
            say("planner.findings_whole"),
          ),
        )
      : "";
    const none = sections.length ? "" : make("p.empty", {}, say("planner.no_findings"));
    panel.replaceChildren(head(review, inside), fault, outside, ...sections, none);
    const open = inside.filter(isBlocking).length;
    badge.textContent = open ? count(open) : "";
    badge.classList.toggle("blocking", open > 0);
  }

  return {
    show: (review) => keepPlace(() => draw(review, false)),
    /** Say that the plan is being checked. */
    wait() {
      badge.textContent = "";
      panel.replaceChildren(
        make("div.empty", { role: "status" }, make("span", {}, say("planner.checking")), make("progress")),
      );
    },
    /** Say that the check broke off; its reason stands above, and what became of the buildings below. */
    broken({ plan, buildings }) {
      const again = () => how.done();
      panel.replaceChildren(
        make(
          "div.empty",
          {},
          make("p", {}, say("planner.check_failed")),
          make("button.button", { type: "button", onclick: again }, say("planner.check")),
        ),
        buildingSection(buildings, { plan, ...how }) ?? "",
      );
    },
    /** Say that there is nothing to check. */
    nothing() {
      badge.textContent = "";
      panel.replaceChildren(make("p.empty", {}, say("planner.nothing_to_check")));
    },
    /** Show the row of a key, as from a mark on the map. */
    choose(key) {
      const row = panel.querySelector(`[data-key="${CSS.escape(key)}"]`);
      const group = row?.closest("details");
      if (group) group.open = true;
      row?.scrollIntoView({ block: "nearest" });
      row?.querySelector("button")?.focus({ preventScroll: true });
    },
    /** Bring what blocks into view. */
    toBlocking() {
      const group = panel.querySelector("section.blocking details, section.buildings details");
      if (group) group.open = true;
      group?.querySelector(".place")?.focus();
    },
  };
}
