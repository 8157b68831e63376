// Rules: test/channels/slack/cards/burst.test.ts
import { BurstClick, burstKey, clickLasts, type Member, mayBeInBulk } from '../../domain/cards/burst.ts'
import { channelsIn } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { asOf } from '../../domain/requests/due.ts'
import { type Digest, defined, ok, type PersonId, refuse, type Verdict } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { OnceOnly, Queue } from '../ports.ts'
import type { ReaderPorts } from '../previews/read-again.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { decideRequest, foreseeDecision } from '../requests/decide-request.ts'
import type { BurstMessage, BurstStore } from './ports.ts'

export type BurstAsk = {
  person: PersonId
  verdict: Verdict
  key: Digest
  generation: number
  list: Digest
  /** The alias of the clicked chat. */
  chat: string
  once: OnceOnly
}
/** The number of requests to decide; or a refusal, with the request that caused it, if any. */
type Accepted = { ok: true; value: number } | NotAccepted
type NotAccepted = { ok: false; code: Refusal; detail?: string; state?: ApprovalRequest }

type AcceptPorts = DecidingPorts &
  ReaderPorts & {
    bursts: Pick<BurstStore, 'load'>
  }

/**
 * Accepts exactly the list on the card, from a person whose decision on the first request would be accepted. It only
 * records the click, once; the table's stream hands it to `decideBurst`.
 * @throws StoreUnavailable
 */
export async function acceptBurst(ask: BurstAsk, ports: AcceptPorts): Promise<Accepted> {
  const { person, verdict, key, generation, list, chat, once } = ask
  const refused = refuseOnRecord(person, `${verdict}_all`, ports)
  const posted = (await ports.bursts.load(key)).find((each) => each.generation === generation)
  const channels = channelsIn(ports.policy.bundle.deployment)
  if (!posted || (posted.fallbackIn ?? channels[posted.kind.channel]?.chat) !== chat) return refused('unknown_request')
  if (posted.list !== list) return refused('stale_digest')
  if (verdict === 'approve' && posted.cut) return refused('not_shown_in_full')
  const { shown, kind } = posted
  const now = ports.clock.now()
  const states = (await ports.requests.loadMany(shown.map(({ id }) => id))).map(({ state }) => asOf(state, now))
  const waiting = new Map(states.filter(({ status }) => status === 'pending').map((state) => [state.ask.id, state]))
  const first = shown.find(({ id }) => waiting.has(id))
  if (!first) return refused('already_settled')
  if (![...waiting.values()].every(mayBeInBulk)) return refused('not_in_bulk')

  const { id, round, digest } = first
  const one = {
    id,
    person,
    verdict,
    round,
    digest,
    through: 'chat',
    login: {},
    seen: posted.rendered,
    burst: list,
  } as const
  const foreseen = await foreseeDecision(one, ports)
  if (!foreseen.ok) {
    // Records the refusal as an entry of the request.
    const done = await decideRequest(one, ports)
    const { code, detail } = done.ok ? foreseen : done
    return { ...refuse(code, detail), ...defined({ state: foreseen.state }) }
  }
  const click: BurstClick = {
    person,
    verdict,
    at: now,
    kind,
    generation,
    members: [...shown],
    list,
    seen: posted.rendered,
  }
  const recorded = {
    key: clickKey(once),
    value: JSON.stringify(click),
    expiresAt: Math.max(once.expiresAt, now + 8 * clickLasts),
  }
  if (!(await ports.requests.putOnce(recorded))) return refused('replayed')
  ports.log.info('burst_accepted', { verdict, by: person, members: shown.length })
  return ok(waiting.size)
}

/** The key of a click. Its prefix distinguishes it from other once-only keys in the stream. */
const clickKey = ({ key }: OnceOnly): string => `CLICK#${key.replace(/^SEEN#/, '')}`

type Ports = DecidingPorts & ReaderPorts & { draws: Queue<BurstMessage> }

const side = 5

/**
 * Decides each request by the operation that a click on its own card calls. A retry skips requests that this person
 * has decided.
 * @throws StoreUnavailable, StaleRequest, and faults of the queue
 */
export async function decideBurst(key: string, ports: Ports): Promise<void> {
  const { requests, clock, draws, log } = ports
  const recorded = await requests.recall(key)
  const parsed = BurstClick.safeParse(recorded === undefined ? undefined : JSON.parse(recorded))
  if (!parsed.success) throw new TypeError('no click is on record under that key')
  const click = parsed.data
  const tooLate = clock.now() > click.at + clickLasts
  // A click from before a halt of the person is void, also after the halt was lifted.
  const isVoid = click.verdict === 'approve' && (await isStopped(click.person, ports, { at: click.at }))
  const refused: { id: Member['id']; code: Refusal }[] = []
  for (let from = 0; from < click.members.length; from += side) {
    const some = click.members.slice(from, from + side)
    const codes = await Promise.all(
      some.map((member) => (tooLate ? 'expired' : decideOne(member, { ...click, isVoid }, ports))),
    )
    for (const [index, code] of codes.entries()) {
      const member = some[index]
      if (member && code !== undefined) refused.push({ id: member.id, code })
    }
  }
  const { person, verdict, kind, generation, members } = click
  const outcome = { person, verdict, at: clock.now(), decided: members.length - refused.length, refused, generation }
  await draws.send([{ burst: kind, outcome, group: burstKey(kind), deduplicate: key.slice(-128) }])
  log.info('burst_decided', { verdict, by: person, decided: outcome.decided, refused: refused.length })
}

/** Undefined if it was decided. */
async function decideOne(
  member: Member,
  { isVoid, ...click }: BurstClick & { isVoid: boolean },
  ports: Ports,
): Promise<Refusal | undefined> {
  const { person, verdict, list: burst, seen } = click
  const before = await ports.requests.load(member.id)
  if (before && hasDecided(before.state, click)) return undefined
  if (isVoid) return 'not_permitted'
  const done = await decideRequest(
    { ...member, person, verdict, through: 'chat', login: {}, burst, ...defined({ seen }) },
    ports,
  )
  return done.ok ? undefined : done.code
}

const hasDecided = ({ stages }: ApprovalRequest, { person, verdict }: BurstClick): boolean =>
  stages.some(({ decisions }) => decisions.some((each) => each.person === person && each.verdict === verdict))
