/** The slider through time: a bar for each step is its track; it plays, and stands still when asked to. */

import { drawHistogram } from "./histogram.js";
import { count, say } from "./page_data.js";
import { makePlayer } from "./player.js";

const element = (id) => document.getElementById(id);
const slider = element("slider");
const play = element("play");

/** Bring the slider to life; `chosen` gets the number of a frame, or null for the whole period. */
export function startSlider(chosen) {
  const state = { length: 0, at: null };

  const totals = (frames) => frames.issues.map((one) => one.reduce((sum, number) => sum + number, 0));

  function mark() {
    const bars = element("histogram").querySelectorAll("rect");
    bars.forEach((bar, number) => bar.classList.toggle("chosen", number === state.at));
    slider.classList.toggle("idle", state.at === null);
    slider.value = state.at ?? 0;
    element("whole").hidden = state.at === null;
  }

  function go(at) {
    state.at = at;
    mark();
    return chosen(at);
  }

  const words = { play: say("officials.play"), pause: say("officials.pause"), next: say("officials.next") };
  const { stop } = makePlayer(play, words, async () => {
    await go(state.at === null || state.at + 1 >= state.length ? 0 : state.at + 1);
    return state.at + 1 < state.length;
  });
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  element("histogram").addEventListener("click", ({ target }) => {
    const at = [...element("histogram").querySelectorAll("rect")].indexOf(target);
    if (at < 0) return;
    stop();
    go(at);
  });
  element("whole").addEventListener("click", () => {
    stop();
    go(null);
    play.focus();
  });

  return {
    stop,
    /** Show the frames' bars, the frame `at` chosen. */
    show(frames, at, texts) {
      stop();
      const issues = totals(frames);
      const bars = frames.starts_at.map((starts_at, number) => ({ starts_at, issues: issues[number] }));
      drawHistogram(element("histogram"), bars);
      Object.assign(state, { length: issues.length, at });
      slider.style.setProperty("--steps", issues.length);
      slider.max = Math.max(0, issues.length - 1);
      slider.disabled = play.disabled = issues.length < 2;
      slider.setAttribute("aria-valuetext", texts.period);
      mark();
    },
    /** Say which period the map shows, and how many issues; `isRolling`: the quarter that ends with a step. */
    say({ period, issues, isRolling = false }) {
      const key = isRolling ? "officials.frame_rolling" : "officials.frame";
      element("frame-said").textContent = say(key, { period, count: count(issues) });
      slider.setAttribute("aria-valuetext", period);
    },
  };
}
