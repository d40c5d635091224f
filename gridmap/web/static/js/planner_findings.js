/** The findings of the plan that is shown, with reasons in words. */

import { make, MARKS } from "./elements.js";
import { findingText, placeText, remedyText } from "./findings.js";
import { count, say } from "./page_data.js";

const panel = document.getElementById("panel-findings");
const badge = document.getElementById("finding-count");

function row(finding, choose) {
  const isBlocking = finding.severity === "blocking";
  const sign = make(`span.mark.${isBlocking ? "over" : "finding"}`, { "aria-hidden": "true" }, MARKS.finding);
  const remedy = remedyText(finding);
  const show = () => choose(finding.micro_grid, { fit: true });
  return make(
    "li",
    {},
    make(
      "div",
      {},
      sign,
      make(
        "div",
        {},
        make("p", {}, findingText(finding)),
        remedy ? make("p.remedy.small", {}, remedy) : null,
        make("p.quiet.small", {}, `${say(`planner.severity_${finding.severity}`)} · ${placeText(finding)}`),
        finding.micro_grid
          ? make("button.button", { type: "button", onclick: show }, say("planner.show_on_map"))
          : null,
      ),
    ),
  );
}

/** Show `findings`, blocking ones first. */
export function showFindings(findings, { choose }) {
  badge.textContent = findings.length ? count(findings.length) : "";
  if (!findings.length) {
    panel.replaceChildren(make("p.empty", {}, say("planner.no_findings")));
    return;
  }
  const ordered = [...findings].sort((one, two) => one.severity.localeCompare(two.severity));
  panel.replaceChildren(make("ul.findings", {}, ...ordered.map((finding) => row(finding, choose))));
}
