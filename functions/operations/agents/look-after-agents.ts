import type { Subject } from '../../domain/agents/agent-file.ts'
import { datesInFiles, recertifyByOf } from '../../domain/agents/dates.ts'
import { registryUsed } from '../../domain/agents/governed-registry.ts'
import { leavingOwner } from '../../domain/agents/leaving-owner.ts'
import { nextReminder, type RegistryEvent, suspendedBecause } from '../../domain/agents/registry.ts'
import { system } from '../../domain/event.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import type { SuspendedBecause } from '../../domain/people/organisation.ts'
import { agentOf, type Bundle, personOf } from '../../domain/policy/bundle.ts'
import { AgentId, defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import type { EndMessage } from '../credentials/ports.ts'
import { faultName } from '../faults.ts'
import type { Policy } from '../policy/ports.ts'
import type { Fifo, Queue } from '../ports.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import type { AgentNotice, AgentReader, Life, StoredLife } from './ports.ts'
import { filesOf, suspendedKey, whoAnswersFor } from './recertify.ts'
import type { RegistryPorts } from './record-registry.ts'

export type LookAfterPorts = RegistryPorts & {
  policy: Policy
  agents: Pick<AgentReader, 'certified'>
  notices: Queue<AgentNotice & Fifo>
  deny: Queue<EndMessage>
}

/**
 * Records the dates of agents, people, groups and names of sealed roles: reminders before the date, and after it the
 * entry `Suspended`, an alarm, a message and the end of the grants. Each decision reads the clock itself and does not
 * wait for this. A fault about one subject does not stop the others: the next run retries it.
 *
 * @returns how many are suspended now
 */
export async function lookAfterAgents(ports: LookAfterPorts): Promise<number> {
  const { policy, lives, agents, log } = ports
  await policy.look?.(policy.bundle.agents.map(({ id }) => id))
  await endChanged(ports)
  const subjects = [...datesInFiles(policy.bundle).keys()]
  const [stored, certified] = await Promise.all([lives.lives(subjects), agents.certified(subjects)])
  let suspended = 0
  for (const subject of subjects)
    try {
      const seen = {
        stored: stored.get(subject),
        recertifyBy: recertifyByIn(policy.bundle, subject, certified.get(subject)?.due),
      }
      if (await lookAfter(subject, seen, ports)) suspended += 1
    } catch (fault) {
      log.error('look_after_failed', { subject, fault: faultName(fault) })
    }
  return suspended
}

/** The time after a change in which its grants are ended again, for asks that came after the first message. Seconds. */
const changedLately = 900

/** Ends the grants of agents that were changed at run time shortly before. */
async function endChanged({ policy, deny, clock }: LookAfterPorts): Promise<void> {
  const now = clock.now()
  const lately = Object.entries(policy.bundle.registry?.changed ?? {}).filter(([, at]) => now - at < changedLately)
  const messages = lately.map(([id]) => ({ end: AgentId.parse(id), group: id, deduplicate: `${id}#changed#${now}` }))
  if (messages.length > 0) await deny.send(messages)
}

const recertifyByIn = (bundle: Bundle, subject: Subject, certified: NumericDate | undefined): NumericDate =>
  recertifyByOf(datesInFiles(bundle).get(subject) ?? 0, certified)

type Seen = { stored: StoredLife | undefined; recertifyBy: NumericDate }

async function lookAfter(subject: Subject, seen: Seen, ports: LookAfterPorts): Promise<boolean> {
  const now = ports.clock.now()
  let { life, version } = seen.stored ?? { life: { told: [] }, version: 0 }
  let why = suspendedBecause(subject, seen.recertifyBy, ports.policy.bundle, now)
  if (why !== life.suspended) ({ life, version, why } = await changeStatus(subject, ports))
  const act = why === undefined ? remind(subject, seen.recertifyBy, life, ports) : suspend(subject, why, life, ports)
  const told = [...(await act), ...(await tellOfOwner(subject, life, ports))]
  if (told.length > 0)
    // If another run saves first, it sends these messages.
    await ports.lives.saveLife({ subject, version, life: { ...life, told: [...life.told, ...told].slice(-20) } })
  return why !== undefined
}

/** Commits at the end of the chain, as a recertification does: of two concurrent writers the second starts over. */
const changeStatus = (subject: Subject, { policy, lives, ledger, agents, clock }: LookAfterPorts) =>
  runAggregate<StoredLife & { why: SuspendedBecause | undefined }>(subject, manyWriters, async () => {
    const expected = await ledger.head(subject)
    const certified = (await agents.certified([subject])).get(subject)
    const agent = AgentId.safeParse(subject)
    await policy.look?.(agent.success ? [agent.data] : [])
    const { life: before = { told: [] }, version = 0 } = (await lives.lives([subject])).get(subject) ?? {}
    const [at, recertifyBy] = [clock.now(), recertifyByIn(policy.bundle, subject, certified?.due)]
    const why = suspendedBecause(subject, recertifyBy, policy.bundle, at)
    if (why === before.suspended) return { life: before, version, why }
    const { suspended: _, ...rest } = before
    const life: Life = { ...rest, told: before.told.filter(isOfOwner), ...defined({ suspended: why }) }
    const event: RegistryEvent | undefined = why && {
      ...{ type: 'Suspended', at, actor: system, policies: [], bundle: policy.bundle.hash, why, due: recertifyBy },
    }
    const appended = event && { expected, ...chainEntries(subject, expected, [event], registryUsed(policy.bundle)) }
    const saved = await lives.saveLife({ subject, life, version, ...defined({ appended }) })
    return saved ? { life, version: version + 1, why } : undefined
  })

async function remind(
  subject: Subject,
  recertifyBy: NumericDate,
  { told }: Life,
  { policy, notices, clock }: LookAfterPorts,
): Promise<readonly string[]> {
  const reminder = nextReminder(recertifyBy, clock.now(), told)
  if (!reminder) return []
  const { days, keys } = reminder
  await tell(
    subject,
    { kind: 'due', days, due: recertifyBy },
    peopleToTell(subject, filesOf(policy)),
    `${recertifyBy} ${days}`,
    notices,
  )
  return keys
}

async function suspend(
  subject: Subject,
  why: SuspendedBecause,
  { told }: Life,
  { policy, notices, deny, log }: LookAfterPorts,
): Promise<readonly string[]> {
  if (told.includes('suspended')) return []
  const { bundle } = policy
  const agent = AgentId.safeParse(subject)
  if (agent.success) await deny.send([{ end: agent.data, group: subject, deduplicate: suspendedKey(subject) }])
  const { agentsTell: channel } = bundle
  const places = [...peopleToTell(subject, filesOf(policy)), ...(channel ? [channel] : [])]
  await tell(subject, { kind: 'suspended', why }, places, 'suspended', notices)
  if (agent.success) log.error('agent_suspended', { agent: subject, why })
  else log.error('recertification_overdue', { subject })
  return ['suspended']
}

/**
 * Tells the other owner, the owner's lead and the channel once that an owner leaves, and once that they have left, even
 * if that stops the agent: the next step is a transfer.
 */
async function tellOfOwner(
  subject: Subject,
  { told }: Life,
  { policy, notices, clock }: LookAfterPorts,
): Promise<readonly string[]> {
  const { bundle, files = bundle } = policy
  const agent = agentOf(bundle, subject)
  const leaving = agent && leavingOwner(agent, bundle, files, clock.now())
  if (!leaving) return []
  const key = `${ofOwner}${leaving.owner} ${leaving.on ?? 'left'}`
  if (told.includes(key)) return []
  const people = [agent.backupOwner, personOf(bundle, leaving.owner)?.lead].filter((each) => each !== undefined)
  const { agentsTell: channel } = bundle
  const places = [...[...new Set(people)].map((person) => ({ person })), ...(channel ? [channel] : [])]
  await tell(subject, { kind: 'owner', ...leaving }, places, key, notices)
  return [key]
}

const ofOwner = 'owner '
/** Messages about an owner stay sent after a recertification. */
const isOfOwner = (key: string): boolean => key.startsWith(ofOwner)

type Place = AgentNotice['to']

/** The people who answer for the subject or are in it; for a person, their lead. */
function peopleToTell(subject: Subject, bundle: Bundle): readonly Place[] {
  const lead = personOf(bundle, subject)?.lead
  const people: readonly PersonId[] = [...whoAnswersFor(subject, bundle), ...(lead === undefined ? [] : [lead])]
  return [...new Set(people)].map((person) => ({ person }))
}

const tell = (
  about: Subject,
  notice: AgentNotice['notice'],
  places: readonly Place[],
  key: string,
  notices: LookAfterPorts['notices'],
): Promise<void> =>
  notices.send(
    places.map((to) => ({
      ...{ about, to, notice, group: about },
      deduplicate: `${about}#${key}#${'person' in to ? to.person : to.channel}`.replaceAll(' ', '-').slice(-128),
    })),
  )
