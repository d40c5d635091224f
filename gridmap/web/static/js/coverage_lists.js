/** Lists beside the map of coverage: the areas below, what is missing most first, and the places by name. */

import { shareBy } from "./coverage_scale.js";
import { shareText } from "./coverage_story.js";
import { make, walkByArrows } from "./elements.js";
import { areaName, count, households, say } from "./page_data.js";

const SHOWN = 100;
const element = (id) => document.getElementById(id);
for (const id of ["children", "gaps"]) walkByArrows(element(id), "button");

/** Give the areas right below the one that was asked for. */
export function childrenOf(answer) {
  const [top] = answer.areas;
  return answer.areas.filter((area) => area.parent_code === top.code);
}

function placesText({ places, places_covered: covered }) {
  return say("coverage_page.covered", { covered: count(covered), places: count(places) });
}

/** List the areas below, those with least coverage first; those without places last. */
export function listChildren(answer, choose) {
  const shared = (area) => shareBy(area.share, answer.rule) ?? 2;
  const rows = childrenOf(answer).sort((one, two) => shared(one) - shared(two));
  element("children").replaceChildren(
    ...rows.map((area) =>
      make(
        "li",
        {},
        make(
          "button.row",
          { type: "button", "data-code": area.code, onclick: () => choose(area.code) },
          make("b", {}, areaName(area)),
          make("span", {}, shareText(shareBy(area.share, answer.rule))),
          make("span.quiet.small", {}, placesText(area.share)),
        ),
      ),
    ),
  );
  element("children").parentElement.hidden = rows.length === 0;
}

/** Name a place that is not covered. */
export function placeName(row, level) {
  return row.name || row.address || row.code || say("coverage_page.unnamed", { what: say(`coverage.level_${level}`), id: row.place_id });
}

function whyOf(row) {
  if ("distance_m" in row) {
    if (row.distance_m === null) return say("coverage_page.no_station");
    const values = { metres: count(Math.round(row.distance_m)), station: row.station_code };
    return say(row.how === "on_foot" ? "coverage_page.on_foot" : "coverage_page.in_line", values);
  }
  if ("visits" in row) return say("coverage_page.not_visited");
  if (row.unknown) return say("coverage_page.not_known", { posts: count(row.posts), unknown: count(row.unknown) });
  if (row.posts && "unknown" in row) return say("coverage_page.too_few_items", { posts: count(row.posts) });
  return row.posts ? say("coverage_page.too_few", { posts: count(row.posts) }) : say("coverage_page.nobody");
}

/** Tell what is known of a place that is not covered, in a few lines. */
export function tellGap(place, row, level) {
  place.replaceChildren(
    make("b", {}, placeName(row, level)),
    make("span", {}, whyOf(row)),
    make("span.quiet", {}, households(row.households, row.households_estimated)),
  );
}

/** List the places that are not covered, most households first. */
export function listGaps(answer, choose) {
  const rows = answer.gaps.slice(0, SHOWN);
  element("gaps").replaceChildren(
    ...rows.map((row) =>
      make(
        "li",
        {},
        make(
          "button.row",
          { type: "button", "data-place": row.place_id, onclick: () => choose(row) },
          make("span", {}, placeName(row, answer.level)),
          make("span", {}, households(row.households, row.households_estimated)),
          make("span.quiet.small", {}, [whyOf(row), row.name ? row.address : ""].filter(Boolean).join(" · ")),
        ),
      ),
    ),
  );
  if (!rows.length) element("gaps").append(make("li.quiet", {}, say("coverage_page.no_gaps")));
  const more = element("gaps-more");
  more.hidden = answer.gaps.length <= SHOWN;
  more.textContent = say("coverage_page.more", { shown: SHOWN, count: count(answer.gaps.length) });
}
