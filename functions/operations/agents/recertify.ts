import { type AgentFile, type Certified, type Subject, withoutReached } from '../../domain/agents/agent-file.ts'
import { datesInFiles, recertifyByOf, subjectOf } from '../../domain/agents/dates.ts'
import { type GovernedRegistry, registryUsed, retiredIn, withGoverned } from '../../domain/agents/governed-registry.ts'
import { onRecord, type Registration, type RegistryEvent, registrationsIn } from '../../domain/agents/registry.ts'
import { type Profile, profileNamed } from '../../domain/break-glass/break-glass.ts'
import { askAboutPerson, mayInspect, mayRead } from '../../domain/deciding/questions.ts'
import { digestOf } from '../../domain/digest.ts'
import type { Actor } from '../../domain/event.ts'
import { chainEntries, type Head } from '../../domain/ledger/ledger.ts'
import { setTextsApart } from '../../domain/ledger/texts.ts'
import { type GroupsSaid, isEverMember, type Readings } from '../../domain/people/group-source.ts'
import { type Agent, answersFor, oneYear } from '../../domain/people/organisation.ts'
import { agentOf, type Bundle } from '../../domain/policy/bundle.ts'
import {
  AgentId,
  actorNamed,
  type Digest,
  defined,
  type Json,
  type NumericDate,
  ok,
  type PersonId,
  type Result,
  refuse,
} from '../../domain/values.ts'
import { mayOpenProfile } from '../break-glass/what-to-open.ts'
import type { EndMessage } from '../credentials/ports.ts'
import { faultName } from '../faults.ts'
import { whatStops } from '../halts/find-halt.ts'
import type { Policy } from '../policy/ports.ts'
import type { Queue } from '../ports.ts'
import type { AskingPorts, DecidingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import type { AgentReader, AgentRows } from './ports.ts'

export type RecertifyPorts = DecidingPorts & {
  agents: Pick<AgentRows, 'certified' | 'certify' | 'files' | 'governed'>
}
/** `deny`: the queue that ends the grants of a retired agent. */
export type RetirePorts = RecertifyPorts & { deny: Queue<EndMessage> }
export type RecertifyRefusal =
  | 'not_permitted'
  | 'own_recertification'
  | 'members_unknown'
  | 'stale_digest'
  | 'policy_error'
  | 'unknown_subject'
  | 'already_retired'

/** A person's retirement of an agent. */
export type Retired = { at: NumericDate; by: PersonId; evidence: Digest }

/** `evidence`: the digest of the evidence on the person's page. */
export type RecertifyAsk = { subject: Subject; person: PersonId; reason: string; evidence: Digest } & GroupsSaid

/** A repeat by the same person with the same evidence is idempotent for this time. Seconds. */
const sameAct = 60

/**
 * A person recertifies an agent, a person, a group, a profile or the names of a sealed role, with a reason and the
 * evidence they saw. People who answer for the subject, are in it, or may be in it, are refused even where policy would
 * permit.
 *
 * It commits at the end of the chain, as a suspension does: of two concurrent writers the second starts over.
 */
export function recertify(ask: RecertifyAsk, ports: RecertifyPorts): Promise<Result<Certified, RecertifyRefusal>> {
  const { subject, person, evidence, reason } = ask
  return runAggregate<Result<Certified, RecertifyRefusal>>(subject, manyWriters, async () => {
    const judged = await judgeAnswer(ask, ports)
    if (!judged.ok) return judged
    const { now, before, common, expected } = judged.value
    if (before && before.by === person && before.evidence === evidence && now - before.at < sameAct) return ok(before)
    const due = recertifyByOf(now + everyOf(subject, ports.policy.bundle), before?.due)
    const apart = chained({ ...common, type: 'Recertified', due, reason }, subject, expected, ports)
    const certified: Certified = { due, at: now, by: person, evidence, reason: apart.reason }
    if (!(await ports.agents.certify({ subject, certified, ...apart.appended }))) return undefined
    ports.log.info('recertified', { subject, by: person, due })
    return ok(certified)
  })
}

/**
 * A person answers no: the agent is retired at once and for good, with all its grants. The same people are barred as
 * from recertifying.
 */
export async function retire(
  ask: RecertifyAsk & { subject: AgentId },
  ports: RetirePorts,
): Promise<Result<Retired, RecertifyRefusal>> {
  const { subject, person, evidence, reason } = ask
  const done = await runAggregate<Result<Retired, RecertifyRefusal>>(subject, manyWriters, async () => {
    const judged = await judgeAnswer(ask, ports)
    if (!judged.ok) return judged
    const { now, agent, governed, common, expected } = judged.value
    if (!agent || !governed) return refuse('unknown_subject')
    const registry = retiredIn(ports.policy.files ?? ports.policy.bundle, governed, [agent], now)
    const apart = chained({ ...common, type: 'Retired', version: registry.version, reason }, subject, expected, ports)
    if (!(await ports.agents.certify({ subject, registry, ...apart.appended }))) return undefined
    ports.log.info('retired', { agent: subject, by: person, version: registry.version })
    return ok({ at: now, by: person, evidence })
  })
  if (done.ok)
    // If this fails, look-after-agents sends it within five minutes; each decision reads the registry itself.
    await ports.deny
      .send([{ end: subject, group: subject, deduplicate: suspendedKey(subject) }])
      .catch((fault: unknown) => ports.log.warn('retired_not_told', { agent: subject, fault: faultName(fault) }))
  return done
}

/** The queue drops the second of two messages about one suspension within five minutes. */
export const suspendedKey = (subject: Subject): string => `${subject}#suspended`

type Answering = {
  now: NumericDate
  before: Certified | undefined
  expected: Head
  /** An agent's registration, and the stored registry. */
  agent?: Agent
  governed?: GovernedRegistry
  common: { at: NumericDate; actor: Actor; policies: string[]; bundle: string; evidence: Digest }
}

async function judgeAnswer(
  { subject, person, evidence, reason: _, ...said }: RecertifyAsk,
  ports: RecertifyPorts,
): Promise<Result<Answering, RecertifyRefusal>> {
  const { policy, ledger, agents, clock } = ports
  const refused = refuseOnRecord(person, 'recertify', ports)
  if (!datesInFiles(policy.bundle).has(subject)) return refuse('unknown_subject')
  const now = clock.now()
  const answer = askAboutPerson(policy, 'recertify', person, now, { subject })
  // The files have the members of an overdue group too: they may not recertify it.
  const files = filesOf(policy)
  const { stopped, readings } = await whatStops(person, { ...ports, policy: { bundle: files } }, { now })
  if (!answer.permit || stopped) return refused(answer.error ? 'policy_error' : 'not_permitted')
  const isIn =
    mayOpen(person, subject, ports, readings) ||
    isEverMember(files.directory, groupIn(subject, files), person, { ...said, readings }, now)
  const expected = await ledger.head(subject)
  const ofAgent = await readRegistered(subject, ports)
  const answering = [...whoAnswersFor(subject, files), ...(ofAgent.agent ? answersFor(ofAgent.agent) : [])]
  if (answering.includes(person) || isIn) return refused('own_recertification')
  if (isIn === undefined) return refused('members_unknown')
  if (ofAgent.agent?.status === 'retired') return refused('already_retired')
  const [before, known] = await Promise.all([
    agents.certified([subject]).then((all) => all.get(subject)),
    readFile(subject, ports),
  ])
  if (evidenceOf(subject, known, policy).digest !== evidence)
    return refused('stale_digest', '`evidence_digest` should be that of the evidence shown now')
  const common = { at: now, actor: actorNamed(person), policies: [...answer.policies], bundle: policy.bundle.hash }
  return ok({ now, before, expected, ...ofAgent, common: { ...common, evidence } })
}

/** The agent in the stored registry, since the bundle may be two seconds older. */
async function readRegistered(
  subject: Subject,
  { policy, agents }: RecertifyPorts,
): Promise<Pick<Answering, 'agent' | 'governed'>> {
  if (!AgentId.safeParse(subject).success) return {}
  const governed = await agents.governed()
  return { governed, ...defined({ agent: agentOf(withGoverned(policy.files ?? policy.bundle, governed), subject) }) }
}

type AnswerEvent = Extract<RegistryEvent, { type: 'Recertified' | 'Retired' }>

/** The entry at the end of the chain, with a commitment to its reason; the text lies beside it. */
function chained(event: AnswerEvent, subject: Subject, expected: Head, { salts, policy }: RecertifyPorts) {
  const { events, texts } = setTextsApart([event], undefined, () => salts.salt())
  const { entries, head } = chainEntries(subject, expected, events, registryUsed(policy.bundle))
  return { reason: (events[0] ?? event).reason as Digest, appended: { expected, entries, head, texts } }
}

/** The refusal that a page shows before a person tries. It ignores halts. */
export function whyNotRecertify(
  subject: Subject,
  person: PersonId,
  { policy, clock }: Pick<RecertifyPorts, 'policy' | 'clock'>,
): Exclude<RecertifyRefusal, 'members_unknown' | 'stale_digest' | 'unknown_subject'> | undefined {
  const answer = askAboutPerson(policy, 'recertify', person, clock.now(), { subject })
  if (!answer.permit) return answer.error ? 'policy_error' : 'not_permitted'
  if (agentOf(policy.bundle, subject)?.status === 'retired') return 'already_retired'
  return whoAnswersFor(subject, filesOf(policy)).includes(person) ? 'own_recertification' : undefined
}

export const filesOf = ({ registered, bundle }: Pick<Policy, 'registered' | 'bundle'>): Bundle => registered ?? bundle

export function whoAnswersFor(subject: Subject, bundle: Bundle): readonly PersonId[] {
  const agent = agentOf(bundle, subject)
  if (agent) return answersFor(agent)
  const profile = profileIn(subject, bundle)
  if (profile) return bundle.directory.groups[profile.group] ?? []
  const name = nameIn(subject)
  if (subject.startsWith('group:')) return bundle.directory.groups[name] ?? []
  if (subject.startsWith('sealed:'))
    return Object.keys(bundle.deployment.accounts[name]?.sealed?.people ?? {}) as PersonId[]
  return [subject as PersonId]
}

const nameIn = (subject: Subject): string => subject.slice(subject.indexOf(':') + 1)

const profileIn = (subject: Subject, bundle: Bundle): Profile | undefined =>
  subject.startsWith('profile:') ? profileNamed(bundle, nameIn(subject)) : undefined

/** The group that is the subject, or whose people own what the profile opens. */
function groupIn(subject: Subject, bundle: Bundle): Subject {
  const profile = profileIn(subject, bundle)
  return profile ? subjectOf('group', profile.group) : subject
}

function mayOpen(person: PersonId, subject: Subject, ports: RecertifyPorts, readings: Readings | undefined): boolean {
  const profile = profileIn(subject, ports.policy.bundle)
  return profile !== undefined && mayOpenProfile(person, profile.name, ports, readings)
}

const everyOf = (subject: Subject, bundle: Bundle): number => agentOf(bundle, subject)?.recertifyEvery ?? oneYear

type Evidence = {
  registration: Registration | null
  people: readonly PersonId[]
  looked: NonNullable<AgentFile['looked']> | null
  observed: NonNullable<AgentFile['activity']> | null
}

/** Evidence about a subject: its files, its host's ambient privilege, and its record. */
export function evidenceOf(
  subject: Subject,
  { looked, activity }: AgentFile,
  policy: Policy,
): { evidence: Evidence; digest: Digest } {
  const files = filesOf(policy)
  const profile = profileIn(subject, files) as unknown as Registration | undefined
  const registration = profile ?? registrationsIn(files).get(subject) ?? null
  const people = whoAnswersFor(subject, files)
  const evidence = { registration, people, looked: looked ?? null, observed: activity ?? null }
  // Leaves out the time of the look, so that an equal one does not make an open page stale.
  const { at: _, ...same } = looked ?? {}
  const digest = digestOf('hotwork.recertified.v2', { subject, ...evidence, looked: same } as unknown as Json)
  return { evidence: { ...evidence, registration: registration && onRecord(registration) }, digest }
}

/** An agent's file for a person. Roles and secrets of the host need the right to inspect. */
export function seenBy<F extends Pick<AgentFile, 'looked'>>(
  person: PersonId,
  agent: AgentId,
  file: F,
  { policy, clock }: Pick<AskingPorts, 'policy' | 'clock'>,
): F {
  if (!file.looked || mayInspect(policy, person, agent, clock.now())) return file
  return { ...file, looked: withoutReached(file.looked) }
}

async function readFile(subject: Subject, { agents }: { agents: Pick<AgentReader, 'files'> }): Promise<AgentFile> {
  const id = AgentId.safeParse(subject)
  return (id.success && (await agents.files([id.data])).get(id.data)) || {}
}

export type SubjectSeen = ReturnType<typeof evidenceOf> & {
  subject: Subject
  recertifyBy: NumericDate
  certified: Certified | undefined
}

/** The evidence that a person reads before they recertify the subject, and its digest. */
export async function readSubject(
  { subject, person }: { subject: Subject; person: PersonId },
  ports: AskingPorts & { agents: Pick<AgentReader, 'certified' | 'files'> },
): Promise<Result<SubjectSeen, 'not_permitted' | 'unknown_subject'>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const inFiles = datesInFiles(filesOf(ports.policy)).get(subject)
  if (inFiles === undefined) return refuse('unknown_subject')
  const [certified, file] = await Promise.all([ports.agents.certified([subject]), readFile(subject, ports)])
  const last = certified.get(subject)
  const agent = AgentId.safeParse(subject)
  const shown = agent.success ? seenBy(person, agent.data, file, ports) : file
  return ok({
    subject,
    recertifyBy: recertifyByOf(inFiles, last?.due),
    certified: last,
    evidence: evidenceOf(subject, shown, ports.policy).evidence,
    // The digest covers all evidence, including parts hidden from this person.
    digest: evidenceOf(subject, file, ports.policy).digest,
  })
}
