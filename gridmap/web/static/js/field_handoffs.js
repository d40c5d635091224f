/** Hand-off lists on the field page: what a new plan gives and takes, and the button that says it is taken over. */

import { icon, make } from "./elements.js";
import { count, day, households, page, say } from "./page_data.js";

const FEW = 6; // so many parts are shown unasked
const SIGNS = { gained: "+", lost: "−" };

function nameOf(part) {
  return [part.compound, part.name].filter(Boolean).join(" ") || part.address || say("handoffs.nameless");
}

function partText(part) {
  if (part.entrance === null) return say("handoffs.whole");
  const entrance = say("field.entrance_number", { number: part.entrance });
  if (part.floor_from === null) return entrance;
  return `${entrance} ${say("field.floors", { low: part.floor_from, high: part.floor_to })}`;
}

function partRow(part) {
  const others = part.others.join(say("handoffs.comma"));
  const facts = [partText(part), others ? say(`handoffs.others_${part.direction}`, { posts: others }) : ""];
  const inside = [
    make("b", {}, nameOf(part)),
    make("span.side", {}, households(part.households, part.is_estimate)),
    make("span.quiet", {}, facts.filter(Boolean).join(" · ")),
  ];
  // What is somebody else's now may lie outside one's own areas: no way there.
  const isMine = part.direction === "gained";
  return make(
    "li",
    {},
    isMine ? make("a", { href: `/buildings/${part.building_id}` }, ...inside) : make("div", {}, ...inside),
  );
}

/** Count as the sheets do: each building once, a star where some of the homes are an estimate. */
function sumOf(parts) {
  const sum = parts.reduce((total, part) => total + part.households, 0);
  const isEstimated = parts.some((part) => part.is_estimate && part.households);
  return {
    buildings: count(new Set(parts.map((part) => part.building_id)).size),
    households: count(sum) + (isEstimated ? "*" : ""),
  };
}

function side(handoff, direction) {
  const parts = handoff.parts.filter((part) => part.direction === direction);
  if (!parts.length) return make("p.quiet", {}, say(`handoffs.none_${direction}`));
  return make(
    "details",
    { open: parts.length <= FEW, "data-direction": direction },
    make("summary", {}, make("b", {}, `${SIGNS[direction]} ${say(`handoffs.sum_${direction}`, sumOf(parts))}`)),
    make("ul.cards", {}, ...parts.map(partRow)),
  );
}

function postingText(carry) {
  return say(`handoffs.posting_${carry.outcome}`, {
    old: carry.from_code,
    new: carry.to_code ?? "–",
    households: count(carry.households),
    shared: count(carry.households_shared),
  });
}

function sheetOf(handoff, kind) {
  return `/api/v1/staff/${encodeURIComponent(handoff.staff_code)}/handoffs/${handoff.plan_id}/sheet.${kind}`;
}

function takeAway(handoff) {
  return [
    make("a.button", { href: sheetOf(handoff, "pdf"), target: "_blank" }, icon("print"), say("handoffs.print")),
    make("a.button", { href: sheetOf(handoff, "csv"), download: true }, icon("download"), say("handoffs.table")),
  ];
}

/** Take over: the entry waits on the phone where there is no signal. */
async function takeOver(app, handoff) {
  const label = `${say("handoffs.title")} · ${handoff.area_name}`;
  await app.add({ what: "handoff", plan_id: handoff.plan_id }, { label });
  const said = make("p", {}, `✓ ${say("handoffs.noted", { plan: handoff.plan_id })}`);
  app.tell(said, make("div.handoff-foot", {}, ...takeAway(handoff)));
}

function draw(app, handoff) {
  const id = `handoff-${handoff.plan_id}`;
  const area = page.language === "zh" ? handoff.area_name : handoff.area_name_en;
  const taken = make("button.button.main.wide", { type: "button" }, icon("check"), say("handoffs.take_over"));
  taken.addEventListener("click", () => {
    taken.disabled = true;
    return takeOver(app, handoff);
  });
  return make(
    "section.card.handoff",
    { "aria-labelledby": id, "data-plan": handoff.plan_id },
    make("h2", { id }, say("handoffs.title")),
    make("p.quiet", {}, `${area} · ${say("handoffs.since", { plan: handoff.plan_id, day: day(handoff.effective_on) })}`),
    side(handoff, "gained"),
    side(handoff, "lost"),
    ...handoff.carries.map((carry) =>
      make(carry.outcome === "undecided" ? "p.notice.finding" : "p.small", {}, postingText(carry)),
    ),
    make("div.handoff-foot", {}, taken, ...takeAway(handoff)),
  );
}

/** Draw what the post has not acknowledged yet. */
export function drawHandoffs(app) {
  return app.facts.handoffs.map((handoff) => draw(app, handoff));
}
