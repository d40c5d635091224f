/** An issue with all that is known of it and the steps one may take: beside the desk and as a page of its own. */

import { ask, orShow } from "./api.js";
import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { clockList } from "./issue_clocks.js";
import { eventList } from "./issue_events.js";
import { photoSection } from "./issue_photos.js";
import { showSteps } from "./issue_steps.js";
import * as words from "./issue_words.js";
import { clock, day, moment, page, say } from "./page_data.js";

const POSTS_SHOWN = 4;
const NOT_FOUND = 404;
const SAME_DAY_MS = 24 * 60 * 60 * 1000;

function section(title, ...children) {
  return make("section", {}, make("h3", {}, title), ...children);
}

function head(issue, now) {
  const isOverdue = issue.clocks.some((one) => one.is_overdue);
  const reported = say("desk.reported", { at: moment(issue.reported_at), channel: words.channelName(issue.channel) });
  return make(
    "header",
    {},
    make("div.line", {}, make("h2", {}, words.categoryName(issue.category)), make("span.quiet", {}, `#${issue.id}`), page.issue === undefined ? make("a.end.small", { href: `/issues/${issue.id}` }, say("desk.own_page")) : null),
    make(
      "div.badges",
      {},
      make("span.badge.state", {}, words.stateName(issue.state)),
      isOverdue ? words.overdueBadge() : null,
      issue.reports > 1 ? make("span.badge", {}, say("desk.reports", { count: issue.reports })) : null,
      issue.tier === "compound" ? null : make("span.badge", {}, say("desk.tier_now", { tier: words.tierName(issue.tier) })),
      issue.flags.length ? make("span.badge.finding", {}, `! ${say("desk.flagged")}`) : null,
    ),
    make("p.quiet.small", {}, reported),
    make("p.on-paper.quiet.small", {}, say("desk.as_of", { at: moment(issue.as_of) })),
  );
}

function facts(issue) {
  const rows = [];
  const add = (name, ...values) => rows.push(make("dt", {}, name), make("dd", {}, ...values));
  if (issue.dispatched_to) add(say("desk.lies_with"), [words.receiverName(issue.dispatched_to), issue.organisation].filter(Boolean).join(" · "));
  if (issue.outcome) add(say("desk.outcome"), say(`handling.outcome_${issue.outcome}`));
  if (issue.resumes_at) add(words.stateName(issue.state), say("desk.pause", { at: moment(issue.resumes_at) }));
  if (issue.rating !== null) {
    const by = issue.rated_by === "desk" ? ` · ${say("desk.rated_by_desk")}` : "";
    add(say("desk.rating"), say("desk.rating_of", { rating: issue.rating }) + by);
  }
  return rows.length ? make("dl.facts", {}, ...rows) : null;
}

function related(issue) {
  const parts = [];
  if (issue.parent_id !== null && issue.state === "merged") {
    parts.push(make("p.notice", {}, words.issueLink(issue.parent_id, say("desk.parent", { id: issue.parent_id }))));
  }
  if (issue.children.length) {
    const rows = issue.children.map((child) => make("li", {}, words.issueLink(child.id), ` ${words.channelName(child.channel)} · ${moment(child.reported_at)}`));
    parts.push(section(say("desk.children", { count: issue.children.length }), make("ul.lines", {}, ...rows)));
  }
  return parts;
}

function sentPart(sent) {
  if (!sent) return null;
  const rows = sent.answers.flatMap((one) => [make("dt", {}, one.question), make("dd", {}, one.answers.join(words.between))]);
  if (sent.address) rows.unshift(make("dt", {}, say("desk.sent_address")), make("dd", {}, sent.address));
  return rows.length ? section(say("desk.sent"), make("dl.facts.left", {}, ...rows)) : null;
}

/** Ask who answers for the place: by the tree of the building, or by the point. */
async function askPlace(issue) {
  if (issue.building_id !== null) {
    const kind = issue.entrance_number === null ? "building" : "entrance";
    const code = kind === "building" ? issue.building_id : `${issue.building_id}/${issue.entrance_number}`;
    const tree = await ask(`/places/${kind}/${code}/responsibility`);
    return {
      steps: tree.steps.map((step) => ({ kind: step.kind, code: step.code, name: step.kind === "micro_grid" ? shortCode(step.code) : (page.language === "en" && step.name_en) || step.name })),
      posts: tree.steps.flatMap((step) => step.posts).reverse(),
    };
  }
  if (issue.lon === null) return null;
  const { here } = await ask("/places/at", { query: { lon: issue.lon, lat: issue.lat } });
  const areas = [...here.areas].reverse().map((area) => ({ kind: "area", code: area.code, name: area.name }));
  const cells = here.micro_grids.map((code) => ({ kind: "micro_grid", code, name: shortCode(code) }));
  return { steps: [...areas, ...cells], posts: here.people.map((one) => ({ ...one, phone: one.duty_phone })) };
}

