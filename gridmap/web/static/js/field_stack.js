/** A building drawn as entrances and floors: which micro-grid holds what. */

import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { say } from "./page_data.js";

const HUES = 6;

function codeAt(parts, entrance, floor) {
  const found = parts.filter((part) => {
    const isEntrance = part.entrance_number === null || part.entrance_number === entrance;
    return isEntrance && (part.floor_from ?? 1) <= floor && (part.floor_to === null || floor <= part.floor_to);
  });
  return found.at(-1)?.micro_grid_code ?? "";
}

/** The blocks of one entrance, from the top floor down: floors that belong together. */
function blocksOf(parts, entrance, storeys) {
  const blocks = [];
  for (let floor = storeys; floor >= 1; floor -= 1) {
    const code = codeAt(parts, entrance, floor);
    const last = blocks.at(-1);
    if (last && last.code === code) last.low = floor;
    else blocks.push({ code, high: floor, low: floor });
  }
  return blocks;
}

function cellOf(block, hues, storeys) {
  const height = block.high - block.low + 1;
  return make(
    `td.hue-${block.code ? hues.indexOf(block.code) % HUES : -1}`,
    { rowspan: String(height) },
    block.code ? make("b", {}, shortCode(block.code)) : null,
    block.code && height < storeys ? make("span", {}, say("field.floors", { low: block.low, high: block.high })) : null,
  );
}

/** Draw the stack of a building as a table. */
export function stackOf(building) {
  const { parts, storeys, entrance_count: entrances } = building;
  const hues = [...new Set(parts.map((part) => part.micro_grid_code))].sort();
  const numbers = Array.from({ length: entrances }, (_, at) => at + 1);
  const columns = numbers.map((number) => blocksOf(parts, number, storeys));
  const head = numbers.map((number) => make("th", { scope: "col" }, say("field.entrance_number", { number })));
  const isNamed = (floor) => floor === storeys || floor === 1 || (floor % 5 === 0 && floor < storeys - 1);
  const rows = Array.from({ length: storeys }, (_, at) => storeys - at).map((floor) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, isNamed(floor) ? String(floor) : make("span.unseen", {}, String(floor))),
      ...columns.flatMap((blocks) => blocks.filter((block) => block.high === floor).map((block) => cellOf(block, hues, storeys))),
    ),
  );
  return make(
    "div.stack-space",
    { tabindex: "0", role: "group", "aria-label": say("field.stack") },
    make("table.stack", {}, make("caption.unseen", {}, say("field.stack")), make("thead", {}, make("tr", {}, make("td", {}), ...head)), make("tbody", {}, ...rows)),
  );
}
