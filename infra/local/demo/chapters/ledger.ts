import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findBreak } from '../chain.ts'
import type { Entry } from '../person.ts'
import { finding, type Report } from '../report.ts'
import type { World } from '../world.ts'

/** The state that entries make, as far as it is compared with what the API says. */
interface Replayed {
  state?: { status: string; round: number; tier: number; ask: { digest: string }; stages: unknown[] }
  broken?: { at: string; why: string; until?: number }
  /** The logins that decisions rest on, each verified again. */
  logins?: { entry: string; person?: string; key?: string }[]
}

const verifier = join(import.meta.dirname, '../../../../functions/bin/verify-ledger.ts')

/** Replays a request's entries through Hotwork's own reducer, in a process of its own: infra imports no functions. */
export async function replay(aggregate: string, entries: Entry[]): Promise<Replayed> {
  const child = spawn(process.execPath, [verifier], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ aggregate, entries }))
  return JSON.parse(await text(child.stdout)) as Replayed
}

/** The record of the story: fetched through the API, verified twice over, and told so that a person can follow it. */
export async function tellLedger({ report, reader }: World, requestId: string): Promise<void> {
  const entries = await report.expect('a person reads the whole record through the API', async () => {
    const entries = await reader.ledger(requestId)
    const types = entries.map(({ type }) => type)
    const asked = entries[0]?.facts['tier'] !== 0 // At tier 0 policy approves, and no person decides.
    const wanted = ['Submitted', ...(asked ? ['Decided'] : []), 'Approved', 'CredentialIssued', 'Completed']
    return finding(
      wanted.every((type) => types.includes(type)),
      `${entries.length} entries, from ${types[0]} to ${types.at(-1)}`,
      entries,
    )
  })
  await report.expect(
    'the chain holds by the published rule: RFC 8785, SHA-256, each entry over the one before',
    async () => {
      const broken = findBreak(requestId, entries)
      return finding(broken === undefined, broken ?? `every hash recomputed; the last is ${entries.at(-1)?.hash}`)
    },
  )
  await report.expect('one changed character anywhere would show', async () => {
    const forged = structuredClone(entries)
    const approved = forged.findLast(({ type }) => type === 'Decided' || type === 'Approved')
    if (approved) approved.actor.id = 'person:chloe'
    return finding(findBreak(requestId, forged) !== undefined, `with another approver: ${findBreak(requestId, forged)}`)
  })
  await report.expect(
    'replayed through the production reducer, the entries make exactly the state that the API shows',
    async () => {
      const { state, broken } = await replay(requestId, entries)
      if (!state) return finding(false, `broken at ${broken?.at}: ${broken?.why}`)
      const shown = await reader.request(requestId)
      const held =
        state.status === shown.status &&
        state.round === shown.round &&
        state.tier === shown.tier &&
        state.ask.digest === shown.digest &&
        state.stages.length === shown.stages.length
      return finding(
        held,
        `replayed: ${state.status}, tier ${state.tier}, ${state.ask.digest}; the API: ${shown.status}`,
      )
    },
  )
  tellEntries(report, entries)
}

/** A record as a table: who, on whose behalf, and what happened. */
export function tellEntries(report: Report, entries: readonly Entry[]): void {
  const rows = entries.map((entry) => [
    entry.id.split('/').at(-1) ?? '',
    entry.at.slice(11, 19),
    [entry.actor.id, ...(entry.actor.chain ?? [])].join(' for '),
    entry.type,
    describeFacts(entry),
    entry.hash.slice(8, 16),
  ])
  report.table([['', 'UTC', 'who', 'what happened', 'more', 'hash'], ...rows])
}

/** The facts of an entry that a reader wants to see first. */
function describeFacts({ type, facts, policies }: Pick<Entry, 'type' | 'facts' | 'policies'>): string {
  const fact = (name: string) => String(facts[name] ?? '')
  const time = (name: string) =>
    typeof facts[name] === 'number' ? `${new Date(facts[name] * 1000).toISOString().slice(11, 19)}Z` : ''
  switch (type) {
    case 'Submitted':
      return `tier ${fact('tier')}, to be decided by ${time('decideBy')}`
    case 'StageOpened':
      return `${fact('stage')}, until ${time('deadline')}`
    case 'Decided':
      return `${fact('verdict')} for ${fact('stage')}, through ${fact('through')} (${policies[0] ?? 'no policy'})`
    case 'Approved':
      return `to be claimed by ${time('claimBy')}`
    case 'CredentialIntended':
      return fact('claim')
    case 'CredentialIssued':
      return `${fact('claim')}, dead at ${time('expiresAt')} at the latest`
    case 'Delegated':
      return `${fact('uses')} use to ${fact('to')}, as ${fact('child')}`
    case 'UseBegun':
      return `with ${fact('tool')}`
    case 'Completed':
    case 'UseEnded':
      return `${fact('outcome')}${facts['note'] === undefined ? '' : `: ${fact('note').slice(0, 60)}`}`
    case 'Refused':
      return `${fact('attempted')}: ${fact('code')}`
    case 'Denied':
    case 'Revoked':
      return `by ${fact('by')}${facts['reason'] === undefined ? '' : `: ${fact('reason')}`}`
    default:
      return ''
  }
}
