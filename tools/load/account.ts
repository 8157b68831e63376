import { isDeepStrictEqual } from 'node:util'
import { deniesOf } from '../../functions/domain/credentials/denies.ts'
import { type Entry, verify } from '../../functions/domain/ledger/ledger.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import type { RequestId } from '../../functions/domain/values.ts'
import type { SlackScreen } from '../meter/slack-screen.ts'
import type { Run } from './drive.ts'
import type { Facts } from './facts.ts'
import type { Life } from './lives.ts'
import { fates } from './plan.ts'

/** A rule, the number of things it was asked of, and each that breaks it. */
export type Finding = { rule: string; asked: number; broken: readonly string[] }

type Known = { id: string; life: Life | undefined; state: ApprovalRequest; entries: readonly Entry[] }

/** Seconds. */
const restsWithin = 60

export function takeAccount(lives: readonly Life[], screen: SlackScreen, facts: Facts, run: Run): Finding[] {
  const byId = new Map(lives.flatMap((life) => (life.id ? [[life.id, life] as const] : [])))
  const known = [...facts.stored].map(([id, { state }]) => {
    return { id, life: byId.get(id), state, entries: facts.entries.get(id) ?? [] }
  })
  return [
    ...ofAnswers(lives, known, facts),
    ...ofRecords(known, facts),
    ...ofGrants(known, facts),
    ...ofCards(known, screen, facts),
    ...ofRest(run, facts),
  ]
}

/** @param judge returns the fault of one, or undefined */
function rule<T>(words: string, all: Iterable<T>, judge: (one: T) => string | undefined | false): Finding {
  const asked = [...all]
  return { rule: words, asked: asked.length, broken: asked.flatMap((one) => judge(one) || []) }
}

function ofAnswers(lives: readonly Life[], known: readonly Known[], { stored }: Facts): Finding[] {
  const accepted = lives.filter(({ outcome }) => outcome === 'accepted')
  return [
    rule(
      'each submission was answered',
      lives,
      ({ n, outcome, code }) => outcome !== 'accepted' && outcome !== 'refused' && `${n}: ${code ?? 'nothing yet'}`,
    ),
    rule(
      'only what policy forbids was refused',
      lives,
      ({ n, fate, outcome, code }) =>
        (outcome === 'refused') !== (fate === 'forbidden') && outcome !== 'unanswered' && `${n}: ${code}`,
    ),
    rule('each accepted request is there', accepted, ({ id = '' }) => !stored.has(id) && id),
    rule('no request is there that was not asked, and none twice', known, ({ id, life }) => !life && id),
    rule(
      'each agent came to the end of what it wanted',
      accepted,
      ({ id, ended, fate, code }) => !ended && `${id} (${fate}): ${code ?? 'still at it'}`,
    ),
    rule(
      'each has settled, or waits, as its people and its agent wanted',
      known,
      ({ id, life, state }) =>
        life?.ended && state.status !== fates[life.fate] && `${id}: ${state.status}, not ${fates[life.fate]}`,
    ),
  ]
}

function ofRecords(known: readonly Known[], { stored, differences }: Facts): Finding[] {
  return [
    rule('each ledger verifies, and its reducer makes the state that is stored', known, ({ id, state, entries }) => {
      const { state: made, broken } = verify(id, entries)
      if (broken) return `${id}: ${broken.why} at ${broken.at}`
      if (stored.get(id)?.head.sequence !== entries.length) return `${id}: the head is not the last entry`
      return !isDeepStrictEqual(plain(made), plain(state)) && `${id}: another state`
    }),
    rule(
      'the log has each entry, and nothing else',
      [differences],
      (found) => found.length > 0 && JSON.stringify(found),
    ),
  ]
}

const plain = (state: unknown): unknown => JSON.parse(JSON.stringify(state))

