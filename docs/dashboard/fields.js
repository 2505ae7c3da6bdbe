// What Grafana's panels make of a panel's fieldConfig: their defaults, the panel's own, the overrides.
import {
  applyFieldOverrides, cacheFieldDisplayNames, FieldConfigOptionsRegistry, identityOverrideProcessor, ThresholdsMode,
} from "@grafana/data";

// The panels themselves are part of Grafana and in no package; these are the defaults of their options in version 13.
const COLOR = { stat: "thresholds", table: "thresholds", timeseries: "palette-classic" };
const CUSTOM = {
  stat: {},
  table: { align: "auto", cellOptions: { type: "auto" }, inspect: false, width: undefined },
  timeseries: {
    drawStyle: "line",
    lineInterpolation: "linear",
    lineWidth: 1,
    lineStyle: undefined,
    fillOpacity: 0,
    gradientMode: "none",
    showPoints: "auto",
    pointSize: 5,
    spanNulls: false,
    stacking: { mode: "none", group: "A" },
    axisPlacement: "auto",
    axisLabel: "",
    axisColorMode: "text",
    axisBorderShow: false,
    scaleDistribution: { type: "linear" },
    thresholdsStyle: { mode: "off" },
    hideFrom: { tooltip: false, viz: false, legend: false },
  },
};
const STANDARD = ["unit", "min", "max", "decimals", "displayName", "noValue", "color", "thresholds", "mappings"];
const THRESHOLDS = {
  mode: ThresholdsMode.Absolute,
  steps: [{ value: null, color: "green" }, { value: 80, color: "red" }],
};

// The frames with the config, the name and the display of each field set.
export function dress(panel, frames, theme, timeZone) {
  const { defaults, overrides } = panel.fieldConfig;
  const custom = CUSTOM[panel.type];
  const registry = new FieldConfigOptionsRegistry(() => [
    ...STANDARD.map((id) => option(id, id, false)),
    ...Object.keys(custom).map((id) => option(`custom.${id}`, id, true)),
  ]);
  const { custom: own = {}, ...standard } = defaults;
  const set = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  for (const id of [...set, ...Object.keys(standard), ...Object.keys(own).map((id) => `custom.${id}`)]) {
    // It would be missing in the picture, and nobody would notice.
    if (!registry.getIfExists(id)) throw new Error(`${panel.title}: docs/dashboard/fields.js does not know ${id}`);
  }
  const dressed = applyFieldOverrides({
    data: frames,
    theme,
    timeZone,
    replaceVariables: (text) => text,
    fieldConfigRegistry: registry,
    fieldConfig: {
      defaults: {
        color: { mode: COLOR[panel.type] },
        ...standard,
        thresholds: finite(defaults.thresholds ?? THRESHOLDS),
        custom: { ...custom, ...own },
      },
      overrides,
    },
  });
  cacheFieldDisplayNames(dressed);
  return dressed;
}

function option(id, path, isCustom) {
  return { id, path, isCustom, name: id, process: identityOverrideProcessor, shouldApply: () => true };
}

// JSON has no infinity; Grafana writes null for it.
function finite({ mode, steps }) {
  return { mode, steps: steps.map((step) => ({ ...step, value: step.value ?? -Infinity })) };
}
