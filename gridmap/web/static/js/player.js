/** A button that plays steps one after the other; it stands still for whoever asked for little motion. */

const STEP_MS = 900;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Bring a button with an icon and a `span` to life.
 *
 * @param {HTMLButtonElement} button
 * @param {{play: string, pause: string, next: string}} words what it says: to play, to pause, to go one step on
 * @param {function(): (boolean|Promise<boolean>)} step goes one step on, from the last to the first; tells whether
 *   another follows
 */
export function makePlayer(button, words, step) {
  let timer = 0;

  function show(isPlaying) {
    button.setAttribute("aria-pressed", String(isPlaying));
    button.querySelector("use").setAttribute("href", isPlaying ? "#icon-pause" : "#icon-play");
    button.querySelector("span").textContent = isPlaying ? words.pause : calm.matches ? words.next : words.play;
  }

  function stop() {
    window.clearTimeout(timer);
    timer = 0;
    show(false);
  }

  async function advance() {
    const goesOn = await step();
    if (!timer) return;
    if (goesOn) timer = window.setTimeout(advance, STEP_MS);
    else stop();
  }

  button.addEventListener("click", () => {
    if (timer) return stop();
    if (calm.matches) return step();
    show(true);
    timer = window.setTimeout(advance, 0);
    return undefined;
  });
  return { stop };
}
