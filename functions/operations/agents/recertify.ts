import type { Certified, Subject } from '../../domain/agents/agent-file.ts'
import { datesInFiles, dueOf } from '../../domain/agents/dates.ts'
import { type RegistryEvent, registrationsIn } from '../../domain/agents/registry.ts'
import { digestOf } from '../../domain/digest.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import { setTextsApart } from '../../domain/ledger/texts.ts'
import { type Claimed, groupsBySource } from '../../domain/people/group-source.ts'
import { answersFor, oneYear } from '../../domain/people/organisation.ts'
import { agentOf, type Bundle } from '../../domain/policy/bundle.ts'
import {
  AgentId,
  actorNamed,
  type Digest,
  type Json,
  ok,
  type PersonId,
  type Result,
  refuse,
} from '../../domain/values.ts'
import { whatStops } from '../halts/find-halt.ts'
import type { Policy } from '../policy/ports.ts'
import { askAboutPerson } from '../policy/questions.ts'
import { manyWriters, refuseOnRecord, runAggregate } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { AgentRows } from './ports.ts'

export type RecertifyPorts = DecidingPorts & { agents: Pick<AgentRows, 'certified' | 'certify' | 'files'> }
export type RecertifyRefusal = 'not_permitted' | 'own_recertification' | 'policy_error' | 'unknown_subject'

/** Within it the same person with the same evidence sent one act twice. Seconds. */
const sameAct = 60

/**
 * A person says that an agent, a person, a group or a sealed role's names may go on: with what they saw and why. None of
 * those who answer for it or are in it may, also where policy would let them.
 *
 * It commits where the chain ends, as a suspension does: of the two at once one is first, and the other looks again.
 */
export async function recertify(
  {
    subject,
    person,
    reason,
    claimed,
  }: { subject: Subject; person: PersonId; reason: string; claimed?: Claimed | undefined },
  ports: RecertifyPorts,
): Promise<Result<Certified, RecertifyRefusal>> {
  const { policy, ledger, agents, clock, salts, log } = ports
  const { bundle } = policy
  const refused = refuseOnRecord(person, 'recertify', ports)
  const inFiles = datesInFiles(bundle).get(subject)
  if (inFiles === undefined) return refuse('unknown_subject')
  return runAggregate<Result<Certified, RecertifyRefusal>>(subject, manyWriters, async () => {
    const now = clock.now()
    const answer = askAboutPerson(policy, 'recertify', person, now, { subject })
    // A group past its date has no members as of now, and is theirs all the same.
    const files = filesOf(policy)
    const { stopped, readings } = await whatStops(person, { ...ports, policy: { bundle: files } }, { now })
    if (!answer.permit || stopped) return refused(answer.error ? 'policy_error' : 'not_permitted')
    const bySource = groupsBySource(files.directory, person, { action: 'revoke' }, { readings, claimed }, now)
    if (whoAnswersFor(subject, files).includes(person) || bySource.some((group) => subject === `group:${group}`))
      return refused('own_recertification')
    const expected = await ledger.head(subject)
    const before = (await agents.certified([subject])).get(subject)
    const evidence = await evidenceOf(subject, ports)
    if (before && before.by === person && before.evidence === evidence && now - before.at < sameAct) return ok(before)
    const due = dueOf(now + everyOf(subject, bundle), before?.due)
    const event: Extract<RegistryEvent, { type: 'Recertified' }> = {
      ...{ type: 'Recertified', at: now, actor: actorNamed(person), policies: [...answer.policies] },
      ...{ bundle: bundle.hash, due, evidence, reason },
    }
    const { events, texts } = setTextsApart([event], undefined, () => salts.salt())
    const { entries, head } = chainEntries(subject, expected, events, undefined)
    const commitment = (events[0] ?? event).reason as Digest
    const certified: Certified = { due, at: now, by: person, evidence, reason: commitment }
    if (!(await agents.certify({ subject, certified, expected, entries, head, texts }))) return undefined
    log.info('recertified', { subject, by: person, due })
    return ok(certified)
  })
}

/** What a page says before it is tried. Undefined where nothing is against it but a halt. */
export function whyNotRecertify(
  subject: Subject,
  person: PersonId,
  { policy, clock }: Pick<RecertifyPorts, 'policy' | 'clock'>,
): Exclude<RecertifyRefusal, 'unknown_subject'> | undefined {
  const answer = askAboutPerson(policy, 'recertify', person, clock.now(), { subject })
  if (!answer.permit) return answer.error ? 'policy_error' : 'not_permitted'
  return whoAnswersFor(subject, filesOf(policy)).includes(person) ? 'own_recertification' : undefined
}

export const filesOf = ({ files, bundle }: Pick<Policy, 'files' | 'bundle'>): Bundle => files ?? bundle

/** Those who answer for it, or are in it, by the files. */
export function whoAnswersFor(subject: Subject, bundle: Bundle): readonly PersonId[] {
  const agent = agentOf(bundle, subject)
  if (agent) return answersFor(agent)
  const name = subject.slice(subject.indexOf(':') + 1)
  if (subject.startsWith('group:')) return bundle.directory.groups[name] ?? []
  if (subject.startsWith('sealed:'))
    return Object.keys(bundle.deployment.accounts[name]?.sealed?.people ?? {}) as PersonId[]
  return [subject as PersonId]
}

const everyOf = (subject: Subject, bundle: Bundle): number => agentOf(bundle, subject)?.recertifyEvery ?? oneYear

/** Of what Hotwork shows of it: what the files say, what its host could do, and what the record has of it. */
async function evidenceOf(subject: Subject, { policy, agents }: RecertifyPorts): Promise<Digest> {
  const id = AgentId.safeParse(subject)
  const file = id.success ? (await agents.files([id.data])).get(id.data) : undefined
  const files = filesOf(policy)
  const registration = registrationsIn(files).get(subject) ?? null
  const people = whoAnswersFor(subject, files)
  const { looked = null, observed = null } = file ?? {}
  return digestOf('hotwork.recertified.v1', { subject, registration, people, looked, observed } as unknown as Json)
}
