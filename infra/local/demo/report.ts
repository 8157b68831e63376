import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from '../../../examples/remediator/wire.ts'
import type { Output } from '../progress.ts'

/** @param value What the rest of the chapter needs of it. */
export function finding(held: boolean, found: string): Finding<undefined>
export function finding<T>(held: boolean, found: string, value: T): Finding<T>
export function finding<T>(held: boolean, found: string, value?: T): Finding<T | undefined> {
  return { held, found, value }
}

/** Hotwork says no, with this status and, if `code` is given, this code; nothing else will do. */
export async function refusedByHotwork(
  call: () => Promise<unknown>,
  wanted: { status: number; code?: string; says?: RegExp },
): Promise<Finding<undefined>> {
  try {
    await call()
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault
    const held =
      fault.status === wanted.status &&
      (wanted.code === undefined || fault.code === wanted.code) &&
      (wanted.says === undefined || wanted.says.test(fault.message))
    return finding(held, fault.message)
  }
  return finding(false, 'it was let through')
}

/** How IAM says no: something denies it, or nothing allows it. The words are AWS's own. */
export const denial = { denied: /with an explicit deny/, notAllowed: /because no [\w-]+ policy allows/ }

/** IAM says no to a call. Any other fault is thrown: a broken call proves nothing about rights. */
export async function refusedByIam(call: () => Promise<unknown>): Promise<Finding<undefined>> {
  const said = await iamDenial(call)
  return said === undefined
    ? finding(false, 'IAM let it through')
    : finding(denial.notAllowed.test(said) || denial.denied.test(said), `refused by IAM: ${said}`)
}

/** What IAM says when it says no, or `undefined` when it lets the call through. */
export async function iamDenial(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (fault) {
    const { name, message } = fault as Error
    if (!name.startsWith('AccessDenied')) throw fault
    // `User: arn:... is not authorized to perform: ssm:PutParameter on resource: arn:... because ...`
    return message.replace(/^.*not authorized to perform: /, '').replace('on resource: ', 'on ')
  }
}

/**
 * Looks again and again until there is something, for what cannot be waited for in any other way.
 * @throws When there is still nothing after `withinMilliseconds`, with the last answer of `describe`.
 */
export async function until<T>(
  look: () => Promise<T | undefined>,
  {
    withinMilliseconds,
    everyMilliseconds = 100,
    what,
  }: { withinMilliseconds: number; everyMilliseconds?: number; what: string },
): Promise<T> {
  const end = Date.now() + withinMilliseconds
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() >= end) throw new Error(`after ${withinMilliseconds / 1000} s still not: ${what}`)
    await delay(everyMilliseconds)
  }
}

/** What was found when an expectation was looked at. */
export interface Finding<T> {
  held: boolean
  /** In the words that a tired person needs: what was answered, how often, by whom. */
  found: string
  value: T
}

/** An expectation did not hold. It has been reported; what follows from it cannot be looked at. */
class ExpectationFailed extends Error {
  override readonly name = 'ExpectationFailed'
}

/** Takes one latency, in milliseconds, under a name such as `request to card`. */
type Latencies = Map<string, number[]>

/** Prints what is expected and found as it happens, and counts. Colour only on a terminal. */
export interface Report {
  /** Runs one chapter. A failed expectation or a fault ends it and is counted; the next chapter runs all the same. */
  chapter(title: string, about: string, tell: () => Promise<void>): Promise<void>
  /** Looks, and prints `expected` with what was found and how long it took. @throws ExpectationFailed */
  expect<T>(expected: string, look: () => Promise<Finding<T>>): Promise<T>
  /** A line that is told and not judged. */
  note(text: string): void
  table(rows: readonly (readonly string[])[]): void
  latency(name: string, milliseconds: number): void
  /** Prints latencies and the sum of it all. @returns whether everything held, and something was looked at. */
  finish(): boolean
}

/** How wide text runs before it wraps. */
const width = 112

