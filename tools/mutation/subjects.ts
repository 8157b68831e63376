/** Folders in the order of their importance. `domain` and `operations` are the files directly in them. */
export const subjects: readonly string[] = [
  ...[
    'domain/requests',
    'domain/record',
    'domain/deciding',
    'domain/credentials',
    'domain/halts',
    'domain/uses',
    'domain/break-glass',
    'domain/delegation',
  ],
  ...['domain', 'operations'],
  ...[
    'operations/credentials',
    'operations/uses',
    'operations/requests',
    'operations/registry',
    'operations/record',
    'operations/halts',
    'operations/break-glass',
  ],
  ...['domain/policy', 'domain/permits', 'domain/agents', 'domain/people', 'domain/ledger', 'domain/anchor'],
  ...['operations/policy', 'operations/delegation', 'operations/permits', 'operations/people', 'operations/agents'],
  ...['operations/anchor', 'operations/ledger', 'operations/events', 'operations/previews', 'domain/previews'],
  ...[
    'domain/events',
    'domain/cards',
    'domain/cards/wire',
    'operations/cards',
    'policy-tools/change',
    'policy-tools/replay',
    'policy-tools/proof',
  ],
]

/** Tests of other subjects that test a folder's rules. */
const alsoHeldBy: { readonly [subject: string]: readonly string[] } = {
  'domain/cards': [
    ...[
      'channels/slack/cards/card',
      'channels/slack/cards/opening-view',
      'channels/slack/cards/request-view',
      'channels/slack/cards/routing',
    ],
    ...[
      'channels/slack/home/home-view',
      'http/plan-page',
      'http/tier-section',
      'http/timeline-picture',
      'operations/requests',
    ],
  ],
  'domain/cards/wire': ['client/requests', 'http'],
  'domain/deciding': ['operations/requests', 'operations/policy', 'policies/fail-closed'],
  'domain/events': ['client/streams'],
  'domain/halts': ['handlers/transmitters/receive-signal', 'operations/events', 'operations/credentials/introspection'],
  'domain/ledger': ['operations/anchor', 'operations/halts'],
  'domain/people': ['policies/identities'],
  'domain/policy': [
    ...['operations/requests', 'http/plan', 'http/tier-section'],
    ...['policies/explain', 'policies/fail-closed', 'policies/ladder'],
  ],
  'policy-tools/change': ['policies/changes/diff', 'policies/changes/diff-files', 'policies/changes/file-examples'],
  'policy-tools/proof': ['policies/changes/prove', 'policies/changes/prove-tools'],
  'domain/uses': ['policies/usage'],
  'operations/agents': ['http/agents-page'],
  'operations/break-glass': ['http/break-glass-pages', 'channels/slack/forms/break-glass-form'],
  'operations/cards': [
    ...[
      'channels/slack/cards/burst',
      'channels/slack/cards/burst-desk',
      'channels/slack/cards/opening-desk',
      'channels/slack/cards/routing',
    ],
    'channels/slack/edge/outage',
  ],
  'operations/credentials': ['client/deferred-token'],
  'operations/events': ['client/streams', 'operations/requests/hand-on'],
  'operations/halts': ['http/halts-page', 'handlers/transmitters/receive-signal'],
  'operations/ledger': ['http/search-ledger'],
  'operations/people': ['http/check-logins', 'channels/slack/forms/stand-in-form'],
  'operations/permits': ['http/permit-view', 'channels/slack/forms/permit-button'],
  'operations/policy': [
    ...['http/tier-section', 'operations/people', 'operations/delegation', 'operations/permits', 'policies/explain'],
    ...['operations/halts/halts', 'operations/halts/halt-order', 'operations/agents/recertify'],
    ...['operations/requests/plan', 'operations/requests/story', 'operations/requests/asking-terms'],
    ...['operations/previews/drift', 'operations/previews/plan-previews', 'channels/slack/forms/ask-on-behalf'],
  ],
  'policy-tools/replay': ['policies/changes/diff', 'policies/replay'],
  'operations/record': ['operations/requests', 'operations/halts'],
  'operations/requests': [
    'http/pages',
    'http/plan',
    'http/plan-page',
    'handlers/people/read-requests',
    'operations/ledger',
  ],
  'operations/uses': ['handlers/people/read-requests'],
}

/** @returns the folders of `test/`, or files without their ending, with the tests of a subject */
export function testsOf(subject: string): readonly string[] {
  const [layer, name] = subject.split('/')
  if (name === undefined) return [subject]
  const own =
    layer === 'policy-tools' ? [] : layer === 'domain' ? ['domain', `operations/${name}`] : [subject, `domain/${name}`]
  return [...own, ...(alsoHeldBy[subject] ?? [])]
}

/** @param file such as `functions/domain/uses/call.ts` */
export function subjectOf(file: string): string {
  return file
    .replace(/^functions\//, '')
    .split('/')
    .slice(0, -1)
    .join('/')
}

export const usage = `Usage: npm run test:mutation -- [--minutes 60] [FOLDER...]   such as domain/uses; without one, all
       npm run test:mutation -- [--minutes 60] --part 2/8   every eighth folder, from the second

${subjects.join(', ')}`

export type Choice = { readonly folders: readonly string[]; readonly minutes?: number }

/** @returns undefined for unknown arguments: a folder without code would get an empty score */
export function chooseSubjects(typed: readonly string[]): Choice | undefined {
  const [, minutes, rest] = /^(?:--minutes (\d+) ?)?(.*)$/.exec(typed.join(' ')) ?? []
  const folders = foldersOf((rest as string).split(' ').filter(Boolean))
  if (folders === undefined) return undefined
  return minutes === undefined ? { folders } : { folders, minutes: Number(minutes) }
}

function foldersOf(typed: readonly string[]): readonly string[] | undefined {
  if (typed.length === 0) return subjects
  const [, part, of] = /^--part (\d+)\/(\d+)$/.exec(typed.join(' ')) ?? []
  if (part !== undefined) return subjects.filter((_, at) => at % Number(of) === Number(part) - 1)
  return typed.every((folder) => subjects.includes(folder)) ? typed : undefined
}
