// Rules: test/channels/slack/forms/message-forms.test.ts, test/http/message-page.test.ts
import type { LoginGroups } from '../../domain/people/group-source.ts'
import type { Person } from '../../domain/people/organisation.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import { stalenessOf, whyNot } from '../../domain/requests/take-decision.ts'
import { defined, ok, type PersonId, type RequestId, refuse } from '../../domain/values.ts'
import { readingsFor } from '../people/on-call.ts'
import { authorityOf } from '../policy/gather.ts'
import type { AskingPorts, DecidingPorts, MakingPorts } from '../record/ports.ts'
import { askColleague, askQuestion } from './ask-back.ts'
import type { Foreseen } from './decide-request.ts'
import { colleaguesOf } from './waiting.ts'

/** A person's form, with the round and digest of the request on it. */
export type Seen = {
  id: RequestId
  person: PersonId
  round: number
  /** The digest, or its beginning on a button. */
  digest: string
  claimed?: LoginGroups | undefined
}

/** Whether this person may ask the agent or a colleague now. It records nothing. */
export async function foreseeQuestion({ id, person, claimed, ...seen }: Seen, ports: AskingPorts): Promise<Foreseen> {
  const stored = await ports.requests.load(id)
  if (!stored) return refuse('unknown_request')
  const now = Math.max(ports.clock.now(), stored.state.updatedAt)
  const state = asOf(stored.state, now)
  const found = await authorityOf(state, { moment: 'request', now, decider: person, ...defined({ claimed }) }, ports)
  const code = whyNot(state, { ...found, person }, 'approve', now) ?? stalenessOf(state, seen)
  return code === undefined ? ok(state) : { ...refuse(code), state }
}

/** Refuses a question if the request has changed since. */
export async function askQuestionAsSeen(
  { round, digest, ...ask }: Seen & Parameters<typeof askQuestion>[0],
  ports: DecidingPorts & Pick<MakingPorts, 'ids'>,
) {
  const found = await foreseeQuestion({ ...ask, round, digest }, ports)
  return found.ok ? askQuestion(ask, ports) : found
}

export async function askColleagueAsSeen(
  { round, digest, ...ask }: Seen & Parameters<typeof askColleague>[0],
  ports: DecidingPorts,
) {
  const found = await foreseeQuestion({ ...ask, round, digest }, ports)
  return found.ok ? askColleague(ask, ports) : found
}

/** The people that this person may ask to decide. */
export async function findColleagues(
  state: ApprovalRequest,
  person: PersonId,
  ports: Pick<AskingPorts, 'policy' | 'clock'> & Parameters<typeof readingsFor>[1],
): Promise<readonly Person[]> {
  const readings = await readingsFor(state, ports)
  return colleaguesOf(state, person, { policy: ports.policy, now: ports.clock.now(), readings })
}
