export interface Output {
  isTTY?: boolean
  write(text: string): unknown
}

/** Runs `work` as one named step, and shows it with its duration. Steps may overlap. `note` adds words to the line. */
export type Progress = <T>(name: string, work: (note: (text: string) => void) => Promise<T>) => Promise<T>

interface Running {
  name: string
  note: string
  startedAt: number
}

const redrawMilliseconds = 120
const reminderMilliseconds = 10_000
const eraseLine = '\r\x1b[2K'

/**
 * Shows steps. On a terminal the running ones share a line; elsewhere each step prints a line at its start and one at
 * its end.
 */
export function createProgress(output: Output = process.stdout): Progress {
  const running = new Set<Running>()
  const draw = () => {
    const steps = [...running].map((step) => `${step.name} ${elapsed(step)}`)
    if (output.isTTY) output.write(`${eraseLine}${steps.length > 0 ? `… ${steps.join(' · ')}` : ''}`)
  }
  const remind = (step: Running) => output.write(`  ${step.name} ... still running (${elapsed(step)})\n`)

  return async (name, work) => {
    const step: Running = { name, note: '', startedAt: Date.now() }
    running.add(step)
    if (!output.isTTY) output.write(`  ${name} ...\n`)
    draw()
    const timer = output.isTTY
      ? setInterval(draw, redrawMilliseconds)
      : setInterval(() => remind(step), reminderMilliseconds)
    let mark = '✗'
    try {
      const result = await work((text) => {
        step.note = text
      })
      mark = '✓'
      return result
    } finally {
      clearInterval(timer)
      running.delete(step)
      const line = `${mark} ${name}${step.note && `: ${step.note}`} (${elapsed(step)})\n`
      output.write(output.isTTY ? `${eraseLine}${line}` : line)
      if (running.size > 0) draw()
    }
  }
}

export const silentProgress: Progress = (_name, work) => work(() => {})

const elapsed = ({ startedAt }: Running) => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
