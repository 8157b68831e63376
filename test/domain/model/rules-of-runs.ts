import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { overdueAt } from '../../../functions/domain/requests/due.ts'
import { always, on, type Rule } from './rule.ts'
import type { Witness } from './witness.ts'
import { numberOf } from './world.ts'

/** Whether a run goes on, or its call may have started one. */
export const goesOn = ({ run, call }: Witness, isRun: boolean): boolean =>
  run ? run.ended === undefined : isRun && call !== undefined && !call.told

/** INV9, INV4: a run starts once, outlives its grant, and ends once. */
export const rulesOfRuns: readonly Rule[] = [
  on(
    'INV9',
    'a run is recorded once, of the one call, which was sent and has no outcome yet',
    ['RunStarted'],
    ({ use }, { run, call }, { world }) => {
      if (run) return 'started a second time'
      if (!world.sent.includes(numberOf(use))) return 'started by a call that was never sent'
      return (call?.use !== use || call.told) && 'started by another call'
    },
  ),
  on('INV9', 'a run ends once', ['RunEnded'], (_, { run }) =>
    run ? run.ended !== undefined && 'ended again' : 'there is no run',
  ),
  on(
    'INV9',
    'a run is cancelled if it failed after a revocation, and never else',
    ['RunEnded'],
    ({ status }, { end }, { command }) => {
      const failed = command.type === 'end_run' && command.status === 'failed'
      return (status === 'cancelled') !== (failed && end === 'Revoked') && `\`${status}\` after ${end}`
    },
  ),
  {
    id: 'INV9',
    rule: 'the end of a run completes its request, if that is live, as succeeded if it has',
    about: ['RunEnded'],
    broken: ({ told, after, seen }) => {
      const ended = told.find(({ event }) => event.type === 'RunEnded')?.event
      if (ended?.type !== 'RunEnded' || seen.end !== undefined) return undefined
      const outcome = ended.status === 'succeeded' ? 'succeeded' : 'failed'
      return after.status === 'completed' && after.outcome === outcome ? undefined : `it is ${after.status}`
    },
  },
  on(
    'INV4',
    'nothing but a revocation or its own end ends a request while its run goes on',
    ['Expired', 'Completed', 'Withdrawn'],
    ({ type }, seen, { scenario }) => goesOn(seen, scenario.runs === true) && `\`${type}\` while it runs`,
  ),
  {
    id: 'INV9',
    rule: 'a run that a sent call started is recorded, and its end too, also after the end of the grant',
    broken: ({ command, seen: { run, call }, sees }) => {
      if (command.type === 'start_run' && call?.use === command.use && !call.told && !sees.run)
        return 'its start is lost'
      return command.type === 'end_run' && run && run.ended === undefined && sees.run?.ended === undefined
        ? 'its end is lost'
        : undefined
    },
  },
  always('INV9', 'the run in the state is that of the ledger, and is overdue until it has ended', (after, { run }) => {
    const known: ApprovalRequest['run'] = after.run
    if (known?.use !== run?.use || (known?.status ?? '') !== (run ? (run.ended ?? 'running') : '')) return 'another run'
    const due = run && run.ended === undefined ? overdueAt(after) : 0
    return due === undefined ? 'it would never be looked at' : undefined
  }),
]