function postRow(post) {
  const role = page.language === "zh" ? post.role_zh : post.role_en;
  const isSoon = post.duty_until && Date.parse(post.duty_until) - Date.now() < SAME_DAY_MS;
  const until = post.duty_until ? say("desk.on_duty_until", { at: isSoon ? clock(post.duty_until) : day(post.duty_until) }) : "";
  return make("li", {}, make("span", {}, make("b", {}, role), ` ${post.code} `, make("span.quiet.small", {}, until)), post.phone ? make("a", { href: `tel:${post.phone}` }, post.phone) : null);
}

function placeSection(issue) {
  const name = issue.building_id === null ? words.placeOf(issue) : issue.building_name || words.placeOf(issue);
  const inside = words.insideOf(issue);
  const title = make("p", {}, issue.building_id === null ? name : make("a", { href: `/buildings/${issue.building_id}` }, name), inside ? ` ${inside}` : "");
  const trail = make("p.trail.quiet.small", {});
  const posts = make("ul.lines.posts", {});
  const fault = make("div", { hidden: true });
  orShow(fault, async () => {
    const place = await askPlace(issue).catch((problem) => {
      if (problem.status !== NOT_FOUND) throw problem;
      return null; // it was dispatched here from an area that is not the reader's
    });
    if (!place) return;
    const links = place.steps
      .filter((step) => step.kind !== "compound")
      .flatMap((step, at) => [at ? " › " : "", make("a", { href: `/places/${step.kind}/${step.code}` }, step.name || step.code)]);
    trail.append(...links);
    const known = new Map(place.posts.map((post) => [post.code, post]));
    const rows = [...known.values()].slice(0, POSTS_SHOWN).map(postRow);
    posts.append(...(rows.length ? rows : [make("li.quiet", {}, say("desk.nobody_answers"))]));
  });
  return section(say("desk.place"), title, issue.building_id !== null && issue.compound_name ? make("p.quiet.small", {}, issue.compound_name) : null, trail, fault, make("h4.unseen", {}, say("desk.answers")), posts);
}

/**
 * Show an issue in `host`.
 *
 * @param {HTMLElement} host
 * @param {{id: number, changed?: function, loaded?: function, candidates?: function}} options
 *   `changed(taken)` after a step or when somebody else was faster; `loaded(issue)`; `candidates(people)`
 */
export async function showIssue(host, { id, changed = () => {}, loaded = () => {}, candidates = () => {}, said = "", isFault = false }) {
  const fault = make("div", { hidden: true });
  if (host.dataset.issue !== String(id)) host.replaceChildren(fault);
  host.dataset.issue = String(id);
  const issue = await orShow(fault, () => ask(`/issues/${id}`));
  if (host.dataset.issue !== String(id)) return null;
  if (!issue) {
    host.replaceChildren(fault);
    return null;
  }
  const now = Date.parse(issue.as_of);
  const notice = make(isFault ? "p.notice.finding.card-said" : "p.notice.card-said", { tabindex: "-1", hidden: !said }, said);
  const steps = make("section.steps", { "aria-label": say("desk.steps") });
  host.replaceChildren(
    make(
      "article.issue",
      { "data-state": issue.state, "data-version": String(issue.version) },
      head(issue, now),
      notice,
      ...related(issue).slice(0, issue.state === "merged" ? 1 : 0),
      section(say("desk.words"), issue.text ? make("p.said", {}, issue.text) : make("p.quiet", {}, say("desk.no_words"))),
      photoSection(issue.id),
      steps,
      facts(issue),
      placeSection(issue),
      section(say("desk.clocks"), clockList(issue.clocks, now)),
      ...related(issue).slice(issue.state === "merged" ? 1 : 0),
      sentPart(issue.sent),
      section(say("desk.events"), eventList(issue.events)),
    ),
  );
  const again = (text, taken) => {
    changed(taken, text);
    return showIssue(host, { id, changed, loaded, candidates, said: text, isFault: !taken });
  };
  if (said) notice.focus(); // the button that was pressed is gone
  await showSteps(steps, issue, { again, candidates });
  loaded(issue);
  return issue;
}

