/** The state of the traffic in the header: a sign, a word, a number; always there. */

import { count, say } from "./page_data.js";

const SIGNS = {
  loading: "…",
  synced: "✓",
  sending: "↑",
  waiting: "↑",
  offline: "⊘",
  unreachable: "⊘",
  signed_out: "!",
  other_account: "!",
  refused: "!",
  attention: "!",
};

/** Say in a few words how it stands. */
export function stateWords({ kind, waiting, troubled, conflicts }) {
  const values = { count: count(waiting) };
  if (kind === "attention") return say("field.sync_attention", { count: count(troubled + conflicts) });
  if (kind === "waiting" || kind === "sending") return say(`field.sync_${kind}`, values);
  const words = say(`field.sync_${kind}`);
  return waiting ? `${words} · ${say("field.sync_waiting", values)}` : words;
}

/** Say the same in a sentence, with what to do. */
export function stateSentence(state) {
  return say(`field.told_${state.kind}`, { count: count(state.waiting), troubled: count(state.troubled + state.conflicts) });
}

/** Write the state into the header; a screen reader is told only what is new. */
export function showState(button, state) {
  const words = stateWords(state);
  button.dataset.kind = state.kind;
  button.dataset.waiting = String(state.waiting);
  const said = button.querySelector(".sync-words");
  if (said.textContent !== words) said.textContent = words;
  button.querySelector(".sync-sign").textContent = SIGNS[state.kind];
}
