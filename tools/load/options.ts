import { parseArgs } from 'node:util'

export const usage = `Usage: npm run load -- [options]

  --rate N       submissions a second (20)
  --minutes N    how long they come (5)
  --faults N     share of the calls of AWS that go wrong (0.02)
  --slack N      share of the calls of Slack that are answered 429 (0.1); others go wrong in other ways
  --repeats N    share of the batches of streams and queues that come twice (0.1)
  --seed N       another seed is another load (1)
  --at-once N    most calls of agents and clicks of people under way at once (12)
  --drain N      minutes after the last arrival in which all must have come to rest (45)
  --out FOLDER   where the plot and the account go (.hotwork/load)
`

export type Options = ReturnType<typeof readOptions>

/** @throws an error with the fault of the options */
export function readOptions(typed: readonly string[]) {
  const text = { type: 'string' } as const
  const names = { rate: text, minutes: text, faults: text, slack: text, repeats: text, seed: text, drain: text }
  const { values } = parseArgs({ args: [...typed], options: { ...names, 'at-once': text, out: text } })
  const number = (name: Exclude<keyof typeof values, 'out'>, otherwise: number): number => {
    const value = Number(values[name] ?? otherwise)
    if (Number.isFinite(value) && value >= 0) return value
    throw new Error(`\`--${name}\` must be a number, 0 or more`)
  }
  return {
    rate: number('rate', 20),
    minutes: number('minutes', 5),
    faults: number('faults', 0.02),
    slack: number('slack', 0.1),
    repeats: number('repeats', 0.1),
    seed: number('seed', 1),
    atOnce: number('at-once', 12),
    drain: number('drain', 45),
    out: values.out ?? '.hotwork/load',
  }
}
