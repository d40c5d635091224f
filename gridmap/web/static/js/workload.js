/** Page of workload: how it spreads in a role, and whom to ask where a rule finds nobody. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { ask, orShow } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { areaName, clock, count, day, households, page, say } from "./page_data.js";
import { spreadRow } from "./workload_spread.js";

const FIRST_ROLE = "micro_grid_head";
const field = (id) => document.getElementById(id);
const state = { area: null, role: null, rule: null };
const latest = { spread: 0, questions: 0 };

const made = (answer) =>
  say("workload.made", { plan: answer.plan_version ?? "–", time: `${day(answer.as_of)} ${clock(answer.as_of)}` });

async function showSpread() {
  const number = ++latest.spread;
  await orShow(field("fault"), async () => {
    const answer = await ask("/workload", { query: { area: state.area, role: state.role } });
    if (number !== latest.spread) return;
    field("said").textContent = answer.posts
      ? say("workload.posts", { posts: count(answer.posts) })
      : say("workload.no_role_posts");
    field("spreads").replaceChildren(...(answer.posts ? answer.spreads.map(spreadRow) : []));
    field("definition").textContent = answer.definition;
    field("made").textContent = made(answer);
  });
}

async function accept(item, row) {
  await orShow(row.querySelector(".answer"), async () => {
    const body = { staff_code: item.staff_code, level: item.level, place_id: item.place_id };
    await ask("/workload/postings", { method: "POST", body });
    row.querySelector(".actions").replaceChildren(
      make("p.badge.published", { role: "status" }, `✓ ${say("workload.posted", { code: item.staff_code })}`),
    );
    await showSpread();
  });
}

function placeAddress(item) {
  if (item.level === "building") return `/buildings/${item.place_id}`;
  if (item.level === "entrance" || !item.place_code) return null;
  return `/places/${item.level === "micro_grid" ? "micro_grid" : "area"}/${item.place_code}`;
}

function questionRow(item) {
  const address = placeAddress(item);
  const row = make(
    "li",
    {},
    make("b", {}, item.question),
    make(
      "span.quiet.small",
      {},
      `${say(`coverage.level_${item.level}`)} · ${households(item.households)} `,
      address ? make("a", { href: address }, say("workload.open_place")) : null,
    ),
    make("ul", {}, ...item.reasons.map((reason) => make("li", {}, reason.text))),
    make("div.answer", { hidden: true }),
    make("div.actions"),
  );
  const actions = row.querySelector(".actions");
  if (item.staff_code) {
    const link = { href: `/staff/${encodeURIComponent(item.staff_code)}` };
    actions.append(make("a.button", link, item.staff_code));
    const post = () => accept(item, row);
    if (page.may_post) {
      actions.prepend(make("button.button.main", { type: "button", onclick: post }, say("workload.accept")));
    }
  }
  return row;
}

async function showQuestions() {
  const number = ++latest.questions;
  field("questions-said").textContent = "";
  if (!state.rule) {
    field("questions-said").textContent = say("workload.no_rules");
    return;
  }
  await orShow(field("questions-fault"), async () => {
    const answer = await ask("/workload/suggestions", { query: { area: state.area, rule: state.rule } });
    if (number !== latest.questions) return;
    const numbers = { places: count(answer.places), shown: count(answer.items.length) };
    const key = answer.places > answer.items.length ? "workload.places_first" : "workload.places";
    field("questions-said").textContent = say(answer.places ? key : "workload.no_places", numbers);
    field("questions").replaceChildren(...answer.items.map(questionRow));
    field("questions-definition").textContent = `${answer.definition} ${made(answer)}`;
  });
}

async function change(changes, step = false) {
  Object.assign(state, changes);
  for (const name of Object.keys(state)) field(name).value = state[name] ?? "";
  writeAddress(state, { step });
  await Promise.all([
    "area" in changes || "role" in changes ? showSpread() : null,
    "area" in changes || "rule" in changes ? showQuestions() : null,
  ]);
}

for (const name of Object.keys(state)) {
  field(name).addEventListener("change", () => change({ [name]: field(name).value }, true));
}
for (const id of ["ask", "ask-rule"]) field(id).addEventListener("submit", (event) => event.preventDefault());
onStepBack(({ area, role, rule }) => area && change({ area, role, rule }));

await orShow(field("fault"), async () => {
  const below = page.areas.map(async (area) => [area, ...(await calls.listAreas({ parent: area.code }))]);
  const areas = (await Promise.all(below)).flat();
  const asked = readAddress();
  if (asked.area && !areas.some((area) => area.code === asked.area)) areas.push(await calls.getArea(asked.area));
  if (!areas.length) {
    field("said").textContent = say("workload.no_areas");
    return;
  }
  field("area").replaceChildren(...areas.map((area) => make("option", { value: area.code }, areaName(area))));
  field("role").replaceChildren(...page.roles.map((role) => make("option", { value: role.code }, role.name)));
  field("rule").replaceChildren(...page.rules.map((rule) => make("option", { value: rule.id }, rule.name)));
  const rule = page.rules.find((one) => String(one.id) === asked.rule) || page.rules[0];
  await change({
    area: asked.area || areas[0].code,
    role: page.roles.some((one) => one.code === asked.role) ? asked.role : FIRST_ROLE,
    rule: rule ? String(rule.id) : null,
  });
});
