import { BurstPress, burstKey, type Member, pressLasts } from '../domain/cards/burst.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import { decideRequest } from './decide-request.ts'
import { isStopped } from './find-halt.ts'
import type { BurstMessage, DecidingPorts, Queue } from './ports.ts'

type Ports = Omit<DecidingPorts, 'ids'> & { draws: Queue<BurstMessage> }

/** So many are decided side by side. */
const side = 5

/**
 * Carries out a press that is on record: each of its list is decided by itself, with its own digest and round, by the same
 * operation as a press on its own card, and has its own entry. What cannot be decided is told on the card, with why. As
 * often as it must: what this person has decided is not decided again.
 *
 * @throws StoreUnavailable, StaleRequest, and whatever the queue throws
 */
export async function decideBurst(key: string, ports: Ports): Promise<void> {
  const { requests, clock, draws, log } = ports
  const recorded = await requests.recall(key)
  const parsed = BurstPress.safeParse(recorded === undefined ? undefined : JSON.parse(recorded))
  if (!parsed.success) throw new TypeError('no press is on record under that key')
  const press = parsed.data
  const tooLate = clock.now() > press.at + pressLasts
  // A click from before a halt of the person counts no more, also where it is worked off after the halt was lifted.
  const isVoid = press.verdict === 'approve' && (await isStopped(press.person, ports, press.at))
  const refused: { id: Member['id']; code: Refusal }[] = []
  for (let from = 0; from < press.members.length; from += side) {
    const some = press.members.slice(from, from + side)
    const codes = await Promise.all(
      some.map((member) => (tooLate ? 'expired' : decideOne(member, { ...press, isVoid }, ports))),
    )
    for (const [index, code] of codes.entries()) {
      const member = some[index]
      if (member && code !== undefined) refused.push({ id: member.id, code })
    }
  }
  const { person, verdict, kind, generation, members } = press
  const outcome = { person, verdict, at: clock.now(), decided: members.length - refused.length, refused, generation }
  await draws.send([{ burst: kind, outcome, group: burstKey(kind), deduplicate: key.slice(-128) }])
  log.info('burst decided', { verdict, by: person, decided: outcome.decided, refused: refused.length })
}

/** Why it was not decided, or nothing where it was: now, or when this was done before. */
async function decideOne(
  member: Member,
  { isVoid, ...press }: BurstPress & { isVoid: boolean },
  ports: Ports,
): Promise<Refusal | undefined> {
  const { person, verdict, list: burst, seen } = press
  const before = await ports.requests.load(member.id)
  if (before && hasDecided(before.state, press)) return undefined
  if (isVoid) return 'not_permitted'
  const done = await decideRequest(
    { ...member, person, verdict, through: 'slack', login: {}, burst, ...(seen === undefined ? {} : { seen }) },
    ports,
  )
  return done.ok ? undefined : done.code
}

const hasDecided = ({ stages }: ApprovalRequest, { person, verdict }: BurstPress): boolean =>
  stages.some(({ decisions }) => decisions.some((each) => each.person === person && each.verdict === verdict))
