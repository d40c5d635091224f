/** The bar of an operation that waits for a yes: what it would do, a button to do it, a button to leave it. */

/** One offer at a time; Enter takes it, Escape leaves it. */
export class Pending {
  /**
   * @param {HTMLElement} bar
   * @param {import("./editor_live.js").Live} live
   */
  constructor(bar, live) {
    Object.assign(this, { bar, live, offered: null });
    this.text = bar.querySelector("#pending-text");
    this.steps = bar.querySelector("#pending-steps");
    this.yes = bar.querySelector("#pending-yes");
    this.yes.addEventListener("click", () => this.commit());
    bar.querySelector("#pending-no").addEventListener("click", () => this.cancel());
  }

  /**
   * Offer an operation.
   *
   * @param {{text: string, steps: HTMLElement[]?, show: Function?, commit: Function, cancel: Function?}} offer
   */
  offer(offer) {
    this.cancel();
    this.from = document.activeElement;
    this.offered = offer;
    this.bar.hidden = false;
    this.steps.replaceChildren(...(offer.steps ?? []));
    this.text.setAttribute("aria-live", offer.steps ? "off" : "polite"); // a slider says its value itself
    offer.show?.(this.live);
    this.say(offer.text);
  }

  /** Change the words of the offer. */
  say(text) {
    if (this.text.textContent !== text) this.text.textContent = text;
  }

  async commit() {
    const { offered } = this;
    if (!offered) return;
    this.close();
    await offered.commit();
  }

  /** Leave what was offered; tells whether there was anything. */
  cancel() {
    const { offered } = this;
    this.close();
    offered?.cancel?.();
    return offered !== null;
  }

  /** The keyboard goes back to where it came from. */
  close() {
    const isInside = this.bar.contains(document.activeElement);
    this.offered = null;
    this.bar.hidden = true;
    this.steps.replaceChildren();
    this.live.clear();
    if (isInside && this.from?.isConnected) this.from.focus();
    else if (isInside) document.getElementById("map").focus();
  }
}
