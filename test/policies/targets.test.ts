import { Copy, compileSample } from './sample.ts'

/**
 * `accounts` is the short form of targets of the kind `aws`: a folder says it in either form, and nothing must be renamed.
 */

const ssm = 'policies/actions/ssm.put-parameter.json'
const flags = 'policies/actions/flags.set.json'

let copy: Copy
beforeEach(() => {
  copy = new Copy()
})
afterEach(() => copy[Symbol.dispose]())

const inTargets = () =>
  copy.editJson('deployment.json', (deployment) => {
    const accounts = Object.entries<object>(deployment.accounts)
    deployment.targets = Object.fromEntries(accounts.map(([alias, each]) => [alias, { kind: 'aws', ...each }]))
    delete deployment.accounts
  })

test('targets of AWS compile to the bundle that the same accounts give, to its hash', () => {
  inTargets()
  const compiled = copy.compile()
  expect(compiled.ok && compiled.bundle).toEqual(compileSample())
})

test('an entry that names its alias by `target` alone is the one that names `account` and `tool`', () => {
  copy.editJson(ssm, (entry) => {
    entry.target = entry.account
    delete entry.account
    delete entry.tool
  })
  const compiled = copy.compile()
  expect(compiled.ok && compiled.bundle).toEqual(compileSample())
})

const wrong: [what: string, spoil: () => void, message: string, fix: string][] = [
  [
    'an alias in both',
    () =>
      copy.editJson('deployment.json', (deployment) => {
        deployment.targets = { target: { kind: 'aws', ...deployment.accounts.target } }
      }),
    '`target` is in `accounts` too',
    'keep one of them',
  ],
  [
    'a kind that there is not',
    () => copy.editJson('deployment.json', (deployment) => (deployment.targets = { moon: { kind: 'moon' } })),
    '`targets.moon.kind`: `moon` is not a kind of target',
    'there are: `aws`',
  ],
  [
    'a kind that every object has as a member',
    () => copy.editJson('deployment.json', (deployment) => (deployment.targets = { moon: { kind: 'constructor' } })),
    '`targets.moon.kind`: `constructor` is not a kind of target',
    'there are: `aws`',
  ],
  [
    'an alias that would be lost',
    () => {
      const target = '{ "__proto__": { "kind": "aws" } }'
      copy.edit('deployment.json', (text) => text.replace('"accounts"', `"targets": ${target}, "accounts"`))
    },
    '`__proto__` is no name',
    'give it another name',
  ],
  [
    'no kind',
    () => copy.editJson('deployment.json', (deployment) => (deployment.targets = { moon: {} })),
    '`targets.moon.kind` is missing',
    'add it',
  ],
  [
    'a member that its kind does not have',
    () => copy.editJson('deployment.json', (deployment) => (deployment.targets = { more: { kind: 'aws', area: 'x' } })),
    '`targets.more` has no member `area`',
    'correct its spelling',
  ],
  [
    'a target that is not deployed',
    () => copy.editJson(ssm, (entry) => (entry.target = 'elsewhere')),
    'target `elsewhere` is not in the deployment',
    '`target`',
  ],
  [
    'two places of one action',
    () => {
      copy.editJson('deployment.json', ({ accounts }) => (accounts.other = accounts.target))
      copy.editJson(ssm, (entry) => (entry.target = 'other'))
    },
    '`account` says `target`, and `target` says `other`',
    'take `account` out',
  ],
  [
    'neither a tool nor a target',
    () => copy.editJson(flags, (entry) => delete entry.tool),
    '`tool` is missing',
    'add it',
  ],
]

test.each(wrong)('%s is an error that says the fix', (_what, spoil, message, fix) => {
  spoil()
  const compiled = copy.compile()
  const problems = compiled.ok ? [] : compiled.problems
  expect(problems).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining(message), fix: expect.stringContaining(fix) }),
  )
})