/** @param signal Ends expectations early: the one that is being looked at rejects with its reason, uncounted. */
export function createReport(output: Output = process.stdout, signal?: AbortSignal): Report {
  const startedAt = performance.now()
  const paint = output.isTTY && !process.env['NO_COLOR'] ? colours : plain
  const latencies: Latencies = new Map()
  let held = 0
  let failed = 0
  let chapters = 0
  const line = (text = '') => void output.write(`${text}\n`)

  function tell(mark: string, expected: string, found: string, milliseconds: number): void {
    const took = paint.dim(duration(milliseconds).padStart(8))
    const [first = '', ...rest] = wrap(expected, width - 14)
    line(`${took} ${mark} ${paint.bold(first)}`)
    for (const more of rest) line(`${' '.repeat(11)}${paint.bold(more)}`)
    for (const part of wrap(found, width - 14)) line(`${' '.repeat(11)}${paint.dim(part)}`)
  }

  return {
    async chapter(title, about, work) {
      chapters += 1
      line()
      line(paint.title(`${chapters}. ${title}`))
      for (const part of wrap(about, width)) line(paint.dim(part))
      try {
        await work()
      } catch (fault) {
        signal?.throwIfAborted()
        if (fault instanceof ExpectationFailed) return
        failed += 1
        tell(paint.bad('✗'), 'this chapter runs to its end', describeFault(fault), 0)
      }
    },
    async expect<T>(expected: string, look: () => Promise<Finding<T>>): Promise<T> {
      const began = performance.now()
      const finding = await endedBy(look(), signal).catch((fault: unknown) => {
        signal?.throwIfAborted()
        return { held: false, found: describeFault(fault) }
      })
      const milliseconds = performance.now() - began
      if (finding.held && 'value' in finding) {
        held += 1
        tell(paint.good('✓'), expected, finding.found, milliseconds)
        return finding.value
      }
      failed += 1
      tell(paint.bad('✗'), `expected, and not so: ${expected}`, `found: ${finding.found}`, milliseconds)
      throw new ExpectationFailed(expected)
    },
    note(text) {
      for (const part of wrap(text, width - 14)) line(`${' '.repeat(11)}${part}`)
    },
    table(rows) {
      for (const row of layOut(rows)) line(`  ${row}`)
    },
    latency(name, milliseconds) {
      latencies.set(name, [...(latencies.get(name) ?? []), milliseconds])
    },
    finish() {
      line()
      if (latencies.size > 0) {
        line(paint.title('Latencies on this machine'))
        for (const row of layOut(describeLatencies(latencies))) line(`  ${row}`)
        line()
      }
      const sum = `${held} expectations held, ${failed} failed, ${duration(performance.now() - startedAt)} in all`
      line(failed > 0 || held === 0 ? paint.bad(sum) : paint.good(sum))
      return failed === 0 && held > 0
    },
  }
}

/** Everything that a fault says, its causes included, on one line. */
export function describeFault(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const name = fault.name === 'Error' ? '' : `${fault.name}: `
  const cause = fault.cause === undefined ? '' : ` (because of ${describeFault(fault.cause)})`
  return `${name}${fault.message}${cause}`
}

/** The promise, or the signal's reason if it aborts first: what is waited for may never come when all is being ended. */
function endedBy<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason as Error)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

const duration = (milliseconds: number): string =>
  milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`

/** The middle, the least and the most of some milliseconds. */
export function spread(values: readonly number[]): { median: string; least: string; most: string } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) => `${Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)} ms`
  return { median: at(0.5), least: at(0), most: at(1) }
}

function describeLatencies(latencies: Latencies): string[][] {
  const rows = [...latencies].map(([name, values]) => {
    const { median, least, most } = spread(values)
    return [name, median, least, most, String(values.length)]
  })
  return [['', 'median', 'least', 'most', 'times'], ...rows]
}

/** Rows as text, each column as wide as its widest cell. */
export function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Breaks at spaces; a word that is longer stands alone on its line. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

type Paint = Record<'title' | 'bold' | 'dim' | 'good' | 'bad', (text: string) => string>
const ansi = (code: number) => (text: string) => `\x1b[${code}m${text}\x1b[0m`
const colours: Paint = { title: ansi(36), bold: (text) => text, dim: ansi(2), good: ansi(32), bad: ansi(31) }
const asIs = (text: string) => text
const plain: Paint = { title: asIs, bold: asIs, dim: asIs, good: asIs, bad: asIs }
