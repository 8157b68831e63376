/** What matters most comes first. */
export const subjects: readonly string[] = [
  ...[
    'domain/requests',
    'domain/credentials',
    'domain/halts',
    'domain/uses',
    'domain/break-glass',
    'domain/delegation',
  ],
  ...['operations/credentials', 'operations/uses', 'operations/requests', 'operations/halts', 'operations/break-glass'],
  ...['domain/policy', 'domain/permits', 'domain/agents', 'domain/people', 'domain/ledger', 'domain/anchor'],
  ...['operations/policy', 'operations/delegation', 'operations/permits', 'operations/people', 'operations/agents'],
  ...['operations/anchor', 'operations/ledger', 'operations/events', 'operations/previews', 'domain/previews'],
  ...['domain/events', 'domain/cards', 'operations/cards', 'domain/policy-change', 'operations/policy-change'],
  'domain/policy-proof',
]

export const usage = `Usage: npm run test:mutation -- [FOLDER...]   such as domain/uses; without one, all in turn
       npm run test:mutation -- --part 2/8     every eighth folder, from the second

${subjects.join(', ')}`

/** @returns nothing where what was typed is not known: a folder without code would get a score of nothing */
export function chooseSubjects(typed: readonly string[]): readonly string[] | undefined {
  if (typed.length === 0) return subjects
  const [, part, of] = /^--part (\d+)\/(\d+)$/.exec(typed.join(' ')) ?? []
  if (part !== undefined) return subjects.filter((_, at) => at % Number(of) === Number(part) - 1)
  return typed.every((folder) => subjects.includes(folder)) ? typed : undefined
}