function ofGrants(known: readonly Known[], { executions, waiting, denies }: Facts): Finding[] {
  const count = ({ entries }: Known, type: string) => entries.filter((entry) => entry.type === type).length
  const now = Math.floor(Date.now() / 1000)
  return [
    rule(
      'each was submitted once, and granted once at most',
      known,
      (each) => (count(each, 'Submitted') !== 1 || count(each, 'Approved') > 1) && each.id,
    ),
    rule('no person decided a stage twice', known, ({ id, entries }) => {
      const acts = entries
        .filter(({ type }) => type === 'Decided')
        .map(({ actor, facts }) => `${actor.id} ${facts['stage']} ${facts['round']}`)
      return new Set(acts).size < acts.length && `${id}: ${acts.join(', ')}`
    }),
    rule(
      'of each kind one credential at most is live',
      known,
      ({ id, entries }) => twoLive(entries) && `${id}: ${twoLive(entries)}`,
    ),
    rule(
      'no use was made more than was granted',
      known,
      (each) => count(each, 'UseBegun') > each.state.ask.uses && each.id,
    ),
    rule('each agent has what its record says it was given', known, ({ id, life, entries }) => {
      // AWS credentials count as a use too, and no tool begins it.
      const uses = entries.filter(({ type, actor }) => type === 'UseBegun' && actor.type === 'tool').length
      return life?.ended && life.uses !== uses && `${id}: ${life.uses} uses, ${uses} on record`
    }),
    rule(
      'each has one workflow at most, which runs while people are asked and has ended then',
      known,
      ({ id, state }) => {
        const statuses = executions.get(id) ?? []
        if (statuses.length > 1) return `${id}: ${statuses.join(', ')}`
        const [status] = statuses
        if (state.status !== 'pending')
          return status !== undefined && status !== 'SUCCEEDED' && `${id}: ${state.status}, its workflow ${status}`
        return status !== 'RUNNING' && `${id}: ${state.status}, its workflow ${status ?? 'is not there'}`
      },
    ),
    rule(
      'each that waits for people has one open wait',
      known,
      ({ id, state }) => state.status === 'pending' && waiting.get(id) !== 1 && `${id}: ${waiting.get(id) ?? 0}`,
    ),
    rule(
      'each AWS session of what has ended is denied',
      known,
      ({ id, state }) =>
        [...deniesOf(state, now)].some(([role, wanted]) =>
          wanted.some(({ value }) => !denies.get(role)?.some((deny) => deny.value === value)),
        ) && id,
    ),
  ]
}

/** The kind of a second credential issued beside a live first one. */
function twoLive(entries: readonly Entry[]): string | undefined {
  const live = new Map<unknown, unknown>()
  for (const { type, facts } of entries) {
    if (type === 'CredentialRevoked') for (const [claim, id] of live) if (id === facts['credential']) live.delete(claim)
    if (type !== 'CredentialIssued') continue
    const before = live.get(facts['claim'])
    if (before !== undefined && facts['replaces'] !== before) return String(facts['claim'])
    live.set(facts['claim'], facts['credential'])
  }
  return undefined
}

function ofCards(known: readonly Known[], screen: SlackScreen, { cards, messages, stored }: Facts): Finding[] {
  const message = new Map(messages.map((each) => [`${each.channel} ${each.ts}`, each]))
  const own = Map.groupBy(
    cards.filter(({ isBurst }) => !isBurst),
    ({ requests }) => requests[0] as string,
  )
  const inBurst = new Set(cards.filter(({ isBurst }) => isBurst).flatMap(({ requests }) => requests))
  const inChannel = (id: string) => own.get(id)?.filter(({ channel }) => !channel?.startsWith('D')) ?? []
  const asked = known.filter(({ state }) => state.stages.length > 0 && state.status !== 'withdrawn')
  return [
    rule(
      'each that people were asked has its card, or is on that of its burst',
      asked,
      ({ id }) => inChannel(id).length === 0 && !inBurst.has(id as RequestId) && id,
    ),
    rule(
      'each card is in Slack',
      cards,
      ({ channel, ts, requests }) => !message.has(`${channel} ${ts}`) && `${requests[0]}: ${channel} ${ts}`,
    ),
    rule(
      'no request has two cards of its own, but where the answer to the first was lost',
      screen.posted,
      ([id, { times, lost }]) => times > 1 + lost && `${id}: posted ${times} times, ${lost} answers lost`,
    ),
    rule('each card in Slack is of a request on record', screen.posted, ([id]) => !stored.has(id) && id),
    rule(
      'no card of a settled request asks for a decision',
      known,
      ({ id, state }) =>
        state.status !== 'pending' &&
        inChannel(id).some(({ channel, ts }) =>
          /"action_id":"(approve|deny)"/.test(JSON.stringify(message.get(`${channel} ${ts}`)?.blocks ?? '')),
        ) &&
        `${id}: ${state.status}`,
    ),
  ]
}

function ofRest({ livesEnded, emptied, dead }: Run, _: Facts): Finding[] {
  const late = emptied === undefined ? undefined : Math.max(0, Math.round((emptied - livesEnded) / 1000))
  return [
    rule(
      `all queues are empty within ${restsWithin} s after the last agent had what it wanted`,
      [late],
      (seconds) =>
        (seconds === undefined || seconds > restsWithin) && (seconds === undefined ? 'never' : `after ${seconds} s`),
    ),
    rule(
      'no message ended among the dead letters',
      dead,
      ({ name, messages }) => messages > 0 && `${name}: ${messages}`,
    ),
  ]
}
