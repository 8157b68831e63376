import { BreakGlass, DrillReport } from '../answers.ts'
import { type Exit, exitOfStatus } from '../exit-codes.ts'
import { fact } from '../screen.ts'
import { command } from './aws-profile.ts'
import { describe } from './describe.ts'
import { forgetEnded } from './forget-ended.ts'
import { type Context, show } from './verb.ts'

/** One opening as it is now. How it ended is the exit code. */
export async function status({ id: typed }: { id?: string | undefined }, context: Context): Promise<Exit> {
  const { api, kept, surroundings } = context
  await forgetEnded(typed, context)
  const id = kept.idOf(api.url, typed)
  const opening = await read(id, context)
  const open = opening.status === 'approved'
  if (!open) kept.forget(id)
  const report = opening.drill
    ? await api.call(DrillReport, { method: 'GET', path: `/v1/break-glass/${id}/drill` })
    : undefined
  const words = () => [
    ...describe(opening, surroundings),
    ...(report ? reportOf(report) : []),
    ...(open ? [fact('end', `${command} end ${id}`)] : []),
    ...(!open && opening.review && opening.review.status !== 'done'
      ? [fact('next', `somebody else: ${command} review ${id} --outcome justified|not_justified --note TEXT`)]
      : []),
  ]
  return show(context, { ...opening, ...(report ? { report } : {}) }, words, exitOfStatus(opening.status))
}

/** Each step of a drill against what it is held to. */
const reportOf = ({ steps }: DrillReport): string[] =>
  steps.map(({ step, verdict, within_seconds, took_seconds }, index) => {
    const took = took_seconds === undefined ? '' : `, took ${took_seconds} s`
    return fact(
      index === 0 ? 'drill' : '',
      `${step}: ${verdict.replaceAll('_', ' ')}${took} (within ${within_seconds} s)`,
    )
  })

export const read = (id: string, { api }: Pick<Context, 'api'>): Promise<BreakGlass> =>
  api.call(BreakGlass, { method: 'GET', path: `/v1/break-glass/${id}` })
