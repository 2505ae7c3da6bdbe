// Shows the dashboard in Grafana's layout and its dark theme, for `draw` to take a picture of. It is asked for with the
// size of the picture, and the time that is now in the story. What `draw` has to know, it says on the console.
import "@fontsource-variable/inter";
import { useEffect } from "react";
import { createRoot } from "react-dom/client";
import {
  createTheme, dateMath, rangeUtil, standardTransformers, standardTransformersRegistry, ThemeContext, transformDataFrame,
} from "@grafana/data";
import { GlobalStyles, Icon, InlineLabel, PanelChrome, ToolbarButton } from "@grafana/ui";
import { firstValueFrom } from "rxjs";
import dashboard from "./dashboard.json";
import { dress } from "./fields.js";
import { Visualization } from "./panels.jsx";
import { ask } from "./queries.js";

// The rows about the applications and about SAE. Those below are about the process, which is a test's here.
const ROWS = 2;
// Grafana's grid.
const [COLUMNS, CELL, GAP] = [24, 30, 8];
const TIME_ZONE = "Asia/Shanghai";
// The package calls Grafana's font by another name.
const FONT = "'Inter Variable'";

const parameters = new URLSearchParams(location.search);
const [width, height] = [Number(parameters.get("width")), Number(parameters.get("height"))];
const now = new Date(1000 * Number(parameters.get("now")));
const theme = createTheme({ colors: { mode: "dark" }, typography: { fontFamily: `${FONT}, sans-serif` } });
const variables = Object.fromEntries(dashboard.templating.list.map(({ name, allValue }) => [name, allValue]));
const at = (text) => dateMath.toDateTime(text, { now, timezone: TIME_ZONE });
const range = { from: at(dashboard.time.from), to: at(dashboard.time.to), raw: dashboard.time };

// What the dashboard uses of Grafana's transformations.
standardTransformersRegistry.setInit(() => [standardTransformers.organizeFieldsTransformer]
  .map((transformation) => ({ id: transformation.id, name: transformation.name, transformation: async () => transformation })));

// Where Grafana would put it, in pixels.
function place({ x, y, w, h }) {
  const column = (width - GAP * (COLUMNS + 1)) / COLUMNS;
  return {
    left: GAP + x * (column + GAP),
    top: y * (CELL + GAP),
    width: w * column + (w - 1) * GAP,
    height: h * CELL + (h - 1) * GAP,
  };
}

function shown() {
  const next = dashboard.panels.filter(({ type }) => type === "row")[ROWS];
  return dashboard.panels.filter(({ gridPos }) => gridPos.y < (next?.gridPos.y ?? Infinity));
}

async function load(panel) {
  if (panel.type === "row") return { panel };
  const frames = await ask(panel, variables, range, place(panel.gridPos).width);
  if (!frames.some(({ length }) => length > 0)) throw new Error(`${panel.title} has no data`);
  const transformations = panel.transformations ?? [];
  transformations.forEach(({ id }) => standardTransformersRegistry.get(id));
  return { panel, frames: dress(panel, await firstValueFrom(transformDataFrame(transformations, frames)), theme, TIME_ZONE) };
}

function Row({ title, style }) {
  const line = { display: "flex", alignItems: "center", gap: GAP, ...theme.typography.h5 };
  return <div style={{ ...style, ...line }}><Icon name="angle-down" />{title}</div>;
}

function Panel({ panel, frames }) {
  const { width, height, ...corner } = place(panel.gridPos);
  const style = { position: "absolute", width, height, ...corner };
  if (panel.type === "row") return <Row title={panel.title} style={style} />;
  const links = panel.links?.map(({ title }) => (
    <PanelChrome.TitleItem key={title} title={title}><Icon name="external-link-alt" /></PanelChrome.TitleItem>
  ));
  return (
    <div style={style}>
      <PanelChrome title={panel.title} description={panel.description || undefined} titleItems={links} {...{ width, height }}>
        {(width, height) => <Visualization {...{ panel, frames, theme, range, width, height }} timeZone={TIME_ZONE} />}
      </PanelChrome>
    </div>
  );
}

function Controls() {
  const button = (text, icon) => <ToolbarButton icon={icon} isOpen={false} variant="canvas">{text}</ToolbarButton>;
  return (
    <div style={{ display: "flex", gap: GAP, padding: GAP }}>
      {dashboard.templating.list.map(({ name, label, current }) => (
        <div key={name} style={{ display: "flex" }}>
          <InlineLabel width="auto">{label}</InlineLabel>
          {button(current?.text ?? "Prometheus")}
        </div>
      ))}
      <div style={{ flexGrow: 1 }} />
      {button(rangeUtil.describeTimeRange(range.raw), "clock-nine")}
      {button(dashboard.refresh, "sync")}
    </div>
  );
}

function Page({ panels }) {
  useEffect(() => {
    const needed = document.getElementById("page").scrollHeight;
    if (needed > height) console.error(`not drawn: ${needed} pixels do not fit into ${height}`);
    else console.log(`drawn: ${panels.length} panels`);
  }, [panels]);
  const ends = Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Controls />
      <div style={{ position: "relative", height: ends * (CELL + GAP) }}>
        {panels.map((one) => <Panel key={one.panel.id} {...one} />)}
      </div>
    </ThemeContext.Provider>
  );
}

async function draw() {
  document.body.style.margin = 0;
  document.body.style.background = theme.colors.background.canvas;
  // What is written on a canvas does not wait for its font.
  await document.fonts.load(`12px ${FONT}`);
  const panels = await Promise.all(shown().map(load));
  createRoot(document.getElementById("page")).render(<Page panels={panels} />);
}

draw().catch((error) => console.error(`not drawn: ${error.message}`));
