/** Who answers for one place of the tree: posts with dates, phone and duty; under an entrance its bands. */

import { icon, make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { clock, day, households, page, say } from "./page_data.js";
import { placeName, postName } from "./responsibility_tree.js";

function pageOf({ kind, code }) {
  return kind === "building" ? `/buildings/${code}` : `/places/${kind}/${code}`;
}

function since(post) {
  const dates = { from: day(post.starts_on), to: post.ends_on ? day(post.ends_on) : "" };
  return say(post.ends_on ? "responsibility.from_to" : "responsibility.from", dates);
}

function dutyOf(post) {
  if (!post.duty_until) return make("span.badge", {}, say("responsibility.off_duty"));
  return make("span.badge.published", {}, `● ${say("responsibility.on_duty", { until: clock(post.duty_until) })}`);
}

function postRow(post, withPlace) {
  const name = page.may_open_posts
    ? make("a", { href: `/staff/${encodeURIComponent(post.code)}` }, postName(post))
    : make("b", {}, postName(post));
  const where = withPlace ? say(`coverage.level_${post.place_kind === "area" ? "grid" : post.place_kind}`) : "";
  return make(
    "li",
    {},
    make("span", {}, name, " ", dutyOf(post)),
    post.phone ? make("a.button", { href: `tel:${post.phone}` }, icon("phone"), post.phone) : null,
    make("span.quiet.small", {}, [where, post.organisation, since(post)].filter(Boolean).join(" · ")),
  );
}

function bandsOf(answer) {
  const rows = answer.bands.map((band) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, say("responsibility.floors", { low: band.floor_from, high: band.floor_to })),
      make("td", {}, `${households(band.households)}*${band.in_bounds ? "" : " !"}`),
      make("td.quiet", {}, band.micro_grid_code ? shortCode(band.micro_grid_code) : "–"),
    ),
  );
  const heads = ["band_floors", "band_homes", "band_micro_grid"].map((key) =>
    make("th", { scope: "col" }, say(`responsibility.${key}`)),
  );
  return [
    make("h3", {}, say("responsibility.bands")),
    rows.length
      ? make("table.bands", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows))
      : make("p.quiet", {}, say("responsibility.no_bands")),
    make("p.quiet.small", {}, say("responsibility.bands_note")),
    make("h3", {}, say("responsibility.contacts")),
    answer.contacts.length
      ? make("ul.lines", {}, ...answer.contacts.map((post) => postRow(post, true)))
      : make("p.quiet", {}, say("responsibility.no_contacts")),
  ];
}

/** Show the place of an answer of the API in `target`. */
export function showPanel(target, answer, { links = true } = {}) {
  const place = answer.steps.at(-1);
  const level = say(`coverage.level_${place.level}`);
  target.replaceChildren(
    make("p.quiet.small", {}, `${level} · ${households(place.households, place.households_estimated)}`),
    make("h2", {}, placeName(place)),
    place.posts.length
      ? make("ul.lines", {}, ...place.posts.map((post) => postRow(post, false)))
      : make("p.notice.finding", {}, say("responsibility.nobody_here", { level })),
    ...(place.kind === "entrance" ? bandsOf(answer) : []),
    ...(links ? [make("p", {}, make("a", { href: pageOf(place) }, say("responsibility.open")))] : []),
    make("p.quiet.small", {}, answer.definition),
    make(
      "p.quiet.small",
      {},
      say("responsibility.made", { plan: answer.plan_version ?? "–", time: `${day(answer.at)} ${clock(answer.at)}` }),
    ),
  );
}
