import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArguments } from '../../../functions/domain/policy/catalogue.ts'
import { iamAction } from '../../../functions/targets/aws/models/iam-reference.ts'
import { modelOf } from '../../../functions/targets/aws/models/models.ts'
import { membersOf, type ReadModel } from '../../../functions/targets/aws/models/read-model.ts'
import { runActions, runOf } from '../../../functions/targets/aws/rules/runs.ts'
import { todosOf } from '../../../policy-tools/catalogue/described.ts'
import { fileOf, incidents, readLibrary } from '../../../policy-tools/catalogue/library.ts'
import { isNever } from '../../../policy-tools/catalogue/never.ts'
import { answered, compiled, problemsOf } from './answered.ts'

/** The entries that come with Hotwork. `judge.test.ts` holds their statements to IAM. */

const folder = join(__dirname, '../../../policy-tools/library')
const library = readLibrary(folder)
/** IAM and the models of AWS know nothing of a cluster, whose server judges its entries (`tools/kubernetes/`). */
const ofAws = library.filter(({ entry }) => entry['tool'] === 'aws')
const names = library.map(({ entry }) => entry.name)

test.each(library)(
  '$entry.name compiles once its questions are answered, and IAM reads it as it is meant',
  ({ entry }) => {
    expect(problemsOf(answered(entry))).toEqual([])
  },
)

test.each(library)(
  '$entry.name asks in which account or cluster it acts, and each question says what is to be decided',
  (shelved) => {
    const todos = todosOf(shelved)
    expect(todos.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^`(?:account|target)` is still to be decided$/),
    )
    for (const { fix } of todos) expect(fix).not.toBe('write the value that it should have')
  },
)

test.each(library)('the example of $entry.name is a call that the entry takes', ({ entry, example }) => {
  expect(parseArguments(compiled(answered(entry)), example)).toMatchObject({ ok: true })
})

test.each(library)(
  '$entry.name is in the file of its name, and what undoes it is in the library',
  ({ entry, undoneBy, file }) => {
    expect(file).toBe(fileOf(entry.name))
    expect(undoneBy.filter((name) => !names.includes(name))).toEqual([])
    const { possible, how } = (entry as unknown as { undo: { possible: boolean; how: string } }).undo
    if (!possible) expect(undoneBy).toEqual([])
    // The card says it too, since `how` goes into a policy folder.
    if (undoneBy.length > 0) expect(undoneBy.some((name) => how.includes(name))).toBe(true)
  },
)

test.each(ofAws)('$entry.name says whether it changes something as IAM does', ({ entry }) => {
  expect(entry.mutates).toBe(iamAction(compiled(answered(entry)).call ?? entry.name)?.changes)
})

const read = ofAws.flatMap(({ entry }) => {
  const { name, preview, reach = [] } = compiled(answered(entry))
  const { action, show = {}, guard = [] } = preview ?? {}
  const shown = [...Object.values(show), ...guard].map((expression) => ({ action: action ?? '', expression }))
  return preview
    ? [{ name, reads: [...shown, ...reach.map(({ action, value }) => ({ action, expression: value }))] }]
    : []
})

test.each(read)('the preview and reach of $name take members that the answer has', ({ reads }) => {
  for (const { action, expression } of reads) {
    const { names } = membersOf(modelOf(action, []) as ReadModel, 'output')
    const [, first] = /^(?:\w+\()*([A-Za-z]\w*)/.exec(expression) ?? []
    expect(names).toContain(first)
  }
})

test('most entries that change something are previewed, and each run is, since its definition is read', () => {
  const changing = ofAws
    .filter(({ entry }) => entry.mutates && !runOf(compiled(answered(entry))))
    .map(({ entry }) => entry.name)
  const previewed = read.map(({ name }) => name)
  expect(changing.filter((name) => !previewed.includes(name))).toEqual([
    'codedeploy:StopDeployment',
    's3:PutBucketPublicAccessBlock',
  ])
})

test('an entry that compares a call names the words of each argument that stays open', () => {
  const without = library.flatMap(({ entry }) => {
    const it = compiled(answered(entry))
    const { leavesOpen } = it
    return Object.entries(leavesOpen).flatMap(([name, words]) =>
      words.includes('`') || words.length < 12 ? [name] : [],
    )
  })
  expect(without).toEqual([])
})

test('each incident has entries that repair it and entries that find it', () => {
  const of = (changes: boolean) =>
    incidents.filter((each) => library.some((it) => it.entry.mutates === changes && it.incidents.includes(each)))
  expect([of(true), of(false)]).toEqual([incidents, incidents])
})

test('an action that the boundary of each target role refuses is in no entry', () => {
  const actions = library.flatMap(({ entry }) => compiled(answered(entry)).statement?.actions ?? [])
  expect(actions.filter(isNever)).toEqual([])
})

test('each kind of run has an entry, and the example of each runs as the role of its entry', () => {
  const started = library.flatMap(({ entry }) => runOf(compiled(answered(entry))) ?? [])
  expect(runActions.filter((action) => !started.includes(action))).toEqual([])
  const roles = library.flatMap(({ entry, example }) => {
    const { runsAs } = compiled(answered(entry))
    const { Parameters } = example as { Parameters?: { AutomationAssumeRole: string[] } }
    return runsAs === undefined ? [] : [[runsAs], Parameters?.AutomationAssumeRole]
  })
  expect(new Set(roles.map((each) => JSON.stringify(each)))).toEqual(
    new Set([JSON.stringify(['arn:aws:iam::111122223333:role/runbook'])]),
  )
})

test('the folder has nothing but entries', () => {
  expect(readdirSync(folder).filter((file) => !file.endsWith('.json'))).toEqual([])
})
