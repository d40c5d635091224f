/** Colours of the map, in one place; `css/base.css` holds those of the page. */

export const PAPER = "#fafaf7";
export const INK = "#1f2933";
export const INK_2 = "#52606d";
export const WATER = "#dcebf5";
export const WATER_LINE = "#b9d3e6";
export const WATER_NAME = "#3d6f94";
export const GREEN = "#e9f2e4";
export const ROAD = "#ffffff";
export const CASING = "#cbd2d9";
export const RAIL = "#9aa5b1";
export const BUILDING = "#e4e7eb";
export const HOME = "#ece6dd";
export const OUTLINE = "#b8c1cc";
export const UNDER = "#0072b2";
export const OVER = "#b84e00";
export const ACCENT = "#0f6fb8";
export const TYPE = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif';

/** Six soft hues of micro-grids, with their darks: neighbours never share one. */
export const HUES = [
  { soft: "107,166,217", dark: "#2f6690" },
  { soft: "140,192,132", dark: "#3f7a3a" },
  { soft: "227,197,103", dark: "#86690f" },
  { soft: "222,143,156", dark: "#9a4352" },
  { soft: "168,147,209", dark: "#5f4b8b" },
  { soft: "224,163,121", dark: "#96582a" },
];

/** Give hue `number` with `opacity`, as a canvas colour. */
export function softHue(number, opacity) {
  return `rgba(${HUES[number % HUES.length].soft},${opacity})`;
}

/** Five classes of a heatmap, light to dark in one hue. */
export const HEAT = ["#fdeadb", "#f8c9a0", "#ee9d60", "#cf6529", "#94390b"];

/** Tested layers: more than was to be expected, less, and neither. */
export const HOT = "#b84e00";
export const COLD = "#0072b2";
export const NEITHER = "#e9ebed";

/** Make the hatch for cells with too little data; never a colour of the scale. */
export function hatch() {
  const tile = document.createElement("canvas");
  tile.width = 8;
  tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = "rgba(82,96,109,0.45)";
  pen.lineWidth = 1;
  for (const shift of [-8, 0, 8]) {
    pen.beginPath();
    pen.moveTo(shift - 1, 9);
    pen.lineTo(shift + 9, -1);
    pen.stroke();
  }
  return pen.createPattern(tile, "repeat");
}
