/** How a figure spreads in a role: quartiles in words, a bar between them, and how many posts stand where. */

import { make } from "./elements.js";
import { count, say } from "./page_data.js";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [800, 56];

function shape(name, attributes, ...children) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Write an amount of a figure. */
export function amount(figure, value) {
  if (value === null) return "–";
  const whole = count(Math.round(value));
  return figure === "round_m" ? `${say("workload.metres", { metres: whole })}*` : whole;
}

function bars(spread) {
  const most = Math.max(...spread.bins.map((bin) => bin.posts));
  const slot = WIDTH / spread.bins.length;
  const drawn = spread.bins.map((bin, number) => {
    const height = bin.posts ? Math.max(3, (bin.posts / most) * (HEIGHT - 4)) : 0;
    const title = shape("title", {});
    title.textContent = say("workload.bin", {
      low: amount(spread.figure, bin.low),
      high: amount(spread.figure, bin.high),
      posts: count(bin.posts),
    });
    return shape("rect", { x: number * slot + 4, width: slot - 8, y: HEIGHT - height, height }, title);
  });
  const attributes = { class: "bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" };
  attributes["aria-label"] = spread.bins
    .map((bin) =>
      say("workload.bin", {
        low: amount(spread.figure, bin.low),
        high: amount(spread.figure, bin.high),
        posts: count(bin.posts),
      }),
    )
    .join("; ");
  return shape("svg", attributes, ...drawn, shape("line", { x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }));
}

/** Make the row of a spread. */
export function spreadRow(spread) {
  const name = make("span", {}, say(`workload.figure_${spread.figure}`));
  if (spread.middle === null) {
    return make("li", { "data-figure": spread.figure }, name, make("span.quiet", {}, say("workload.too_few")));
  }
  const words = Object.fromEntries(
    ["least", "lower", "upper", "most"].map((key) => [key, amount(spread.figure, spread[key])]),
  );
  return make(
    "li",
    { "data-figure": spread.figure },
    name,
    make("b", {}, say("workload.middle", { middle: amount(spread.figure, spread.middle) })),
    bars(spread),
    make("span.ends", {}, make("span", {}, words.least), make("span", {}, words.most)),
    make("span.quiet.small", {}, say("workload.band", words)),
  );
}
