/** Page of notices: write one, see whom it would reach, send it once. */

import { ask, orShow } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { makeId } from "./ids.js";
import { areaName, count, page, say } from "./page_data.js";

const CODES_SHOWN = 5;
const element = (id) => document.getElementById(id);
const form = element("write");
const state = { id: makeId(), latest: 0, ready: false };

const isReady = () => state.ready && form.title.value.trim() !== "" && form.text.value.trim() !== "";
const allowSending = () => {
  element("send").disabled = !isReady();
};

function namesOf(codes) {
  const shown = codes.slice(0, CODES_SHOWN).join(page.language === "zh" ? "、" : ", ");
  return codes.length > CODES_SHOWN ? say("notices.and_more", { codes: shown }) : shown;
}

function showOutlook(look) {
  const sentences = [
    say("notices.outlook", {
      households: count(look.households) + (look.households_estimated ? "*" : ""),
      buildings: count(look.buildings),
      micro_grids: count(look.micro_grids),
      receivers: count(look.receivers),
    }),
  ];
  const left = look.without_receiver;
  if (left.length) sentences.push(`! ${say("notices.outlook_nobody", { count: count(left.length), codes: namesOf(left) })}`);
  if (look.households_unheld) sentences.push(`! ${say("notices.outlook_unheld", { count: count(look.households_unheld) })}`);
  const isGood = !left.length && !look.households_unheld;
  const words = look.households ? sentences : [say("notices.outlook_none")];
  element("outlook").replaceChildren(...words.map((one) => make("span", {}, one)));
  element("outlook").classList.toggle("finding", !isGood || !look.households);
}

async function look() {
  const number = ++state.latest;
  state.ready = false;
  allowSending();
  element("outlook").textContent = say("notices.looking");
  const found = await orShow(element("fault"), () => ask("/notices/outlook", { query: { area: form.area_code.value } }));
  if (number !== state.latest || !found) return;
  state.ready = found.households > 0;
  showOutlook(found);
  allowSending();
}

async function send() {
  if (!isReady()) return;
  element("send").disabled = true;
  const body = {
    client_id: state.id,
    area_code: form.area_code.value,
    title: form.title.value.trim(),
    text: form.text.value.trim(),
    remind_after_minutes: Number(form.remind_after_minutes.value),
  };
  const sent = await orShow(element("fault"), () => ask("/notices", { method: "POST", body }));
  if (sent) window.location.assign(`/notices/${sent.id}`);
  else allowSending();
}

/** Offer the areas below the largest ones too, each under its parent; what was chosen stays. */
async function offerAreas() {
  const option = (area, depth) => make("option", { value: area.code }, `${"\u3000".repeat(depth)}${areaName(area)}`);
  const options = [];
  const add = async (area, depth) => {
    options.push(option(area, depth));
    if (depth === 2 || area.level === "grid") return;
    for (const below of await calls.listAreas({ parent: area.code })) await add(below, depth + 1);
  };
  for (const area of page.areas) await add(area, 0);
  const chosen = form.area_code.value;
  form.area_code.replaceChildren(...options);
  form.area_code.value = chosen;
}

form.addEventListener("input", () => {
  state.id = makeId(); // other words are another notice
  allowSending();
});
form.area_code.addEventListener("change", look);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});

if (page.areas.length) {
  await look();
  await orShow(element("fault"), offerAreas);
} else {
  element("outlook").textContent = say("notices.outlook_none");
}
