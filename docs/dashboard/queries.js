// Asks Prometheus what a panel asks for, as Grafana's data source does, and makes data frames of the answers.
import { FieldType, rangeUtil, toDataFrame } from "@grafana/data";

// How often the story is scraped, which the data source is told in Grafana.
const SCRAPE_SECONDS = 30;

// The answers to all queries of a panel, as data frames.
export async function ask(panel, variables, range, pixels) {
  const frames = await Promise.all(panel.targets.map((target) => askOne(target, variables, range, pixels)));
  return frames.flat();
}

async function askOne(target, variables, range, pixels) {
  const { intervalMs } = rangeUtil.calculateInterval(range, Math.floor(pixels), `${SCRAPE_SECONDS}s`);
  const step = intervalMs / 1000;
  const rate = Math.max(step + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS);
  const query = Object.entries({ ...variables, __rate_interval: `${rate}s` })
    .reduce((text, [name, value]) => text.replaceAll(`$${name}`, value), target.expr);
  const [from, to] = [range.from.unix(), range.to.unix()];
  if (target.instant) {
    const series = await prometheus("query", { query, time: to });
    return target.format === "table" ? [table(target, series)] : series.map((one) => frame(target, one, [one.value]));
  }
  // Grafana aligns a range to its step.
  const [start, end] = [from, to].map((time) => Math.floor(time / step) * step);
  const series = await prometheus("query_range", { query, start, end, step });
  return series.map((one) => frame(target, one, everyStep(one.values, start, end, step)));
}

async function prometheus(path, parameters) {
  const answer = await (await fetch(`/api/v1/${path}?${new URLSearchParams(parameters)}`)).json();
  if (answer.status !== "success") throw new Error(`${parameters.query}: ${answer.error}`);
  return answer.data.result;
}

// A series that is away for a while has a gap there, not a line across.
function everyStep(points, start, end, step) {
  const known = new Map(points);
  const times = Array.from({ length: (end - start) / step + 1 }, (_, number) => start + number * step);
  return times.map((time) => [time, known.get(time) ?? "NaN"]);
}

function frame(target, { metric }, points) {
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: "Time", type: FieldType.time, values: points.map(([at]) => at * 1000) },
      {
        name: "Value",
        type: FieldType.number,
        values: points.map(([, value]) => number(value)),
        labels: metric,
        config: { displayNameFromDS: legend(target.legendFormat, metric) },
      },
    ],
  });
}

function table(target, series) {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: "Time", type: FieldType.time, values: series.map(({ value: [at] }) => at * 1000) },
      ...labels.map((label) => ({ name: label, type: FieldType.string, values: series.map(({ metric }) => metric[label]) })),
      { name: "Value", type: FieldType.number, values: series.map(({ value: [, value] }) => number(value)) },
    ],
  });
}

function legend(format, metric) {
  return format ? format.replace(/{{\s*(\w+)\s*}}/g, (_, label) => metric[label] ?? "") : undefined;
}

// A quantile of nothing is no number; a line has a gap there.
function number(text) {
  const value = Number(text.replace("Inf", "Infinity"));
  return Number.isNaN(value) ? null : value;
}
