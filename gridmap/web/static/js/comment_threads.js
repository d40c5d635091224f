/** Comments on one place as a thread: what is pinned to the same micro-grid, the same point, or the whole plan. */

import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { moment, say } from "./page_data.js";

function keyOf(comment) {
  if (comment.micro_grid) return comment.micro_grid;
  return comment.lon === null ? "plan" : `${comment.lon},${comment.lat}`;
}

/** Group comments by what they are pinned to, the newest thread first. */
export function groupThreads(comments) {
  const threads = new Map();
  for (const comment of comments) {
    const key = keyOf(comment);
    const known = threads.get(key);
    if (known) known.comments.push(comment);
    else threads.set(key, { key, pin: comment, comments: [comment] });
  }
  const found = [...threads.values()];
  for (const thread of found) thread.isOpen = thread.comments.some((one) => one.resolved_at === null);
  return found.sort((one, two) => two.comments.at(-1).id - one.comments.at(-1).id);
}

/** Name the place of a thread. */
export function placeName({ micro_grid: code, lon, pin_lon: pinned }) {
  if (code) return say(pinned === null ? "comments.pin_gone" : "comments.pin_micro_grid", { code: shortCode(code) });
  return say(lon === null ? "comments.pin_plan" : "comments.pin_point");
}

function said(comment) {
  const who = say("comments.by", { by: comment.by ?? say("comments.system"), at: moment(comment.created_at) });
  return make(
    "li",
    { "data-comment": comment.id, "data-resolved": comment.resolved_at === null ? null : true },
    make("p.small.quiet", {}, who),
    make("p.words", {}, comment.words),
  );
}

/** Build a thread: its place, what was said, and what can be done. */
export function buildThread(thread, { isChosen, show, reply, settle }) {
  const button = (key, act) => make("button.button.plain", { type: "button", "data-act": key, onclick: () => act(thread) }, say(`comments.do_${key}`));
  return make(
    "li.thread",
    { "data-thread": thread.key, "aria-current": isChosen ? "true" : null, tabindex: "-1" },
    make(
      "div.thread-head",
      {},
      make("b", {}, placeName(thread.pin)),
      make(`span.badge${thread.isOpen ? "" : ".published"}`, {}, say(`comments.state_${thread.isOpen ? "open" : "resolved"}`)),
    ),
    make("ol", {}, ...thread.comments.map(said)),
    make(
      "div.actions",
      {},
      thread.pin.pin_lon === null ? null : button("show_on_map", show),
      thread.pin.micro_grid && thread.pin.pin_lon === null ? null : button("reply", reply),
      button(thread.isOpen ? "resolve" : "reopen", settle),
    ),
  );
}
