/** What would bring a micro-grid back into the band, ranked; each to be applied by one button. */

import { Problem } from "./api.js";
import { codeName, stated, statusOf } from "./editor_words.js";
import { make, MARKS } from "./elements.js";
import { count, say } from "./page_data.js";

/** The suggestions for one micro-grid at a time. */
export class Remedies {
  constructor({ board, actions }) {
    Object.assign(this, { board, actions, code: null });
    this.place = make("div.remedies", { "aria-live": "polite" });
  }

  /** Forget what was suggested for another one. */
  keepFor(code) {
    if (this.code !== code) this.place.replaceChildren();
  }

  async show(code) {
    this.code = code;
    this.place.replaceChildren(make("p.quiet", {}, say("editor.looking")));
    let found;
    try {
      found = await this.actions.listRemedies(code);
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      this.place.replaceChildren(make("p.notice.fault", { role: "alert" }, fault.message));
      return;
    }
    this.place.replaceChildren(make("ol", {}, ...found.map((remedy, at) => this.row(code, remedy, at + 1))));
  }

  row(code, remedy, rank) {
    const { rules } = this.board.plan;
    const changes = Object.keys(remedy.after).map((one) => {
      const now = remedy.after[one];
      const status = now ? statusOf(now, rules) : null;
      const word = status ? `${MARKS[status]} ${say(`editor.${status}`)}` : say("editor.empty");
      return `${codeName(one)} ${count(remedy.before[one])} → ${count(now)} ${word}`;
    });
    const apply = () => {
      this.place.replaceChildren();
      this.actions.remedy(code, rank);
    };
    return make(
      "li",
      {},
      make("span", {}, say(remedy.text, { households: remedy.households_moved })),
      make("span.quiet.small", {}, stated(changes)),
      remedy.operation
        ? make("button.button", { type: "button", "data-do": "remedy", onclick: apply }, say("editor.apply"))
        : null,
    );
  }
}
