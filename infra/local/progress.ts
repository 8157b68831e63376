/** Where progress is written: a terminal, or anything that takes lines. */
export interface Output {
  isTTY?: boolean
  write(text: string): unknown
}

/**
 * Runs `work` as one named step and shows that it runs, that it ended, and how long it took. Steps may overlap.
 * `note` adds a few words to the line, such as what was found or why there was nothing to do.
 */
export type Progress = <T>(name: string, work: (note: (text: string) => void) => Promise<T>) => Promise<T>

interface Running {
  name: string
  note: string
  startedAt: number
}

const redrawMilliseconds = 120
/** On plain output, a step that takes long says so this often, so that a log never looks stuck. */
const reminderMilliseconds = 10_000

/**
 * A reporter of steps. On a terminal the running steps share one line that is redrawn; elsewhere each step is a plain
 * line when it starts and one when it ends.
 */
export function createProgress(output: Output = process.stdout): Progress {
  const running = new Set<Running>()
  const report = output.isTTY ? reportOnTerminal(output, running) : reportInLines(output)

  return async (name, work) => {
    const step: Running = { name, note: '', startedAt: Date.now() }
    running.add(step)
    const stop = report.start(step)
    const finish = (mark: string) => {
      running.delete(step)
      stop()
      report.end(`${mark} ${name}${step.note && `: ${step.note}`} (${elapsed(step)})`)
    }
    try {
      const result = await work((text) => {
        step.note = text
      })
      finish('✓')
      return result
    } catch (fault) {
      finish('✗')
      throw fault
    }
  }
}

/** Shows nothing: for tests, and for callers with a display of their own. */
export const silentProgress: Progress = (_name, work) => work(() => {})

interface Report {
  /** @returns What ends the showing of this step. */
  start(step: Running): () => void
  end(line: string): void
}

function reportInLines(output: Output): Report {
  return {
    start(step) {
      output.write(`  ${step.name} ...\n`)
      const reminder = setInterval(
        () => output.write(`  ${step.name} ... still at it (${elapsed(step)})\n`),
        reminderMilliseconds,
      )
      return () => clearInterval(reminder)
    },
    end: (line) => void output.write(`${line}\n`),
  }
}

function reportOnTerminal(output: Output, running: Set<Running>): Report {
  const eraseLine = '\r\x1b[2K'
  let redraw: NodeJS.Timeout | undefined
  const draw = () => {
    const steps = [...running].map((step) => `${step.name} ${elapsed(step)}`)
    output.write(`${eraseLine}${steps.length > 0 ? `… ${steps.join(' · ')}` : ''}`)
  }
  return {
    start() {
      redraw ??= setInterval(draw, redrawMilliseconds)
      draw()
      return () => {
        if (running.size > 0) return
        clearInterval(redraw)
        redraw = undefined
      }
    },
    end(line) {
      output.write(`${eraseLine}${line}\n`)
      if (running.size > 0) draw()
    },
  }
}

const elapsed = ({ startedAt }: Running) => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
