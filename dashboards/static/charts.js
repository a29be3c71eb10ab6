// Pictures over the tables. The page says in data what is to be drawn (script#chart-data); here is only how. The palette is
// Okabe and Ito's, which colour-blind people can tell apart; lines differ in dash and mark as well, bars in pattern, so that
// a black-and-white print can be read too. On paper colours are those of a light page.
const PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
const MARKS = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];
const DASHES = ["solid", "dashed", "dotted", [12, 4, 3, 4], [3, 3], [16, 4]];
const PATTERNS = [
  { symbol: "rect", symbolSize: 0 },
  { symbol: "rect", symbolSize: 1, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: "rgba(255,255,255,.75)" },
  { symbol: "circle", symbolSize: 0.5, dashArrayX: [[4, 4]], dashArrayY: [4, 4], color: "rgba(255,255,255,.85)" },
];
const source = document.getElementById("chart-data");
const data = source ? JSON.parse(source.textContent) : {};
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const drawn = [];

function inks(paper) {
  if (paper) return { ink: "#000000", soft: "#333333", line: "#bbbbbb" };
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), soft: of("--soft"), line: of("--line") };
}

// Canvas text for the tip: markup in it would need inline styles, which the page's policy forbids.
function option(chart, title, paper, narrow) {
  const { ink, soft, line } = inks(paper);
  const text = { color: ink, fontFamily: getComputedStyle(document.body).fontFamily };
  const flat = chart.kind === "bars";
  const names = { type: "category", data: chart.labels, inverse: flat, axisLabel: { color: soft, hideOverlap: !flat, width: narrow ? 84 : 150, overflow: flat ? "truncate" : "none" }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
  const numbers = { type: "value", minInterval: 1, max: chart.most, axisLabel: { color: soft, formatter: `{value}${chart.unit ?? ""}` }, splitLine: { lineStyle: { color: line } } };
  return {
    aria: { enabled: true, label: { description: title } },
    animation: !paper && !still.matches,
    color: PALETTE,
    textStyle: text,
    grid: { left: 8, right: flat ? (chart.series[0].said ? 116 : 56) : 16, top: chart.series.length > 1 ? 34 : 18, bottom: 4, containLabel: true },
    legend: { show: chart.series.length > 1, top: 0, left: 0, type: "scroll", itemWidth: 34, textStyle: { color: ink }, pageTextStyle: { color: ink } },
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: flat || chart.kind === "columns" ? "shadow" : "line" }, confine: true },
    [flat ? "xAxis" : "yAxis"]: numbers,
    [flat ? "yAxis" : "xAxis"]: names,
    series: chart.series.map((one, i) => (chart.kind === "lines" ? lineOf(one, i, chart) : barOf(one, i, chart, ink, flat))),
  };
}

function lineOf(one, i, chart) {
  const few = chart.labels.length <= 31;
  return {
    name: one.name, type: "line", data: one.values, symbol: MARKS[i % MARKS.length], symbolSize: 7, showSymbol: few,
    connectNulls: false, lineStyle: { width: 2.25, type: one.dashed ? "dashed" : chart.series.some((s) => s.dashed) ? "solid" : DASHES[i % DASHES.length] },
    emphasis: { focus: "series" },
  };
}

function barOf(one, i, chart, ink, flat) {
  const said = (p) => (one.said ? one.said[p.dataIndex] : p.value);
  return {
    name: one.name, type: "bar", data: one.values, barMaxWidth: 22, itemStyle: { decal: PATTERNS[i % PATTERNS.length], borderColor: ink, borderWidth: 0.5 },
    label: { show: true, position: flat ? "right" : "top", color: ink, formatter: said },
  };
}

function show(place) {
  const chart = data[place.dataset.chart];
  if (!chart || !chart.labels.length || !chart.series.length) return;
  place.hidden = false;
  // Without a picture of their own, two of a row need more room.
  if (chart.kind === "bars") place.style.height = `${Math.max(8, 3 + chart.labels.length * [1.9, 2.6, 3.4][Math.min(chart.series.length, 3) - 1])}rem`;
  const picture = window.echarts.init(place, null, { renderer: "canvas" });
  const draw = (paper) => picture.setOption(option(chart, place.dataset.title, paper, place.clientWidth < 480), true);
  draw(false);
  picture.getZr().on("click", (event) => follow(picture, chart, event));
  place.style.cursor = "";
  new ResizeObserver(() => picture.resize()).observe(place);
  drawn.push({ picture, draw });
}

// A click on a step of time or on a bar leads to its cases, as the number in the table does.
function follow(picture, chart, event) {
  const point = [event.offsetX, event.offsetY];
  if (!chart.links || !picture.containPixel("grid", point)) return;
  const at = picture.convertFromPixel({ seriesIndex: 0 }, point)[chart.kind === "bars" ? 1 : 0];
  if (chart.links[at]) location.assign(chart.links[at]);
}

function onPaper(paper) {
  for (const { picture, draw } of drawn) {
    draw(paper);
    picture.resize();
  }
}

if (window.echarts) {
  document.querySelectorAll("[data-chart]").forEach(show);
  dark.addEventListener("change", () => onPaper(false));
  addEventListener("beforeprint", () => onPaper(true));
  addEventListener("afterprint", () => onPaper(false));
  document.documentElement.dataset.charts = String(drawn.length);
}
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
