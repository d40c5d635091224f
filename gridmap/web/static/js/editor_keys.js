/** Walking by keys: one stop of the Tab key for a group of controls, and menus that open and close by key. */

function isSeen(item) {
  return item.offsetParent !== null && !item.disabled;
}

/**
 * Make a group one stop of the Tab key; up and down walk its rows, left and right the items of a row.
 *
 * @param {HTMLElement} group
 * @param {string} rows selector of its rows
 * @param {string} items selector of the controls in a row; a row may be its own
 * @returns {Function} to be called after rows were drawn anew
 */
export function rove(group, rows, items) {
  const itemsOf = (row) => (row.matches(items) ? [row] : [...row.querySelectorAll(items)]).filter(isSeen);
  const stopAt = (current) => {
    for (const item of group.querySelectorAll(items)) item.tabIndex = item === current ? 0 : -1;
  };
  const target = (event) => {
    const row = event.target.closest(rows);
    const own = itemsOf(row);
    const at = own.indexOf(event.target);
    const all = [...group.querySelectorAll(rows)].filter((one) => itemsOf(one).length);
    const up = all.indexOf(row);
    const inRow = (index) => {
      const found = itemsOf(all[Math.max(0, Math.min(all.length - 1, index))]);
      return found[Math.min(at, found.length - 1)];
    };
    const ways = {
      ArrowDown: () => inRow(up + 1),
      ArrowUp: () => inRow(up - 1),
      Home: () => inRow(0),
      End: () => inRow(all.length - 1),
      ArrowRight: () => own[at + 1],
      ArrowLeft: () => own[at - 1],
    };
    return ways[event.key]?.();
  };
  group.addEventListener("focusin", (event) => event.target.matches(items) && stopAt(event.target));
  group.addEventListener("keydown", (event) => {
    if (!event.target.matches(items)) return;
    const to = target(event);
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  return () => {
    const now = group.querySelector(`:is(${items})[tabindex="0"]`);
    if (!now) stopAt(group.querySelector(items));
  };
}

/** Let a menu that unfolds be walked by arrows; Escape folds it and goes back to its button. */
export function walkMenu(menu) {
  const summary = menu.querySelector("summary");
  const items = () => [...menu.querySelectorAll("li button")].filter(isSeen);
  menu.addEventListener("keydown", (event) => {
    const open = items();
    const at = open.indexOf(event.target);
    if (event.key === "Escape" && menu.open) {
      event.preventDefault();
      menu.open = false;
      summary.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      menu.open = true;
      const step = event.key === "ArrowDown" ? 1 : -1;
      const all = open.length ? open : items();
      all[at < 0 ? 0 : (at + step + all.length) % all.length].focus();
    }
  });
}
