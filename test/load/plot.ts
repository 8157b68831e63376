import type { TopLevelSpec } from 'vega-lite'
import { drawChart } from '../bench/draw.ts'
import type { Sample } from './drive.ts'
import type { Happened } from './faults.ts'

/** Seconds that one bar of faults covers. */
const barSeconds = 10

/** The load over time as SVG: what came and was answered, what was under way, what waited in queues, what went wrong. */
export function drawLoad(samples: readonly Sample[], happened: readonly Happened[], began: number): Promise<string> {
  const chart: TopLevelSpec = {
    vconcat: [
      lines('submissions', samples, { arrived: 'arrived', answered: 'answered', ended: 'lives ended' }),
      lines('at once', samples, { inFlight: 'lives', waiting: 'calls that wait for the machine' }),
      lines('in queues', samples, { messages: 'messages', age: 'seconds since a queue was empty' }),
      bars(happened, began),
    ],
    resolve: { scale: { color: 'independent', x: 'shared' } },
  }
  return drawChart(chart)
}

const x = { field: 'at', type: 'quantitative', title: 'seconds', scale: { domainMin: 0, nice: false } } as const
const size = { width: 640, height: 110 } as const

const lines = (title: string, samples: readonly Sample[], names: { readonly [name in keyof Sample]?: string }) => ({
  ...size,
  data: {
    values: samples.flatMap((sample) =>
      Object.entries(names).map(([name, what]) => ({ at: sample.at, what, value: sample[name as keyof Sample] })),
    ),
  },
  mark: { type: 'line' as const },
  encoding: {
    x,
    y: { field: 'value', type: 'quantitative' as const, title },
    color: { field: 'what', type: 'nominal' as const, title: null, sort: Object.values(names) },
  },
})

function bars(happened: readonly Happened[], began: number) {
  const barOf = ({ at, where, fault }: Happened) =>
    `${Math.floor((at - began) / 1000 / barSeconds) * barSeconds}|${where === 'aws' ? 'AWS' : 'Slack'} ${fault === 'throttled' && where === 'slack' ? '429' : fault}`
  const values = [...Map.groupBy(happened, barOf)].map(([key, those]) => {
    const [at, what] = key.split('|')
    return { at: Number(at), what, value: those.length }
  })
  return {
    ...size,
    data: { values },
    mark: { type: 'bar' as const },
    encoding: {
      x,
      y: { field: 'value', type: 'quantitative' as const, stack: true as const, title: `faults in ${barSeconds} s` },
      color: { field: 'what', type: 'nominal' as const, title: null },
    },
  }
}
