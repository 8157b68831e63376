import { inert } from '../inert.ts'
import type { CatalogueEntry } from '../policy/catalogue.ts'
import { type ApprovalRequest, callOf, type Run } from '../record/request.ts'
import { defined } from '../values.ts'
import type { Sentence } from './sentence.ts'

/** A run, and whether its entry has a way to stop it. */
export type RunView = Pick<Run, 'status' | 'since' | 'until' | 'note'> & { canStop: boolean }

/** If the answer of the call was lost for good, its run is unknown. */
export function runView(
  state: ApprovalRequest,
  entry: Pick<CatalogueEntry, 'follow'> | undefined,
): RunView | undefined {
  const canStop = entry?.follow?.cancel !== undefined
  if (state.run) {
    const { status, since, until, note } = state.run
    return { status, since, canStop, ...defined({ until, note }) }
  }
  const { begunAt, ended } = callOf(state) ?? {}
  if (state.ask.runsAs === undefined || begunAt === undefined || ended?.outcome !== 'unknown') return undefined
  return { status: 'unknown', since: begunAt, until: ended.at, canStop, ...defined({ note: ended.note }) }
}

/** A run while its request is live, or its end. */
export function runNow({ status, since, until, note }: RunView): Sentence {
  if (status === 'running')
    return [
      'The run goes on since ',
      { time: since },
      '. Hotwork looks at it until it ends, which completes the request.',
    ]
  return [
    'The run ended at ',
    { time: until ?? since },
    ': ',
    { bold: status },
    '.',
    ...(note === undefined ? [] : [' ', { value: inert(note) }]),
  ]
}

/** A run whose request was revoked. */
export function runAfter(run: RunView): Sentence {
  if (run.status !== 'running') return runNow(run)
  if (run.canStop) return [{ bold: 'Its run is being stopped' }, ', and goes on until that is seen.']
  return [{ bold: 'Its run cannot be stopped' }, ': it goes on until it ends.']
}
