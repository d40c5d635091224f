/** Publishing and rolling back: beside the map, first what stands against it and what changes, then the button. */

import { orShow, Problem } from "./api.js";
import * as lists from "./calls.js";
import { make } from "./elements.js";
import { count, moment, page, percent, say, sayOr } from "./page_data.js";
import { showFault } from "./planner_ask.js";
import * as calls from "./planner_calls.js";
import { drawChanges } from "./planner_changes.js";

const MINUTE_MS = 60_000;
const at = (id) => document.getElementById(`publish-${id}`);
const dialog = document.getElementById("publish");
const form = dialog.querySelector("form");
const changesBox = at("changes");
const gate = at("gate");
const time = at("time");
const tick = at("moved");
const yes = at("yes");
const no = at("no");
let current = null; // the publication the dialog belongs to

/** Write a moment as a field of a form does, in the reader's own zone. */
function asField(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

/** Give tomorrow at eight: an office changes over before it opens. */
function tomorrow() {
  const day = new Date();
  day.setDate(day.getDate() + 1);
  day.setHours(8, 0, 0, 0);
  return day;
}

function zone() {
  const hours = -new Date().getTimezoneOffset() / 60;
  return `(UTC${hours < 0 ? "−" : "+"}${Math.abs(hours)})`;
}

/** Publishing of one plan, from opening the dialog to its end. */
class Publication {
  /**
   * @param {object} plan
   * @param {{isBack: boolean, marks: object, cells: object[], jump: function(object[]|null, object),
   *   toFindings: function(), branch: function(object)}} how
   */
  constructor(plan, how) {
    Object.assign(this, { plan, how, blockers: null, needsTick: false, done: null });
  }

  get isLater() {
    return form.elements.when.value === "later";
  }

  /** Set the button to what can be done now. */
  ready() {
    const isLate = this.isLater && !time.value;
    yes.disabled = this.isBusy || this.blockers !== 0 || (this.needsTick && !tick.checked) || isLate;
    const word = this.isLater ? say("planner.publish_later") : say("planner.publish_yes");
    yes.textContent = this.how.isBack ? say("planner.back_yes") : word;
    at("time-field").hidden = !this.isLater;
    at("confirm").hidden = !this.needsTick;
  }

  busy(words) {
    this.isBusy = words !== null;
    at("load").hidden = words === null;
    at("load-text").textContent = words ?? "";
    at("said").textContent = words ?? "";
    this.ready();
  }

  open() {
    const { isBack } = this.how;
    const named = { plan: this.plan.id };
    at("title").textContent = isBack ? say("planner.back_title", named) : say("planner.publish_title", named);
    at("meaning").textContent = isBack ? say("planner.back_meaning", named) : say("planner.publish_meaning", named);
    at("when").hidden = isBack;
    at("zone").textContent = zone();
    form.reset();
    time.value = asField(this.plan.effective_at ? new Date(this.plan.effective_at) : tomorrow());
    time.min = asField(new Date());
    for (const place of [gate, changesBox, at("fault")]) place.replaceChildren();
    gate.hidden = true;
    dialog.showModal();
    return this.load();
  }

  /** Check the plan and compare it with what everybody sees. */
  async load() {
    this.busy(say("planner.publish_looking"));
    const found = await orShow(at("fault"), () =>
      Promise.all([
        calls.lookOver(this.plan.id),
        calls.compareWithSeen(this.plan.id),
        lists.getPlan(this.plan.id),
        lists.listMicroGrids({ area: this.plan.area_code }),
      ]),
    );
    this.busy(null);
    if (!found || !dialog.open || current !== this) return;
    const [checked, comparison, known, seen] = found;
    this.seen = seen;
    this.bar(checked.findings, checked.blocking);
    this.showChanges(comparison, known.changes);
    const kinds = ["b", ".count"].map((part) => [...changesBox.querySelectorAll(`summary ${part}`)]);
    const parts = kinds[0].map((kind, number) => `${kind.textContent} ${kinds[1][number].textContent}`);
    if (this.blockers === 0) at("said").textContent = [say("planner.check_clear"), ...parts].join(" · ");
    this.ready();
  }

  /** Say what stands against it, with the way there. */
  bar(findings, blocking) {
    this.blockers = blocking;
    at("when").hidden = this.how.isBack || blocking > 0;
    gate.hidden = blocking === 0;
    if (blocking === 0) return;
    const kinds = new Map();
    for (const one of findings) {
      const stands = one.severity === "blocking" && one.waived === null;
      if (stands) kinds.set(one.kind, (kinds.get(one.kind) ?? 0) + 1);
    }
    const rows = [...kinds].map(([kind, number]) =>
      make("li", {}, `${sayOr(`planner.kind_${kind}`, kind)} · ${count(number)}`),
    );
    const go = () => {
      dialog.close();
      this.how.toFindings();
    };
    const copy = () => {
      dialog.close();
      this.how.branch(this.plan);
    };
    gate.replaceChildren(
      make(
        "div.notice.fault",
        { role: "alert" },
        make("p", {}, make("b", {}, say("planner.blocked", { count: count(blocking) }))),
        make("ul", {}, ...rows),
        make("p", {}, say(this.how.isBack ? "planner.blocked_back" : "planner.blocked_do")),
        make(
          "div.actions",
          {},
          make("button.button", { type: "button", "data-do": "to-findings", onclick: go }, say("planner.to_findings")),
          this.how.isBack ? make("button.button", { type: "button", onclick: copy }, say("planner.do_branch")) : null,
        ),
      ),
    );
  }

  showChanges(comparison, changes) {
    const share = changes.households_before ? changes.households_moved / changes.households_before : 0;
    if (share > page.moved_share) this.askTick(changes.households_moved, percent(share));
    changesBox.replaceChildren(
      ...drawChanges({ comparison, changes, plan: this.plan }, (one) => this.how.jump(this.seen, one)),
    );
    const kinds = new Map(comparison.micro_grids.map((one) => [one.code, one.change]));
    const retired = this.seen.filter((cell) => kinds.get(cell.code) === "retired");
    this.how.marks.showChanges(kinds, retired);
    this.how.marks.light(comparison.rows.map((row) => row.building_id));
  }

  askTick(households, share) {
    this.needsTick = true;
    at("moved-text").textContent = say("planner.confirm_moved", { households: count(households), share });
  }

  async send() {
    const body = { confirm_moved: this.needsTick && tick.checked };
    if (!this.how.isBack && this.isLater) body.effective_at = new Date(time.value).toISOString();
    this.busy(say("planner.publishing"));
    at("fault").hidden = true;
    no.disabled = true; // it can no longer be stopped
    try {
      const send = this.how.isBack ? calls.rollBack : calls.publishPlan;
      this.done = await send(this.plan.id, body);
      dialog.close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.refused(problem);
    } finally {
      no.disabled = false;
      this.busy(null);
    }
  }

  /** Somebody changed something since the dialog was opened: the server's word counts. */
  refused(problem) {
    const { slug, details, findings } = problem.body;
    if (details?.share !== undefined) this.askTick(details.households, details.percent);
    if (slug === "rule_broken" && findings) this.bar(findings, findings.length);
    else showFault(at("fault"), problem);
  }
}

/**
 * Let the reader look at what changes, then publish or roll back; a refusal stays in the dialog.
 *
 * @returns {Promise<{plan: object, words: string}|null>} what was done; null when the reader left
 */
export async function publish(plan, how) {
  const one = new Publication(plan, how);
  current = one;
  form.onsubmit = (event) => {
    event.preventDefault();
    one.send();
  };
  form.oninput = () => one.ready();
  const closed = new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  await one.open();
  await closed;
  how.marks.showChanges(null);
  how.marks.light([]);
  if (!one.done) return null;
  const { id, effective_at: later } = one.done;
  if (how.isBack) return { plan: one.done, words: say("planner.rolled_back", { plan: id, source: plan.id }) };
  const timed = later ? say("planner.timed_now", { plan: id, at: moment(later) }) : null;
  return { plan: one.done, words: timed ?? say("planner.published", { plan: id }) };
}

no.addEventListener("click", () => dialog.close());
dialog.addEventListener("cancel", (event) => no.disabled && event.preventDefault());
