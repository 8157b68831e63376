import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** Readable on a light and on a dark page. */
const ink = '#768390'

/** A chart as SVG, without a background. */
export function drawChart(chart: TopLevelSpec): Promise<string> {
  const axis = {
    labelColor: ink,
    titleColor: ink,
    tickColor: ink,
    domainColor: ink,
    gridColor: `${ink}40`,
    labelLimit: 240,
  }
  const { spec } = compile({
    ...chart,
    background: 'transparent',
    config: {
      axis,
      legend: { labelColor: ink, titleColor: ink, labelLimit: 320 },
      title: { color: ink },
      view: { stroke: null },
    },
  })
  return new View(parse(spec), { renderer: 'none' }).toSVG()
}
