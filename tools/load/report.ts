import { existsSync, readFileSync } from 'node:fs'
import type { Finding } from './account.ts'
import type { Run } from './drive.ts'
import type { Happened } from './faults.ts'
import type { Life, Lives } from './lives.ts'
import type { Options } from './options.ts'

const shownOfEach = 3

/** A report for people: the work done, the faults on the way, and the rules that held. */
export function reportOf({ lives, world, run, happened, repeatsFile, findings, options }: Reported): string {
  const lines = [
    ...loadLines(lives, run, options),
    ...faultLines(happened, repeatsFile, world),
    '',
    ...findings.flatMap(({ rule, asked, broken }) => [
      `${broken.length === 0 ? 'holds ' : 'BROKEN'}  ${rule}: ${asked - broken.length} of ${asked}`,
      ...broken.slice(0, shownOfEach).map((one) => `          ${one}`),
      ...(broken.length > shownOfEach ? [`          and ${broken.length - shownOfEach} more`] : []),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

export type Reported = {
  lives: readonly Life[]
  world: Lives
  run: Run
  happened: readonly Happened[]
  repeatsFile: string
  findings: readonly Finding[]
  options: Options
}

function loadLines(
  lives: readonly Life[],
  { began, livesEnded, emptied, samples }: Run,
  { rate, minutes }: Options,
): string[] {
  const accepted = lives.filter(({ outcome }) => outcome === 'accepted')
  const refused = lives.filter(({ outcome }) => outcome === 'refused')
  const inBursts = lives.filter(({ fate }) => fate === 'burst').length
  const answers = lives.flatMap(({ sentAt, answeredAt, at }) =>
    sentAt && answeredAt ? [(answeredAt - began - at) / 1000] : [],
  )
  const lastAnswer = Math.max(0, ...lives.map(({ answeredAt = 0 }) => answeredAt - began)) / 1000
  const whole = (livesEnded - began) / 1000
  const most = (name: 'inFlight' | 'messages' | 'age') =>
    Math.round(Math.max(0, ...samples.map((sample) => sample[name])))
  const fates = Object.entries(Object.groupBy(lives, ({ fate }) => fate)).map(
    ([fate, those]) => `${those.length} ${fate}`,
  )
  return [
    `${lives.length} submissions in ${minutes} min, ${rate} a second, ${inBursts} of them in bursts: ${fates.join(', ')}`,
    `${accepted.length} accepted, ${refused.length} refused, ${lives.length - accepted.length - refused.length} not answered`,
    `answered after ${secondsOf(answers, 0.5)} (p50), ${secondsOf(answers, 0.95)} (p95); the last ${Math.round(lastAnswer)} s after the begin: ${(lives.length / lastAnswer).toFixed(1)} a second`,
    `all lives had ended ${Math.round(whole)} s after the begin: ${(lives.length / whole).toFixed(1)} whole lives a second`,
    `at most ${most('inFlight')} lives at once, ${most('messages')} messages in queues, and ${most('age')} s until a queue was empty again`,
    emptied === undefined
      ? 'the queues were never empty at the end'
      : `all queues were empty ${Math.max(0, Math.round((emptied - livesEnded) / 1000))} s after that`,
  ]
}

function secondsOf(numbers: readonly number[], part: number): string {
  const sorted = numbers.toSorted((one, other) => one - other)
  const found = sorted[Math.floor(part * (sorted.length - 1))]
  return found === undefined ? 'never' : `${found.toFixed(1)} s`
}

function faultLines(
  happened: readonly Happened[],
  repeatsFile: string,
  { retries, throttled, reasons }: Lives,
): string[] {
  const ofPlace = (place: Happened['where']) => {
    const all = happened.filter(({ where }) => where === place)
    const kinds = Object.entries(Object.groupBy(all, ({ fault }) => fault)).map(
      ([fault, those]) => `${those.length} ${fault}`,
    )
    return `${all.length} (${kinds.join(', ') || 'none'})`
  }
  const repeated = existsSync(repeatsFile) ? readFileSync(repeatsFile, 'utf8').split('\n').length - 1 : 0
  const why = [...reasons].toSorted(([, one], [, other]) => other - one).slice(0, 6)
  return [
    `faults of AWS: ${ofPlace('aws')}; of Slack: ${ofPlace('slack')}; batches given twice: ${repeated}`,
    `clients asked again ${retries} times, and were told to wait ${throttled} times: ${why.map(([what, times]) => `${what} ${times}`).join(', ') || 'no answer said why'}`,
  ]
}
