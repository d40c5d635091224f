/** The city's rules: a list with a switch each, and a form made of what a kind of rule asks. */

import { ask, Problem } from "./api.js";
import { readRule, ruleForm } from "./coverage_rule_form.js";
import { ruleName } from "./coverage_story.js";
import { icon, make } from "./elements.js";
import { showFaults } from "./form_fields.js";
import { percent, say } from "./page_data.js";

const element = (id) => document.getElementById(id);
const dialog = element("rules-dialog");
const form = dialog?.querySelector("form"); // only who may change the rules has it
const state = { kinds: [], rules: [], open: null, changed: () => {} };

function tell(text) {
  element("rules-said").textContent = text;
}

function showProblem(problem) {
  element("rules-fault").replaceChildren(make("p.notice.fault", { role: "alert" }, problem.message));
}

/** Do something that may be refused; the refusal stays in the dialog. */
async function attempt(work) {
  element("rules-fault").replaceChildren();
  try {
    return await work();
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    const taken = fault.status === 409 ? [{ column: "code", text: fault.message }] : [];
    const rest = state.open ? showFaults(form, fault, taken) : [fault.message];
    if (rest.length) showProblem({ message: rest.join(" ") });
    return null;
  }
}

async function turn(rule, box) {
  const changed = await attempt(() => ask(`/coverage/rules/${rule.id}`, { method: "PATCH", body: { is_active: box.checked } }));
  if (!changed) {
    box.checked = !box.checked;
    return;
  }
  rule.is_active = changed.is_active;
  tell(say(changed.is_active ? "coverage_page.rule_on" : "coverage_page.rule_off", { rule: ruleName(rule) }));
  await state.changed();
}

function row(rule) {
  const kind = state.kinds.find((one) => one.code === rule.kind);
  const counted = say(`coverage_page.by_${rule.counted_by}`);
  const words = { kind: kind?.name ?? rule.kind, target: percent(rule.target_share), counted };
  const box = make("input", { type: "checkbox", role: "switch", "aria-label": say("coverage_page.rule_active_of", { rule: ruleName(rule) }), onchange: (event) => turn(rule, event.target) });
  box.checked = rule.is_active;
  return make(
    "li.rule",
    { "data-rule": rule.code },
    make("div", {}, make("b", {}, ruleName(rule)), make("span.quiet.small", {}, say("coverage_page.rule_line", words))),
    make("label.switch", {}, box, make("span", { "aria-hidden": "true" }, say("coverage_page.rule_active"))),
    make("button.button", { type: "button", "aria-label": say("coverage_page.rule_change_of", { rule: ruleName(rule) }), onclick: () => openForm(rule) }, say("coverage_page.rule_change")),
  );
}

function showList(focused = null) {
  state.open = null;
  element("rules-title").textContent = say("coverage_page.rules_title");
  element("rules-about").hidden = false;
  const rows = state.rules.map(row);
  element("rules-body").replaceChildren(rows.length ? make("ul.rules", {}, ...rows) : make("p.quiet", {}, say("coverage_page.rules_none")));
  element("rules-foot").replaceChildren(
    make("button.button", { type: "button", onclick: () => dialog.close() }, say("coverage_page.rules_close")),
    make("button.button.main", { type: "button", id: "rule-add", onclick: () => openForm(null) }, icon("plus"), say("coverage_page.rule_add")),
  );
  (dialog.querySelector(`[data-rule="${focused}"] button`) ?? element("rule-add")).focus();
}

function openForm(rule) {
  state.open = { rule };
  tell("");
  element("rules-fault").replaceChildren();
  element("rules-about").hidden = true;
  element("rules-title").textContent = rule ? say("coverage_page.rule_change_of", { rule: ruleName(rule) }) : say("coverage_page.rule_new");
  element("rules-body").replaceChildren(...ruleForm(state.kinds, rule));
  element("rules-foot").replaceChildren(
    make("button.button", { type: "button", onclick: () => showList(rule?.code) }, say("coverage_page.rule_back")),
    make("button.button.main", { id: "rule-save" }, icon("check"), say("coverage_page.rule_save")),
  );
  element("rules-body").querySelector("input:not([disabled]), select:not([disabled])").focus();
}

async function save() {
  const { rule } = state.open;
  const kind = state.kinds.find((one) => one.code === (rule?.kind ?? form.elements.kind.value));
  const body = readRule(form, kind);
  const address = rule ? `/coverage/rules/${rule.id}` : "/coverage/rules";
  const asked = rule ? { method: "PATCH", body } : { method: "POST", body: { ...body, code: form.elements.code.value.trim(), kind: kind.code } };
  element("rule-save").disabled = true;
  const saved = await attempt(() => ask(address, asked));
  if (!saved) {
    element("rule-save").disabled = false;
    return;
  }
  state.rules = (await ask("/coverage/rules")).items;
  showList(saved.code);
  tell(say("coverage_page.rule_saved", { rule: ruleName(saved) }));
  await state.changed();
}

/**
 * Let a planner change the rules.
 *
 * @param {HTMLElement} button opens the dialog
 * @param {function(): Promise} changed told after each change
 */
export function editRules(button, changed) {
  state.changed = changed;
  button.addEventListener("click", async () => {
    tell("");
    dialog.showModal();
    const found = await attempt(() => Promise.all([ask("/coverage/kinds"), ask("/coverage/rules")]));
    if (!found) return;
    [state.kinds, state.rules] = found.map((answer) => answer.items);
    showList();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (state.open) save();
  });
}
