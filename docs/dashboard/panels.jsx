// Draws a panel's frames with Grafana's own components.
import { FieldType, getDisplayValueAlignmentFactors, getFieldDisplayValues, VizOrientation } from "@grafana/data";
import { BigValue, TimeSeries, VizRepeater } from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";

const STAT = {
  reduceOptions: { calcs: ["lastNotNull"], values: false },
  textMode: "auto",
  colorMode: "value",
  graphMode: "area",
  justifyMode: "auto",
};
const LEGEND = { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] };

export function Visualization({ panel, ...rest }) {
  const Type = { stat: Stat, table: Table, timeseries: Lines }[panel.type];
  return <Type panel={panel} options={panel.options ?? {}} {...rest} />;
}

function Stat({ panel, options, frames, theme, timeZone, width, height }) {
  const { reduceOptions, textMode, colorMode, graphMode, justifyMode } = { ...STAT, ...options };
  const getValues = () => getFieldDisplayValues({
    fieldConfig: panel.fieldConfig, reduceOptions, data: frames, theme, timeZone,
    replaceVariables: (text) => text, sparkline: graphMode !== "none",
  });
  const renderValue = ({ value, alignmentFactors, count, width, height }) => (
    <BigValue
      value={value.display} count={count} alignmentFactors={alignmentFactors} width={width} height={height}
      theme={theme} colorMode={colorMode} graphMode={graphMode} justifyMode={justifyMode} textMode={textMode} wideLayout
    />
  );
  return (
    <VizRepeater
      getValues={getValues} getAlignmentFactors={getDisplayValueAlignmentFactors} renderValue={renderValue}
      source={frames} width={width} height={height} renderCounter={0} autoGrid orientation={VizOrientation.Auto}
    />
  );
}

function Table({ panel, options, frames, range, width, height }) {
  return (
    <TableNG
      data={frames[0]} width={width} height={height} timeRange={range} fieldConfig={panel.fieldConfig}
      sortBy={options.sortBy} cellHeight="sm" enableVirtualization={false} resizable
    />
  );
}

function Lines({ options, frames, range, timeZone, width, height }) {
  // A series has the colour of its place among all of them.
  const series = frames.flatMap(({ fields }) => fields.filter(({ type }) => type === FieldType.number));
  series.forEach((field, seriesIndex) => { field.state = { ...field.state, seriesIndex }; });
  return (
    <TimeSeries
      frames={frames} structureRev={1} timeRange={range} timeZone={timeZone} width={width} height={height}
      legend={{ ...LEGEND, ...options.legend }} options={options}
    />
  );
}
