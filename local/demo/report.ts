// Rules: test/local/demo-report.test.ts
import { styleText } from 'node:util'
import { Trouble } from '../../client/outcome.ts'
import type { Output } from '../progress.ts'
import { describeTrouble } from './calls.ts'
import type { Finding } from './findings.ts'

/** An expectation that failed and was reported. It ends its chapter, since later steps depend on it. */
class ExpectationFailed extends Error {
  override readonly name = 'ExpectationFailed'
}

const width = 112
const margin = ' '.repeat(11)

/** Prints each expectation with its finding, and counts them. It uses colour only on a terminal. */
export class Report {
  held = 0
  /** The failed expectations, each with its chapter and its finding. */
  readonly failures: string[] = []
  /** The expectations that held, each with its finding. */
  readonly told: { expected: string; found: string }[] = []
  /** The timeout and interval of probes of IAM. AWS needs a longer timeout, and allows fewer calls a second. */
  probes = { withinSeconds: 30, everyMilliseconds: 50 }
  #chapters = 0
  #title = ''
  readonly #startedAt = performance.now()
  readonly #latencies = new Map<string, number[]>()
  readonly #output: Output
  readonly #isColoured: boolean
  readonly #signal: AbortSignal | undefined

  /** `signal` aborts the running expectation, which rejects with the reason and is not counted. */
  constructor(output: Output = process.stdout, signal?: AbortSignal) {
    this.#output = output
    this.#isColoured = output.isTTY === true && !process.env['NO_COLOR']
    this.#signal = signal
  }

  /** A failed expectation or a fault ends the chapter and is counted; the next chapter still runs. */
  async chapter(title: string, about: string, tell: () => Promise<void>): Promise<void> {
    this.#chapters += 1
    this.#title = title
    this.#line()
    this.#line(this.#paint('cyan', `${this.#chapters}. ${title}`))
    for (const part of wrap(about, width)) this.#line(this.#paint('dim', part))
    try {
      await tell()
    } catch (fault) {
      this.#signal?.throwIfAborted()
      if (fault instanceof ExpectationFailed) return
      this.#fail('this chapter runs to its end', describeFault(fault))
      this.#tell(this.#paint('red', '✗'), 'this chapter runs to its end', describeFault(fault), 0)
    }
  }

  /** @throws ExpectationFailed */
  async expect<T>(expected: string, look: () => Promise<Finding<T>>): Promise<T> {
    const began = performance.now()
    const finding = await endedBy(look(), this.#signal).catch((fault: unknown) => {
      this.#signal?.throwIfAborted()
      return { held: false, found: describeFault(fault) }
    })
    const milliseconds = performance.now() - began
    if (finding.held && 'value' in finding) {
      this.held += 1
      this.told.push({ expected, found: finding.found })
      this.#tell(this.#paint('green', '✓'), expected, finding.found, milliseconds)
      return finding.value
    }
    this.#fail(expected, finding.found)
    const mark = this.#paint('red', '✗')
    this.#tell(mark, `expected, and not so: ${expected}`, `found: ${finding.found}`, milliseconds)
    throw new ExpectationFailed(expected)
  }

  get failed(): number {
    return this.failures.length
  }

  note(text: string): void {
    for (const part of wrap(text, width - 14)) this.#line(`${margin}${part}`)
  }

  table(rows: readonly (readonly string[])[]): void {
    for (const row of layOut(rows)) this.#line(`  ${row}`)
  }

  /** Records a latency under a name such as `request to card`. */
  latency(name: string, milliseconds: number): void {
    this.#latencies.set(name, [...(this.#latencies.get(name) ?? []), milliseconds])
  }

  /** The latencies by name, in milliseconds. */
  get latencies(): ReadonlyMap<string, readonly number[]> {
    return this.#latencies
  }

  /** @returns whether all expectations held, and there was at least one */
  finish(): boolean {
    this.#line()
    if (this.#latencies.size > 0) {
      this.#line(this.#paint('cyan', 'Latencies on this machine'))
      const rows = [...this.#latencies].map(([name, values]) => [name, ...spread(values), String(values.length)])
      this.table([['', 'median', 'least', 'most', 'times'], ...rows])
      this.#line()
    }
    const { held, failed } = this
    const sum = `${held} expectations held, ${failed} failed, ${duration(performance.now() - this.#startedAt)} in all`
    const good = failed === 0 && held > 0
    this.#line(this.#paint(good ? 'green' : 'red', sum))
    return good
  }

  #fail(expected: string, found: string): void {
    this.failures.push(`${this.#title}: ${expected}. Found: ${found}`)
  }

  #tell(mark: string, expected: string, found: string, milliseconds: number): void {
    const took = this.#paint('dim', duration(milliseconds).padStart(8))
    const [first = '', ...rest] = wrap(expected, width - 14)
    this.#line(`${took} ${mark} ${first}`)
    for (const more of rest) this.#line(`${margin}${more}`)
    for (const part of wrap(found, width - 14)) this.#line(`${margin}${this.#paint('dim', part)}`)
  }

  #paint(style: 'cyan' | 'dim' | 'green' | 'red', text: string): string {
    return this.#isColoured ? styleText(style, text, { validateStream: false }) : text
  }

  #line(text = ''): void {
    this.#output.write(`${text}\n`)
  }
}

/** A fault with its causes, on one line. */
export function describeFault(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const name = fault.name === 'Error' ? '' : `${fault.name}: `
  const cause = fault.cause === undefined ? '' : ` (because of ${describeFault(fault.cause)})`
  return `${name}${fault instanceof Trouble ? describeTrouble(fault) : fault.message}${cause}`
}

/** Rejects at the abort of `signal`, since the promise may never settle while the stack is ending. */
export function endedBy<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(signal?.reason)
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end, { once: true })
  return Promise.race([promise, ended.promise]).finally(() => signal?.removeEventListener('abort', end))
}

const duration = (milliseconds: number): string =>
  milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`

export function spread(values: readonly number[]): [median: string, least: string, most: string] {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) => `${Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)} ms`
  return [at(0.5), at(0), at(1)]
}

export function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((row) => line(row).trimEnd())
}

/** A word longer than a line gets a line of its own. */
export const wrap = (text: string, columns: number): string[] =>
  text.match(new RegExp(`\\S.{0,${columns - 1}}(?=\\s|$)|\\S+`, 'g')) ?? []
