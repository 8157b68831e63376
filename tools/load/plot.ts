import type { TopLevelSpec } from 'vega-lite'
import { drawChart } from '../bench/draw.ts'
import type { Sample } from './drive.ts'
import type { Happened } from './faults.ts'

/** Seconds that one bar of faults covers. */
const barSeconds = 10

/** The load over time as SVG: arrivals and answers, work under way, messages in queues, faults. */
export function drawLoad(samples: readonly Sample[], happened: readonly Happened[], began: number): Promise<string> {
  const chart: TopLevelSpec = {
    vconcat: [
      lines('submissions', samples, { arrived: 'arrived', answered: 'answered', ended: 'lives ended' }),
      lines('at once', samples, { inFlight: 'lives', waiting: 'calls that wait for the machine' }),
      lines('messages', samples, { messages: 'in all queues' }),
      lines('seconds', samples, { age: 'since the slowest queue was empty' }),
      bars(happened, began),
    ],
    resolve: { scale: { color: 'independent', x: 'shared' } },
  }
  return drawChart(chart)
}

const size = { width: 640, height: 100 } as const

/** @param title the title of the lowest axis; null for the others */
const xOf = (title: string | null) =>
  ({ field: 'at', type: 'quantitative', title, scale: { domainMin: 0, nice: false } }) as const

const lines = (title: string, samples: readonly Sample[], names: { readonly [name in keyof Sample]?: string }) => ({
  ...size,
  data: {
    values: samples.flatMap((sample) =>
      Object.entries(names).map(([name, what]) => ({ at: sample.at, what, value: sample[name as keyof Sample] })),
    ),
  },
  mark: { type: 'line' as const },
  encoding: {
    x: xOf(null),
    y: { field: 'value', type: 'quantitative' as const, title },
    color: { field: 'what', type: 'nominal' as const, title: null, sort: Object.values(names) },
  },
})

function bars(happened: readonly Happened[], began: number) {
  const barOf = ({ at, where, fault }: Happened) =>
    `${Math.floor((at - began) / 1000 / barSeconds) * barSeconds}|${where === 'aws' ? 'AWS' : 'Slack'} ${fault === 'throttled' && where === 'slack' ? '429' : fault}`
  const values = [...Map.groupBy(happened, barOf)].map(([key, those]) => {
    const [from, what] = key.split('|')
    // Bars have gaps, so that neighbours do not touch.
    return { at: Number(from), until: Number(from) + 0.9 * barSeconds, what, value: those.length }
  })
  return {
    ...size,
    data: { values },
    mark: { type: 'bar' as const },
    encoding: {
      x: { ...xOf('seconds since the begin'), bin: 'binned' as const },
      x2: { field: 'until' },
      y: { field: 'value', type: 'quantitative' as const, stack: 'zero' as const, title: `faults in ${barSeconds} s` },
      color: { field: 'what', type: 'nominal' as const, title: null },
    },
  }
}
