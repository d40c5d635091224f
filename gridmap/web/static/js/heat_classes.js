/** How each class of a heatmap looks: a colour, and dots or lines, so that nothing hangs on colour alone. */

import { COLD, HEAT, HOT, NEITHER, hatch } from "./palette.js";

const SIDE = 8;
const SOLID = "d9"; // the base map stays to be seen below

function line(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

const slanted = (pen) => [-SIDE, 0, SIDE].forEach((shift) => line(pen, shift - 1, SIDE + 1, shift + SIDE + 1, -1));
const crossed = (pen) => {
  slanted(pen);
  [-SIDE, 0, SIDE].forEach((shift) => line(pen, shift - 1, -1, shift + SIDE + 1, SIDE + 1));
};
const level = (pen) => line(pen, 0, SIDE / 2, SIDE, SIDE / 2);
const dotted = (radius) => (pen) => {
  pen.beginPath();
  pen.arc(SIDE / 2, SIDE / 2, radius, 0, 2 * Math.PI);
  pen.fill();
};

const BROWN = "rgba(148,57,11,0.5)";
const WHITE = "rgba(255,255,255,0.55)";
const LOOKS = {
  0: { colour: HEAT[0] },
  1: { colour: HEAT[1], ink: BROWN, draw: dotted(0.7) },
  2: { colour: HEAT[2], ink: BROWN, draw: dotted(1.3) },
  3: { colour: HEAT[3], ink: WHITE, draw: slanted },
  4: { colour: HEAT[4], ink: WHITE, draw: crossed },
  hot: { colour: HOT, ink: WHITE, draw: crossed },
  cold: { colour: COLD, ink: WHITE, draw: level },
  not_distinguishable: { colour: NEITHER },
};

function tileOf({ colour, ink, draw }, alpha) {
  const tile = document.createElement("canvas");
  tile.width = SIDE;
  tile.height = SIDE;
  const pen = tile.getContext("2d");
  pen.fillStyle = `${colour}${alpha}`;
  pen.fillRect(0, 0, SIDE, SIDE);
  if (draw) {
    pen.strokeStyle = ink;
    pen.fillStyle = ink;
    pen.lineWidth = 1;
    draw(pen);
  }
  return pen.createPattern(tile, "repeat");
}

/** Give what fills the cells of a class: one of `LOOKS`; for another (too little data) the hatch. */
export function fillOf(kind, alpha = SOLID) {
  return kind in LOOKS ? tileOf(LOOKS[kind], alpha) : hatch();
}

/** Draw a class into a canvas of the legend. */
export function paintClass(canvas, kind) {
  canvas.width = 120;
  canvas.height = 28;
  const pen = canvas.getContext("2d");
  pen.fillStyle = fillOf(kind, "ff");
  pen.fillRect(0, 0, canvas.width, canvas.height);
}
