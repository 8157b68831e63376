import type { LoginGroups } from '../../domain/people/group-source.ts'
import type { AnswerQuestion, AskColleague, AskQuestion, Standpoint } from '../../domain/record/commands.ts'
import { type ApprovalRequest, keyOf } from '../../domain/record/request.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import {
  type AgentId,
  type AskerId,
  defined,
  type Json,
  type NumericDate,
  ok,
  type PersonId,
  type RequestId,
  refuse,
  type Thumbprint,
} from '../../domain/values.ts'
import { authorityOf, findEnding } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { type CarriedOut, carryOut, carryOutFor } from '../record/carry-out.ts'
import type { AskingPorts, DecidingPorts, MakingPorts } from '../record/ports.ts'
import { aboutStored, refuseOnRecord } from '../record/refuse.ts'
import { bodyDigest, idempotencyItem } from '../record/repeat.ts'

/** `once`: the key of a click. */
type ByPerson = { id: RequestId; person: PersonId; claimed?: LoginGroups | undefined; once?: OnceOnly }
/** A repeat of a call under the same key makes nothing new. */
type Repeatable = { idempotencyKey?: string | undefined }
type Repeated = 'replayed' | 'duplicate_request'

export async function askQuestion(
  { id, person, claimed, text, once, idempotencyKey }: ByPerson & Repeatable & { text: string },
  ports: DecidingPorts & Pick<MakingPorts, 'ids'>,
): Promise<CarriedOut<RefusalOf<AskQuestion> | Repeated>> {
  const item = itemOf(person, idempotencyKey, { id, text }, ports)
  const command = async (state: ApprovalRequest, now: NumericDate): Promise<Omit<AskQuestion, 'bundle'>> => {
    const own = await standpointOf(state, { person, claimed }, now, ports)
    return { ...own, type: 'ask_question', question: ports.ids.question(), text }
  }
  return (await findDone(id, item, ports)) ?? carryOutFor(person, 'ask_question', id, ports, command, once ?? item)
}

export function askColleague(
  { id, person, claimed, to, once }: ByPerson & { to: PersonId },
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<AskColleague> | 'replayed'>> {
  const command = async (state: ApprovalRequest, now: NumericDate): Promise<Omit<AskColleague, 'bundle'>> => {
    const [own, colleague] = await Promise.all([
      standpointOf(state, { person, claimed }, now, ports),
      standpointOf(state, { person: to }, now, ports),
    ])
    return { ...own, type: 'ask_colleague', colleague }
  }
  return carryOutFor(person, 'ask_colleague', id, ports, command, once)
}

type Answer = Repeatable & {
  id: RequestId
  agent: AgentId
  jkt: Thumbprint
  question: string
  text: string
  /** The key of the proof. */
  once: OnceOnly
}

export async function answerQuestion(
  { id, once, idempotencyKey, ...answer }: Answer,
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<AnswerQuestion> | Repeated>> {
  const { agent, jkt, question, text } = answer
  const stored = await ports.requests.load(id)
  if (stored?.state.ask.agent.id !== agent)
    return refuseOnRecord(agent, 'answer_question', ports, aboutStored(stored))('unknown_request')
  const item = itemOf(agent, idempotencyKey, { id, question, text }, ports)
  const done = keyOf(stored.state) === jkt ? await findDone(id, item, ports) : undefined
  const keys = item ? [once, item] : [once]
  const command = async (state: ApprovalRequest, now: NumericDate): Promise<Omit<AnswerQuestion, 'bundle'>> => ({
    ...{ type: 'answer_question', ...answer },
    ...defined({ ending: await findEnding(state, now, ports) }),
  })
  return done ?? carryOut(id, ports, command, keys, { first: stored })
}

/** The time for repeats of a call. Seconds. */
const repeatedWithin = 86_400

const itemOf = (
  caller: AskerId,
  key: string | undefined,
  said: Json,
  { clock }: Pick<AskingPorts, 'clock'>,
): OnceOnly | undefined =>
  key === undefined
    ? undefined
    : {
        key: idempotencyItem(caller, key),
        value: bodyDigest(said),
        expiresAt: clock.now() + repeatedWithin,
        ifDone: true,
      }

/** The request, if a call with this key was done before. */
async function findDone(
  id: RequestId,
  item: OnceOnly | undefined,
  { requests, clock }: Pick<AskingPorts, 'requests' | 'clock'>,
): Promise<CarriedOut<'duplicate_request'> | undefined> {
  const before = item && (await requests.recall(item.key))
  if (!item || before === undefined) return undefined
  const stored = before === item.value ? await requests.load(id) : undefined
  return stored ? ok({ ...stored, state: asOf(stored.state, clock.now()) }) : refuse('duplicate_request')
}

/** A person's present right to decide. */
async function standpointOf(
  state: ApprovalRequest,
  { person, claimed }: Pick<ByPerson, 'person' | 'claimed'>,
  now: NumericDate,
  ports: AskingPorts,
): Promise<Standpoint> {
  const occasion = { moment: 'request', now, decider: person, claimed } as const
  const { answer: _, wouldBe: _1, ...judged } = await authorityOf(state, occasion, ports)
  return { ...judged, person }
}
