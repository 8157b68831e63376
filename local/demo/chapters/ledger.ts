// Rules: test/local/demo-ledger.test.ts
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findBreak } from '../chain.ts'
import { finding } from '../findings.ts'
import type { Entry } from '../person.ts'
import type { Report } from '../report.ts'
import type { World } from '../world.ts'

/** The members to compare with the API's view. */
interface Replayed {
  state?: { status: string; round: number; tier: number; ask: { digest: string }; stages: unknown[] }
  broken?: { at: string; why: string }
}

const verifier = join(import.meta.dirname, '../../../functions/bin/verify-ledger.ts')

/** Replays entries through Hotwork's reducer in a separate process, since `local` imports no functions. */
export async function replay(aggregate: string, entries: Entry[]): Promise<Replayed> {
  const child = spawn(process.execPath, [verifier], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ aggregate, entries }))
  return JSON.parse(await text(child.stdout)) as Replayed
}

/** Verifies a ledger in two ways, and prints it for people. */
export async function tellLedger({ report, reader }: World, requestId: string): Promise<void> {
  const entries = await report.expect('a person reads the whole record through the API', async () => {
    const entries = await reader.ledger(requestId)
    const types = entries.map(({ type }) => type)
    const asked = entries[0]?.facts['tier'] !== 0 // At tier 0 policy approves without people.
    const wanted = ['Submitted', ...(asked ? ['Decided'] : []), 'Approved', 'CredentialIssued', 'Completed']
    return finding(
      wanted.every((type) => types.includes(type)),
      `${entries.length} entries, from ${types[0]} to ${types.at(-1)}`,
      entries,
    )
  })
  await report.expect('the chain holds by the published rule (RFC 8785, SHA-256)', async () => {
    const broken = findBreak(requestId, entries)
    return finding(broken === undefined, broken ?? `every hash recomputed; the last is ${entries.at(-1)?.hash}`)
  })
  await report.expect('one changed character anywhere would show', async () => {
    const forged = structuredClone(entries)
    const approved = forged.findLast(({ type }) => type === 'Decided' || type === 'Approved')
    if (approved) approved.actor.id = 'person:chloe'
    return finding(findBreak(requestId, forged) !== undefined, `with another approver: ${findBreak(requestId, forged)}`)
  })
  await report.expect('replayed by the production reducer, the entries make the state that the API shows', async () => {
    const { state, broken } = await replay(requestId, entries)
    if (!state) return finding(false, `broken at ${broken?.at}: ${broken?.why}`)
    const shown = await reader.request(requestId)
    const same = (['status', 'round', 'tier'] as const).every((member) => state[member] === shown[member])
    const held = same && state.ask.digest === shown.digest && state.stages.length === shown.stages.length
    return finding(held, `replayed: ${state.status}, tier ${state.tier}, ${state.ask.digest}; the API: ${shown.status}`)
  })
  tellEntries(report, entries)
}

function tellEntries(report: Report, entries: readonly Entry[]): void {
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

/** The first facts of an entry, in the order of printing. */
const firstFacts = (
  'tier decideBy attempted code verdict stage through deadline claimBy claim expiresAt ' +
  'uses to child tool outcome note by reason'
).split(' ')

/** Words such as `tier 2, decide by 08:30:00Z`. Names of times end in `At` or `By`, or are `deadline`. */
function describeFacts({ type, facts, policies }: Entry): string {
  const told = firstFacts.filter((name) => ['string', 'number'].includes(typeof facts[name]))
  const said = told.map((name) => {
    const fact = facts[name]
    const isTime = typeof fact === 'number' && /(By|At|deadline)$/.test(name)
    const value = isTime ? `${new Date(fact * 1000).toISOString().slice(11, 19)}Z` : String(fact).slice(0, 60)
    return `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${value}`
  })
  return [...said, ...(type === 'Decided' ? policies.slice(0, 1) : [])].join(', ')
}
