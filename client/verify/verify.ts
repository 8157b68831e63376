// Rules: test/client/verify/receipt.test.ts, test/client/verify/log.test.ts
import { basename } from 'node:path'
import { type FoundEntry, flawsOfChains } from '../../functions/domain/anchor/check-entries.ts'
import { partsOfId } from '../../functions/domain/anchor/leaf.ts'
import type { Receipt } from '../../functions/domain/anchor/receipt.ts'
import { checkpointPath } from '../../functions/domain/anchor/tiles.ts'
import { show as print } from '../context.ts'
import { type Exit, exits, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { count, fails, findingsOf, type Verified } from './finding.ts'
import { type PublicKey, readKeys } from './keys.ts'
import { checkCheckpoint, checkEntriesInLog, checkLog, checkReceiptInLog, folderReader, type Log } from './log.ts'
import { addressReader, type LogLogin } from './read-address.ts'
import { type Found, readFound, readText } from './read-file.ts'
import { checkAgainstEntries, checkReceipt } from './receipt.ts'
import { checkTexts } from './texts.ts'

export type VerifyTyped = {
  files: string[]
  keys?: string
  entries?: string
  log?: string
  part: boolean
}

type Around = { surroundings: Surroundings; json: boolean; login: LogLogin }

/**
 * Exits 0 only if every check holds.
 *
 * @throws Refusal for a file that cannot be read; Fault for a log that does not answer
 */
export async function verify(typed: VerifyTyped, { surroundings, json, login }: Around): Promise<Exit> {
  const files = typed.files.map((file) => ({ file, found: readFound(file, surroundings.folder) }))
  const keys = keysFor(files, typed, surroundings)
  const compared = typed.entries === undefined ? undefined : entriesOf(typed.entries, surroundings)
  const beside = compared ? checkTexts(compared.entries, compared.texts ?? {}) : []
  const given = [
    ...(compared?.entries ?? []),
    ...files.flatMap(({ found }) => (found.kind === 'entries' ? found.entries : [])),
  ]
  const logged = typed.log === undefined ? undefined : await readLog(typed.log, keys, surroundings, login)
  const facts = {
    keys,
    log: logged?.log,
    now: Math.floor(surroundings.now().getTime() / 1000),
    part: typed.part,
    ...(compared || given.length > 0 ? { given } : {}),
  }
  const verified = logged ? [logged.verified] : []
  if (typed.entries !== undefined && beside.length > 0)
    verified.push({ file: typed.entries, what: 'texts beside entries', findings: beside, notes: [] })
  const isProof = proofBy(files, typed, facts)
  for (const { file, found } of files)
    verified.push({ file, ...(isProof(file, found) ? await verifyFound(found, facts) : unproved(found)) })
  const all = verified.every(({ findings }) => findings.every((each) => each.holds))
  return print(
    { json, surroundings },
    { holds: all, files: verified },
    () => wordsOf(verified),
    all ? exits.done : exits.denied,
  )
}

type Facts = {
  keys: readonly PublicKey[]
  log: Log | undefined
  now: number
  part: boolean
  given?: readonly FoundEntry[]
}

/**
 * Whether the file proves anything. Its author chooses its kind by its content: a script that expects a receipt must
 * not accept bare entries, which can be forged. Log entries always count, other entries only without keys; a checkpoint
 * is recognized by its file name.
 */
function proofBy(
  files: readonly { found: Found }[],
  { keys, entries, log }: VerifyTyped,
  facts: Facts,
): (file: string, found: Found) => boolean {
  if ((keys ?? entries) === undefined) return () => true
  const subjects = new Set<string | undefined>(
    files.map(({ found }) =>
      found.kind === 'receipt' ? checkReceipt(found.jws, facts.keys, facts.now).receipt?.sub : undefined,
    ),
  )
  return (file, found) =>
    found.kind === 'entries'
      ? found.entries.length > 0 &&
        (log !== undefined || found.entries.every(({ id }) => subjects.has(partsOfId(id)?.aggregate ?? id)))
      : found.kind !== 'checkpoint' || basename(file) === checkpointPath
}

const unproved = ({ kind }: Found): Omit<Verified, 'file'> => ({
  what: kind,
  findings: [
    fails(
      'file',
      kind === 'checkpoint'
        ? 'it is not a receipt: a checkpoint has the name `checkpoint`'
        : 'it is not a receipt, and no receipt beside it is of all its entries: entries by themselves need `--log`, or no `--keys` and no `--entries`',
    ),
  ],
  notes: [],
})

async function verifyFound(found: Found, facts: Facts): Promise<Omit<Verified, 'file'>> {
  switch (found.kind) {
    case 'receipt':
      return verifyReceipt(found.jws, facts)
    case 'checkpoint':
      return { what: 'a checkpoint', findings: [checkCheckpoint(found.note, facts.keys).finding], notes: [] }
    case 'entries':
      return verifyEntries(found, facts)
    case 'log':
      return { what: 'a log', findings: (await checkLog(folderReader(found.folder), facts.keys)).findings, notes: [] }
    case 'unknown':
      return {
        what: 'unknown',
        findings: [fails('file', `it is not a receipt, checkpoint, log or list of entries: ${found.why}`)],
        notes: [],
      }
    default:
      return found satisfies never
  }
}

function verifyReceipt(jws: string, { keys, now, given, log }: Facts): Omit<Verified, 'file'> {
  const { receipt, checkpoint, findings } = checkReceipt(jws, keys, now)
  if (!receipt) return { what: 'a receipt', findings, notes: [] }
  const more = [
    ...(given ? checkAgainstEntries(receipt, given) : []),
    ...(log && checkpoint ? [checkReceiptInLog(receipt, checkpoint, log)] : []),
  ]
  const isSigned = findings[0]?.holds === true
  return {
    what: `a receipt of ${receipt.sub}`,
    findings: [...findings, ...more],
    notes: [
      ...(isSigned ? wordsOfReceipt(receipt) : ['its content counts for nothing: its signature is invalid']),
      ...(given ? [] : ['--entries compares it with the entries themselves']),
      ...(log ? [] : ['--log compares it with all that the notary signed']),
    ],
  }
}

const wordsOfReceipt = (receipt: Receipt): string[] => [
  `it says: ${receipt.agent} of ${receipt.owner} asked for ${receipt.action} on ${receipt.resource.id}, tier ${receipt.tier}`,
  ...receipt.decisions.map(
    ({ person, for: absent, verdict, stage, at }) =>
      `it says: ${person}${absent === undefined ? '' : ` for ${absent}`} ${verdict === 'approve' ? 'approved' : 'denied'} as ${stage} at ${at}`,
  ),
  `it says: ${count(receipt.credentials.length, 'credential')}, ${count(receipt.uses.length, 'use')}, ${receipt.status}${receipt.outcome === null ? '' : `, ${receipt.outcome}`}`,
]

function verifyEntries(
  { entries, texts = {} }: Extract<Found, { kind: 'entries' }>,
  { log, part }: Facts,
): Omit<Verified, 'file'> {
  const chains = new Set(entries.map(({ id }) => partsOfId(id)?.aggregate ?? id))
  const flaws = flawsOfChains(entries, { part })
  const words = `${count(chains.size, 'chain')}, ${count(entries.length, 'entry', 'entries')}: each hash holds, and each names the one before`
  return {
    what: count(entries.length, 'entry', 'entries'),
    findings: [
      ...findingsOf('entries', flaws, words),
      ...checkTexts(entries, texts),
      ...(log ? checkEntriesInLog(entries, log, part) : []),
    ],
    notes: [
      ...(flaws.some(({ flaw }) => flaw === 'missing') ? ['a selection leaves entries out: --part accepts that'] : []),
      ...(log ? [] : ['--log compares them with all that the notary signed: a whole chain may have been forged']),
    ],
  }
}

async function readLog(
  place: string,
  keys: readonly PublicKey[],
  surroundings: Surroundings,
  login: LogLogin,
): Promise<{ log: Log | undefined; verified: Verified }> {
  const isAddress = /^https?:\/\//.test(place)
  const found = isAddress ? undefined : readFound(place, surroundings.folder)
  if (found && found.kind !== 'log')
    throw wrongUsage(
      `${place}: it is not a folder`,
      'name the folder of a log, which has its `checkpoint`, or its address',
    )
  const read = found ? folderReader(found.folder) : addressReader(place, surroundings, login)
  const { log, findings } = await checkLog(read, keys)
  return { log, verified: { file: place, what: 'a log', findings, notes: [] } }
}

function entriesOf(file: string, { folder }: Surroundings): Extract<Found, { kind: 'entries' }> {
  const found = readFound(file, folder)
  if (found.kind === 'entries') return found
  const why = found.kind === 'unknown' ? found.why : `it is a ${found.kind}`
  throw wrongUsage(
    `${file}: it has no entries (${why})`,
    'name a file that `hotwork ledger export --format ndjson` wrote',
  )
}

function keysFor(
  files: readonly { found: Found }[],
  { keys, log }: VerifyTyped,
  { folder }: Surroundings,
): readonly PublicKey[] {
  if (keys !== undefined) return readKeys(readText(keys, folder) ?? '', keys)
  if (log === undefined && files.every(({ found: { kind } }) => kind === 'entries' || kind === 'unknown')) return []
  throw wrongUsage(
    '`--keys` is missing: the keys to verify signatures with',
    'save `/.well-known/jwks.json` of your Hotwork, and name that file',
  )
}

const wordsOf = (all: readonly Verified[]): string[] => {
  const findings = all.flatMap((each) => each.findings)
  const wrong = findings.filter((each) => !each.holds)
  return [
    ...all.flatMap(({ file, what, findings, notes }) => [
      `${file}: ${what}`,
      ...findings.map(({ check, holds, words }) => `  ${holds ? 'holds' : 'WRONG'}  ${check.padEnd(10)}  ${words}`),
      ...notes.map((note) => `         ${note}`),
      '',
    ]),
    wrong.length === 0 ? 'everything is valid' : `${wrong.length} of ${findings.length} checks fail`,
  ]
}
