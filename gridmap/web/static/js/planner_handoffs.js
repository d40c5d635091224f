/** How far the hand-over of a published plan is: counts, what is to be decided, and the lists to print. */

import { ask } from "./api.js";
import { icon, make } from "./elements.js";
import { count, page, say } from "./page_data.js";

const MOST_UNDECIDED = 1000;

function undecidedRow(post) {
  const role = page.language === "zh" ? post.role_zh : post.role_en;
  const codes = post.undecided.join(say("handoffs.comma"));
  return make("li", {}, say("handoffs.undecided_post", { post: `${role} ${post.code}`, codes }));
}

/**
 * Draw the counts of a plan's hand-off lists in an area; null where there are none.
 *
 * @param {{id: number}} plan
 * @param {{code: string}} area
 */
export async function drawHandoffs(plan, area) {
  const path = `/plans/${plan.id}/handoffs`;
  const query = { area: area.code, state: "undecided", limit: MOST_UNDECIDED };
  const { counts, items } = await ask(path, { query });
  if (!counts.posts) return null;
  const address = (kind) => `/api/v1${path}.${kind}?area=${encodeURIComponent(area.code)}`;
  const print = make("a.button", { href: address("pdf"), target: "_blank" }, icon("print"), say("handoffs.print"));
  return make(
    "div.notice",
    { id: "handoffs" },
    make(
      "p",
      {},
      say("handoffs.of_plan", {
        posts: count(counts.posts),
        acknowledged: count(counts.acknowledged),
        open: count(counts.open),
      }),
    ),
    counts.undecided
      ? make("p.small", {}, make("b", {}, say("handoffs.undecided", { count: count(counts.undecided) })))
      : null,
    items.length ? make("ul.small", {}, ...items.map(undecidedRow)) : null,
    counts.posts > counts.most_sheets
      ? make("p.small.quiet", {}, say("handoffs.choose_smaller", { most: count(counts.most_sheets) }))
      : null,
    make(
      "div.actions",
      {},
      counts.posts > counts.most_sheets ? null : print,
      make("a.button", { href: address("csv"), download: true }, icon("download"), say("handoffs.table")),
    ),
  );
}
