import type { Context } from '../context.ts'
import { readPages } from '../pages.ts'
import { observedWords } from '../policy/observed-words.ts'
import { time } from '../screen.ts'
import type { Surroundings } from '../surroundings.ts'
import { Entries, type Entry } from './answer.ts'

/** The record of a request, the oldest entry first, and the texts beside it. Entries are as they came: their hashes hold. */
export async function readTimeline(
  id: string,
  { api }: Pick<Context, 'api'>,
): Promise<Pick<Entries, 'entries' | 'personal'>> {
  const whole = { limit: Number.POSITIVE_INFINITY, pages: Number.POSITIVE_INFINITY }
  const path = `/v1/requests/${id}/ledger`
  const { items } = await readPages(api, { path }, Entries, (page) => [page], whole)
  return {
    entries: items.flatMap(({ entries }) => entries),
    personal: Object.fromEntries(items.flatMap(({ personal }) => Object.entries(personal))),
  }
}

const commitment = /^sha-256:[A-Za-z0-9_-]{43}$/

/** What people wrote stands beside the entries, which have commitments to it. */
function withTexts({ entries, personal }: Pick<Entries, 'entries' | 'personal'>): Entry[] {
  return entries.map((entry) => {
    const texts = Object.fromEntries(
      (['comment', 'reason', 'note'] as const).flatMap((name) => {
        const value = entry.facts[name]
        if (value === undefined || !commitment.test(value)) return []
        return [[name, personal[entry.id]?.[`/facts/${name}`]?.text ?? '(erased)']]
      }),
    )
    return { ...entry, facts: { ...entry.facts, ...texts } }
  })
}

/** One line an entry. */
export const timelineLines = (
  record: Pick<Entries, 'entries' | 'personal'>,
  surroundings: Pick<Surroundings, 'now' | 'env'>,
): string[] =>
  withTexts(record).map((entry) => {
    const at = (seconds: number | undefined) =>
      seconds === undefined ? '' : time(new Date(seconds * 1000).toISOString(), surroundings)
    const who = entry.actor.type === 'system' ? 'Hotwork' : entry.actor.id
    return `${time(entry.at, surroundings)}  ${who}  ${wordsOf(entry, at)}`
  })

type Facts = Entry['facts']
type At = (seconds: number | undefined) => string

const said = (text: string | undefined): string => (text?.trim() ? `: ${text.trim()}` : '')

const words: { readonly [type: string]: (facts: Facts, at: At) => string } = {
  Submitted: ({ tier }) => `asked, tier ${tier}`,
  StageOpened: ({ stage, deadline }, at) => `${stage} may decide until ${at(deadline)}`,
  Decided: ({ verdict, stage, through, comment, ...facts }) =>
    `${verdict === 'approve' ? 'approved' : 'denied'} as ${stage}${facts.for ? ` for ${facts.for}` : ''}, round ${facts.round}, by ${through}${said(comment)}`,
  StateChanged: ({ round, tier }) =>
    `what is there changed: round ${round}, tier ${tier}; approvals of before do not count`,
  Narrowed: ({ round, tier }) => `narrowed it: round ${round}, tier ${tier}`,
  Commented: ({ stage, comment }) => `commented as ${stage}${said(comment)}`,
  ApprovalDropped: ({ person, stage }) => `the approval of ${person} as ${stage} does not count any more`,
  StageEscalated: ({ stage, to, deadline }, at) => `${stage} was silent: ${to} may decide too, until ${at(deadline)}`,
  Approved: ({ claimBy, notAfter }, at) => `approved: to be claimed by ${at(claimBy)}, over at ${at(notAfter)}`,
  Denied: ({ by, reason }) => `denied by ${by === 'system' ? 'Hotwork' : by}${said(reason)}`,
  Withdrawn: () => 'withdrew it',
  Delegated: ({ to, child, uses }) => `delegated ${uses} of its uses to ${to}, as ${child}`,
  KeyBound: () => 'bound it to its key',
  CredentialIntended: ({ credential, claim }) => `${credential} is to be issued (${claim})`,
  CredentialIssued: ({ credential, claim, expiresAt }, at) =>
    `${credential} was issued (${claim}), good until ${at(expiresAt)}`,
  CredentialRevoked: ({ credential }) => `${credential} was given back`,
  UseBegun: ({ use, tool }) => `${use} was begun on ${tool}`,
  UseEnded: ({ use, outcome, note }) => `${use} ended: ${outcome}${said(note)}`,
  UseReturned: ({ use, reason }) => `${use} was not made and is given back${said(reason)}`,
  Completed: ({ outcome, note }) => `completed: ${outcome}${said(note)}`,
  Revoked: ({ by, reason }) => `revoked by ${by === 'system' ? 'Hotwork' : by}${said(reason)}`,
  Expired: () => 'expired',
  StepOpened: ({ step, child }) => `step ${step} may begin, as ${child}`,
  StepEnded: ({ step, outcome, because }) => `step ${step} ended: ${outcome}${because ? `: ${because}` : ''}`,
  CallsCompared: ({ approved = 0, extraCalls = 0, refused = 0, extra = [] }) =>
    `compared the calls to AWS with what was approved: ${approved} approved, ${refused} refused, ${extraCalls} extra${said(extra.join(', '))}`,
  Refused: ({ attempted, code, count = 1 }) =>
    `was refused: ${attempted} (${code})${count > 1 ? `, ${count} times` : ''}`,
}

/** A newer API may have types that this program does not know. */
function wordsOf({ type, facts }: Entry, at: At): string {
  const told = words[type]?.(facts, at) ?? type
  return facts.observed ? `${told}; ${observedWords(facts.observed)}` : told
}
