import type { Stage } from './ladder.ts'
import type { Directory } from './organisation.ts'
import { type ApprovalRequest, openStage, type StageState } from './request.ts'
import { type NumericDate, PersonId } from './values.ts'

type Notify = Pick<Stage, 'notify'>

/** Who may decide the stage and is never pinged about it. */
export const isQuiet = ({ notify }: Notify, person: PersonId): boolean => notify?.quiet?.includes(person) ?? false

/** Whom a stage names to be told directly: its people, and the people of its groups, each once, without the quiet. */
export function namedDirectly(terms: Notify, { groups }: Pick<Directory, 'groups'>): readonly PersonId[] {
  const named = (terms.notify?.direct ?? []).flatMap((name) => {
    const person = PersonId.safeParse(name)
    return person.success ? [person.data] : (groups[name] ?? [])
  })
  return [...new Set(named)].filter((person) => !isQuiet(terms, person))
}

/** The channels of a stage, by alias: its own, and from its escalation on the one of those it was widened to. */
export const channelsOf = ({ terms, escalatedAt }: StageState): readonly string[] =>
  escalatedAt !== undefined && terms.onSilence !== 'expire' && terms.onSilence.channel !== undefined
    ? [...new Set([terms.channel, terms.onSilence.channel])]
    : [terms.channel]

/** The stage that people are waited for now, of a request that waits at all. */
export const waitingStage = (state: ApprovalRequest): StageState | undefined =>
  state.status === 'pending' ? openStage(state) : undefined

/** One opening of one stage: whoever was told of it is told when it is over, and of the next opening anew. */
export type Turn = { round: number; stage: string; opensAt: NumericDate }

/** The turn that is open, if people are waited for. */
export function turnOf(state: ApprovalRequest): Turn | undefined {
  const stage = waitingStage(state)
  return stage?.opensAt === undefined
    ? undefined
    : { round: state.round, stage: stage.terms.name, opensAt: stage.opensAt }
}
